"""Finding words in columns whatever their case and accents, in the database's own code: people type neither."""

import string
import unicodedata
from collections.abc import Callable
from functools import cache

from sqlalchemy import ColumnElement, func
from sqlalchemy.orm import InstrumentedAttribute

LETTERS = "abcdefghijklmnopqrstuvwxyz"
ACCENTED = range(0x00C0, 0x0180)  # Latin-1 and Latin Extended-A: every letter of Portuguese and Spanish


def holds(dialect: str, column: InstrumentedAttribute[str], word: str) -> ColumnElement[bool]:
    """Whether a text holds a word; `dialect` is the engine's name. Reads every row."""
    if dialect == "sqlite":
        return func.glob(f"*{_pattern(word, _in_glob)}*", column) == 1
    return column.regexp_match(_pattern(word, _in_regex))


def _pattern(word: str, literal: Callable[[str], str]) -> str:
    """Each letter with whatever accent; what a pattern would read otherwise as itself."""
    plain = (sign for sign in unicodedata.normalize("NFD", word.casefold()) if not unicodedata.combining(sign))
    return "".join(f"[{_variants()[sign]}]" if sign in LETTERS else literal(sign) for sign in plain)


def _in_glob(sign: str) -> str:
    return f"[{sign}]" if sign in "*?[" else sign


def _in_regex(sign: str) -> str:
    return f"\\{sign}" if sign in string.punctuation else sign


@cache
def _variants() -> dict[str, str]:
    found = {letter: letter + letter.upper() for letter in LETTERS}
    for code in ACCENTED:
        base = unicodedata.normalize("NFD", chr(code))[0].lower()
        if base in found:
            found[base] += chr(code)
    return found
