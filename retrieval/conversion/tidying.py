"""What every converted text goes through: invisible characters out, white space in order, prose that is no markup."""

import re
import unicodedata
from pathlib import PurePath

_BREAKS = re.compile("\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_MANY_BLANKS = re.compile(r"\n{3,}")
_TAG = re.compile(r"<(?=[A-Za-z/!?])([^<>\n]*)>")
_OPENS_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_AUTOLINK = re.compile(r"<((?:https?://|mailto:)[^<>\s]+)>")
_LEFT, _RIGHT = "\u2039", "\u203a"  # look like the marks they stand for in every chat and page
_WORD = re.compile(r"[^\W_]")


def tidy(text: str) -> str:
    """Without control, zero-width and bidirectional characters; at most one blank line at a time."""
    plain = _BREAKS.sub("\n", text).translate({ord(char): _seen(char) for char in set(text)})
    plain = unicodedata.normalize("NFC", plain)
    return _MANY_BLANKS.sub("\n\n", "\n".join(line.rstrip() for line in plain.split("\n"))).strip("\n")


def _seen(char: str) -> str:
    if char in "\n\t":
        return char
    category = unicodedata.category(char)
    if category == "Zs":
        return " "
    return "" if category in {"Cc", "Cf", "Cs", "Co", "Cn"} else char


def disarm(prose: str) -> str:
    """Prose that a Markdown reader takes for no tag, link or definition: `<Enviar>` in single guillemets."""
    if "<" in prose:
        prose = _OPENS_TAG.sub(_LEFT, _TAG.sub(rf"{_LEFT}\1{_RIGHT}", _AUTOLINK.sub(r"\1", prose)))
    return prose.replace("](", "] (").replace("]:", "] :")


def has_words(text: str) -> bool:
    """Whether there is anything to read."""
    return _WORD.search(text) is not None


def title_from(name: str) -> str:
    """A file's name as a title, when it gives itself none."""
    stem = PurePath(name).stem
    words = re.sub(r"[-_]+", " ", stem).strip()
    return words[:1].upper() + words[1:] if words else stem
