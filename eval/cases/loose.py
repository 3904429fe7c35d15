"""Values as people write them in YAML: one word or several, a duration with its unit, a text or a pattern."""

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def as_list(value: Any) -> Any:
    """One, several or nothing as several."""
    if value is None:
        return ()
    return (value,) if isinstance(value, str | int | float) else value


def _as_duration(value: Any) -> Any:
    match = re.fullmatch(r"(\d+)\s*([smhd])", value.strip()) if isinstance(value, str) else None
    return timedelta(**{UNITS[match[2]]: int(match[1])}) if match else value


def _as_pattern(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if not value.strip():
        raise ValueError("an empty text is found in everything")
    if expression := expression_of(value):
        try:
            re.compile(expression)
        except re.error as error:
            raise ValueError(f"{value} is no regular expression: {error}") from None
    return value


def expression_of(pattern: str) -> str:
    """What stands between the slashes; "" for a plain text."""
    return pattern[1:-1] if len(pattern) > 2 and pattern.startswith("/") and pattern.endswith("/") else ""


def found_in(pattern: str, text: str) -> bool:
    """Whether a text holds a pattern, whatever the case and the line breaks between words."""
    if expression := expression_of(pattern):
        return re.search(expression, text, re.IGNORECASE | re.DOTALL) is not None
    return " ".join(pattern.split()).casefold() in " ".join(text.split()).casefold()


Texts = Annotated[tuple[str, ...], BeforeValidator(as_list)]  # one or several
Duration = Annotated[timedelta, BeforeValidator(_as_duration)]  # 90s, 20m, 2h, 3d
Pattern = Annotated[str, BeforeValidator(_as_pattern)]  # words to be found as they are, or /a regular expression/
Patterns = Annotated[tuple[Pattern, ...], BeforeValidator(as_list)]
