import asyncio
import gc
import io
import json
import logging
import random
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import StoreUnavailableError
from app.log import line_handler, set_up_logging
from tests.app.personal_data import KINDS, Planted, plant

LINES_EACH = 12  # canaries of one example; 300 examples plant 3,600


@contextmanager
def written(*, as_json: bool = True, level: int = logging.DEBUG) -> Iterator[tuple[logging.Logger, io.StringIO]]:
    stream = io.StringIO()
    handler = line_handler(stream, as_json=as_json)
    log = logging.getLogger("tests of the log")
    log.handlers, log.propagate = [handler], False
    log.setLevel(level)
    try:
        yield log, stream
    finally:
        log.handlers = []


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def as_set_up() -> Iterator[Callable[..., io.StringIO]]:
    """Logging as at process entry, put back afterwards."""
    root, hooks = logging.getLogger(), (sys.excepthook, threading.excepthook)
    before = root.handlers, root.level

    def start(level: str = "INFO", form: str = "json", *, terminal: bool = False) -> io.StringIO:
        stream = Terminal() if terminal else io.StringIO()
        set_up_logging(level, form, stream)
        return stream

    yield start
    root.handlers, root.level = before
    logging.captureWarnings(capture=False)
    sys.excepthook, threading.excepthook = hooks


class Said:
    """An object whose repr quotes somebody, as a library's may."""

    def __init__(self, words: str) -> None:
        self.words = words

    def __repr__(self) -> str:
        return f"<Said {self.words}>"


def fail(words: str, cause: str) -> None:
    try:
        _ = {}[cause]
    except KeyError as error:
        raise StoreUnavailableError(words) from error


def in_an_exception(log: logging.Logger, line: str) -> None:
    try:
        fail(line, line)
    except StoreUnavailableError:
        log.exception("it failed for %s", line)


def bound(log: logging.Logger, line: str) -> None:
    with structlog.contextvars.bound_contextvars(conversation=7, note=line):
        log.info("bound")


WAYS: dict[str, Callable[[logging.Logger, str], None]] = {
    "message": lambda log, line: log.info(line.replace("%", "%%"), *()) if "%" not in line else log.info("%s", line),
    "argument": lambda log, line: log.warning("somebody said %s in turn %d", line, 3),
    "repr": lambda log, line: log.info("got %r", {"said": [line]}),
    "bytes": lambda log, line: log.info("got %s", line.encode()),
    "object": lambda log, line: log.info("got %s", Said(line)),
    "extra": lambda log, line: log.info("more", extra={"said": line, "nested": {"said": [line, (line,)]}}),
    "name of a field": lambda log, line: log.info("more", extra={line: 1}),
    "exception": in_an_exception,
    "context": bound,
}


@given(
    seed=st.integers(0, 2**32),
    choices=st.lists(
        st.tuples(st.sampled_from(list(KINDS)), st.sampled_from(list(WAYS))), min_size=LINES_EACH, max_size=LINES_EACH
    ),
    as_json=st.booleans(),
)
@settings(max_examples=300)
def test_of_thousands_of_canaries_none_reaches_a_log_line(seed, choices, as_json):
    dice = random.Random(seed)
    planted: list[tuple[Planted, str]] = [(plant(dice, kind), way) for kind, way in choices]
    with written(as_json=as_json) as (log, stream):
        for one, way in planted:
            before = stream.tell()
            WAYS[way](log, one.line)
            line = stream.getvalue()[before:]
            shown = json.dumps({**json.loads(line), "timestamp": ""}, ensure_ascii=False) if as_json else line[26:]
            assert shown
            assert not one.shows_in(shown), (one, way)


@pytest.mark.parametrize("as_json", [True, False])
def test_text_from_outside_cannot_forge_a_line_or_steer_the_terminal(as_json):
    with written(as_json=as_json) as (log, stream):
        log.warning("name: %s", "Ana\nERROR all is lost\r\\n\u2028\x1b[31m")
        assert stream.getvalue().count("\n") == 1
        assert not {"\r", "\x1b", "\u2028"} & set(stream.getvalue())


