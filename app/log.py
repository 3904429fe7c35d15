"""Logging: one line an event, for a machine (JSON) or for a terminal, with personal data masked before it leaves.

Everything goes through the standard library's root logger, so that the lines of libraries are treated like ours.
"""

import logging
import sys
import threading
import traceback
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Literal

from app.errors import RecadoError
from app.masking import mask, mask_value
from app.structured import structlog

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor, WrappedLogger

Form = Literal["auto", "json", "text"]

ROOT = Path(__file__).resolve().parents[1]
NOISY = ("httpx", "httpcore", "mail.log", "chromadb", "uvicorn.access", "alembic", "procrastinate")
FRAMES = 12  # of a traceback, the innermost ones
CONTROL = {code: f"\\x{code:02x}" for code in (*range(32), *range(0x7F, 0xA0))}
CONTROL |= {10: "\\n", 13: "\\r", 0x2028: "\\u2028", 0x2029: "\\u2029", 0x5C: "\\\\"}

log = logging.getLogger(__name__)


def set_up_logging(level: str, form: Form = "auto", stream: IO[str] | None = None) -> None:
    """Log to standard error; `auto` is text on a terminal and JSON elsewhere. Crashes are logged like everything."""
    stream = stream or sys.stderr
    as_json = form == "json" or (form == "auto" and not stream.isatty())
    logging.basicConfig(level=level, handlers=[line_handler(stream, as_json=as_json)], force=True)
    logging.captureWarnings(capture=True)
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
    sys.excepthook = _log_crash
    threading.excepthook = lambda args: _log_crash(args.exc_type, args.exc_value, args.exc_traceback)


def line_handler(stream: IO[str], *, as_json: bool) -> logging.Handler:
    """Writes records of ours and of libraries as masked lines."""
    before: tuple[Processor, ...] = (
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.ExtraAdder(),
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=as_json),
    )
    after = (_for_machines, structlog.processors.JSONRenderer()) if as_json else (_for_people, _on_a_terminal(stream))
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=before,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _tell_failure, _masked, *after],
    )
    handler = LineHandler(stream)
    handler.setFormatter(formatter)
    return handler


class LineHandler(logging.StreamHandler[Any]):
    """Says that a line could not be written, and not what was in it."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 -- logging's name
        """A call with the wrong arguments; when the stream is gone nobody reads it anyway."""
        where = f"{record.name}, {Path(record.pathname).name}:{record.lineno}"
        told = {"name": __name__, "levelno": logging.ERROR, "levelname": "ERROR"}
        told["msg"] = f"a line of {where} could not be written: wrong arguments".replace("%", "%%")
        with suppress(OSError, ValueError):
            self.stream.write(self.format(logging.makeLogRecord(told)) + self.terminator)


def _log_crash(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    log.critical("a thread or the process ends by an error", exc_info=(kind, error or kind(), trace))


def _tell_failure(_: "WrappedLogger", __: str, event: "EventDict") -> "EventDict":
    """What kind of error and where: an error's own words may quote what a person wrote, unless they are ours."""
    if event.get("logger") == "asyncio":  # its further lines show the task with its exception's words
        event["event"] = str(event["event"]).partition("\n")[0]
    error = _error_of(event.pop("exc_info", None))
    if error is not None:
        event["error"] = " from ".join(_named(each) for each in _chain(error))
        event["frames"] = [_place(frame) for frame in traceback.extract_tb(error.__traceback__)[-FRAMES:]]
    return event


def _error_of(exc_info: Any) -> BaseException | None:
    if isinstance(exc_info, BaseException):
        return exc_info
    found = exc_info if isinstance(exc_info, tuple) else sys.exc_info() if exc_info else (None, None, None)
    return found[1] if isinstance(found[1], BaseException) else None


def _chain(error: BaseException | None) -> list[BaseException]:
    """The error and what it came from."""
    chain: list[BaseException] = []
    while error is not None and error not in chain:
        chain.append(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return chain


def _named(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if isinstance(error, RecadoError) else type(error).__name__


def _place(frame: traceback.FrameSummary) -> str:
    path = Path(frame.filename)
    shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) and ".venv" not in path.parts else Path(path.name)
    return f"{shown}:{frame.lineno} {frame.name}"


def _masked(_: "WrappedLogger", __: str, event: "EventDict") -> "EventDict":
    """Last before the line is written, so that nothing that was added later escapes it."""
    event.pop("color_message", None)  # uvicorn says everything twice
    ours = {name: event.pop(name) for name in ("timestamp", "level", "logger", "frames") if name in event}
    return ours | {mask(name): mask_value(value, name) for name, value in event.items()}


def _for_machines(_: "WrappedLogger", __: str, event: "EventDict") -> "EventDict":
    """JSON escapes control characters itself."""
    return event


def _for_people(_: "WrappedLogger", __: str, event: "EventDict") -> "EventDict":
    """No text from outside may begin a line of its own or steer the terminal; frames stand below."""
    frames = event.pop("frames", ())
    shown = {name.translate(CONTROL): _escaped(value) for name, value in event.items()}
    if frames:
        shown["exception"] = "\n".join(f"    {_escaped(frame)}" for frame in frames)
    return shown


def _escaped(value: Any) -> Any:
    return str(value).translate(CONTROL) if not isinstance(value, int | float | None) else value


def _on_a_terminal(stream: IO[str]) -> "Processor":
    return structlog.dev.ConsoleRenderer(colors=stream.isatty(), pad_event_to=0, sort_keys=False)
