"""Logging: one line an event, no bodies, no addresses, no codes."""

import logging
import sys
import traceback
from typing import Any


class OneLine(logging.Formatter):
    """Keeps every record on one line, so that text from outside cannot forge another."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 -- logging's name
        """Where it happened and what kind it was; an exception's own words may quote what a person wrote."""
        kind, _, trace = ei
        lines = traceback.format_tb(trace)
        return "".join(lines) + getattr(kind, "__name__", "")

    def format(self, record: logging.LogRecord) -> str:
        """Escape control characters of the whole record, exceptions included."""
        return super().format(record).replace("\\", "\\\\").replace("\r", "\\r").replace("\n", "\\n")


def set_up_logging(level: str) -> None:
    """Log to standard error; libraries that chat are told to be quiet."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in ("httpx", "httpcore", "mail.log", "chromadb", "uvicorn.access", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