@pytest.mark.parametrize("as_json", [True, False])
def test_an_exception_tells_where_and_what_but_not_what_somebody_wrote(as_json):
    said = "hunter2"
    with written(as_json=as_json) as (log, stream):
        try:
            int(said)
        except ValueError:
            log.exception("it failed")
    assert "ValueError" in stream.getvalue()
    assert "tests/app/test_log.py" in stream.getvalue()
    assert "hunter2" not in stream.getvalue()


def test_an_error_of_ours_says_its_sentence_and_what_it_came_from():
    with written() as (log, stream):
        in_an_exception(log, "the database did not take the write")
    assert (
        json.loads(stream.getvalue())["error"]
        == "StoreUnavailableError: the database did not take the write from KeyError"
    )


def test_a_machine_gets_json_with_the_fields_it_searches_by():
    with written() as (log, stream), structlog.contextvars.bound_contextvars(conversation=7, turn=3):
        log.warning("turn %d failed", 3)
    line = json.loads(stream.getvalue())
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "level": "warning", "logger": "tests of the log", "event": "turn 3 failed", "conversation": 7, "turn": 3,
    }  # fmt: skip


def test_a_call_with_wrong_arguments_is_told_without_them():
    with written() as (log, stream):
        log.info("%d", "ana@ipe.example")
    assert "test_log.py" in json.loads(stream.getvalue())["event"]
    assert "ana@" not in stream.getvalue()


@pytest.mark.parametrize(("terminal", "form", "is_json"), [
    (True, "auto", False), (False, "auto", True), (True, "json", True), (False, "text", False),
])  # fmt: skip
def test_a_terminal_gets_text_and_everything_else_json_unless_set(as_set_up, terminal, form, is_json):
    stream = as_set_up(form=form, terminal=terminal)
    logging.getLogger("anything").info("hello")
    assert stream.getvalue().startswith("{") == is_json


def test_libraries_warnings_and_forgotten_tasks_are_masked_like_our_own_lines(as_set_up):
    stream = as_set_up()
    logging.getLogger("some.library").info("to %s", "ana@ipe.example")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("for ana@ipe.example", stacklevel=1)

    async def forget() -> None:
        async def fail() -> None:
            raise ValueError("hunter2")

        task = asyncio.create_task(fail())
        await asyncio.sleep(0.01)
        del task
        gc.collect()

    asyncio.run(forget())
    assert stream.getvalue().count("\n") == 3
    assert "never retrieved" in stream.getvalue()
    assert "ana@" not in stream.getvalue()
    assert "hunter2" not in stream.getvalue()


def test_a_crash_is_a_log_line_too(as_set_up):
    stream = as_set_up()
    try:
        int("hunter2")
    except ValueError as error:
        sys.excepthook(ValueError, error, error.__traceback__)
    thread = threading.Thread(target=lambda: int("hunter2"))
    thread.start()
    thread.join()
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(line["level"], line["error"]) for line in lines] == [("critical", "ValueError")] * 2
    assert "hunter2" not in stream.getvalue()


@pytest.fixture
def uvicorn_logger(monkeypatch):
    """As in a new process: servers of other tests may have given it handlers and told it to keep quiet."""
    parent, logger = logging.getLogger("uvicorn"), logging.getLogger("uvicorn.error")
    levels = [(one, one.level) for one in (parent, logger)]
    monkeypatch.setattr(parent, "propagate", True)
    monkeypatch.setattr(parent, "handlers", [])
    for one, _ in levels:
        one.setLevel(logging.NOTSET)
    yield logger
    for one, level in levels:
        one.setLevel(level)


def test_uvicorn_says_a_thing_once(as_set_up, uvicorn_logger):
    stream = as_set_up()
    uvicorn_logger.info("Started [%d]", 7, extra={"color_message": "Started [\x1b[36m%d]"})
    assert json.loads(stream.getvalue()).keys() == {"timestamp", "level", "logger", "event"}


def test_libraries_that_chat_are_quiet(as_set_up):
    stream = as_set_up(level="DEBUG")
    logging.getLogger("httpx").info("HTTP Request: POST https://graph.facebook.com")
    assert stream.getvalue() == ""
