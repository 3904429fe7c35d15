"""Meta's lengths, counted in UTF-16 units, and cutting words so that they fit."""

import re
import unicodedata
from collections.abc import Iterator

TEXT = 4096
BODY = 1024  # buttons, links, templates
MENU_BODY = 4096
BUTTONS = 3
BUTTON_TITLE = 20
BUTTON_ID = 256
ROWS = 10
ROW_TITLE = 24
ROW_ID = 200
ROW_DESCRIPTION = 72
FOOTER = 60
CAPTION = 1024
TEMPLATE_NAME = 512
OPAQUE = 512
URL = 2000

MB = 1024 * 1024
# Upload limits by MIME type (Meta, "Media"): bytes.
MEDIA_SIZES: dict[str, int] = {
    **dict.fromkeys(("image/jpeg", "image/png"), 5 * MB),
    **dict.fromkeys(("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"), 16 * MB),
    **dict.fromkeys(("video/mp4", "video/3gpp"), 16 * MB),
    "image/webp": 500 * 1024,
    "text/plain": 100 * MB,
    "application/pdf": 100 * MB,
    "application/msword": 100 * MB,
    "application/vnd.ms-excel": 100 * MB,
    "application/vnd.ms-powerpoint": 100 * MB,
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": 100 * MB,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": 100 * MB,
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": 100 * MB,
}

BREAKS = (  # where a text is best cut, best first
    re.compile(r"\n[ \t]*\n\s*"),
    re.compile(r"\n\s*"),
    re.compile(r"(?<=[.!?…。！？])[\"'”’»)*_]*\s+"),  # noqa: RUF001 - full-width marks end sentences too
    re.compile(r"\s+"),
)
JOINER = "\u200d"
REGIONAL = range(0x1F1E6, 0x1F200)  # two of them are one flag


def units(text: str) -> int:
    """How long WhatsApp may count this: UTF-16 units, the stricter of the readings of "characters"."""
    return len(text) + sum(character > "\uffff" for character in text)


def split(text: str, limit: int = TEXT) -> list[str]:
    """Parts of at most `limit` units, cut at paragraphs, else lines, sentences, words; only white space is lost."""
    return [text[start:end] for start, end in spans(text, limit)]


def spans(text: str, limit: int) -> Iterator[tuple[int, int]]:
    """Where the parts of `split` begin and end."""
    position = _skip_space(text, 0)
    while position < len(text):
        reach = _reach(text, position, limit)
        end = reach if not text[reach:].strip() else _cut(text, position, reach)
        kept = len(text[position:end].rstrip())
        if kept:
            yield position, position + kept
        position = _skip_space(text, end)


def shorten(text: str, limit: int) -> str:
    """One line of at most `limit` units; what is too long ends at a word with "…"."""
    line = " ".join(text.split())
    if units(line) <= limit:
        return line
    reach = _reach(line, 0, limit - 1)
    space = line.rfind(" ", 0, reach + 1)
    end = space if space > reach // 2 else _whole(line, 0, reach)
    return line[:end].rstrip(" ,;:.-–(/") + "…"  # noqa: RUF001 - the dash a title may break at


def _skip_space(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace():
        position += 1
    return position


def _reach(text: str, start: int, limit: int) -> int:
    """The furthest end of a part that begins at `start`."""
    left = limit
    for position in range(start, len(text)):
        left -= 2 if text[position] > "\uffff" else 1
        if left < 0:
            return position
    return len(text)


def _cut(text: str, start: int, reach: int) -> int:
    """The best end before `reach`: not so early that the part would be a scrap."""
    earliest = start + (reach - start) // 3
    for pattern in BREAKS:
        # One more character is looked at: white space right behind the last that fits is a fine place.
        ends = [match.start() for match in pattern.finditer(text, earliest, reach + 1)]
        if ends and (last := _before_space(text, ends[-1], reach)) > start:
            return last
    return _whole(text, start, reach)


def _before_space(text: str, position: int, reach: int) -> int:
    """Behind the quotes and brackets that a sentence's match begins with."""
    while position < reach and not text[position].isspace():
        position += 1
    return position


def _whole(text: str, start: int, reach: int) -> int:
    """`reach`, or earlier so that no visible character is torn; `reach` when that one is as long as the part."""
    end = reach
    while end > start and _joined(text, start, end):
        end -= 1
    return end if end > start else reach


def _joined(text: str, start: int, position: int) -> bool:
    """Whether the characters on both sides of `position` are seen as one (accents, emoji sequences, flags)."""
    if position >= len(text):
        return False
    after, before = text[position], text[position - 1]
    if unicodedata.category(after) in {"Mn", "Me", "Mc"} or JOINER in (after, before):
        return True
    if 0x1F3FB <= ord(after) <= 0x1F3FF or 0xE0020 <= ord(after) <= 0xE007F:  # skin tones, flags of regions
        return True
    if ord(after) not in REGIONAL:
        return False
    flags = 0
    while flags < position - start and ord(text[position - 1 - flags]) in REGIONAL:
        flags += 1
    return flags % 2 == 1
