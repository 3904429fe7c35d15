"""Bytes of a text file to characters: UTF-8 first, then what Windows and old systems of our three languages write."""

import codecs

from charset_normalizer import from_bytes

from retrieval.articles import ArticleUnreadableError

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_OLD = ["cp1252", "cp850", "mac_roman"]  # Windows, its command line, old Macs
# What Portuguese, Spanish and English write beyond ASCII; with nothing else in it a text is cp1252 beyond doubt.
_OURS = frozenset("áàâãäçéèêëíîïñóôõöúüÁÀÂÃÄÇÉÈÊËÍÎÏÑÓÔÕÖÚÜªº°¿¡«»“”‘’–—…•·§©®™€£²³½¼´× \u00a0")  # noqa: RUF001 -- as they are written
_LAYOUT = "\t\n\r\f"
_GARBAGE = 0.01  # share of control characters from which a file is no text


def decode(name: str, content: bytes) -> str:
    """The text with Unix line ends; raises ArticleUnreadableError for what is no text."""
    text = _utf(content)
    if text is None:
        text = _old(content)
    if text is None or _is_garbage(text):
        raise ArticleUnreadableError(name, "this is no text: save it as UTF-8")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _utf(content: bytes) -> str | None:
    try:
        return content.decode("utf-16" if content.startswith(_UTF16) else "utf-8-sig")
    except UnicodeDecodeError:
        return None


def _old(content: bytes) -> str | None:
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError:
        text = ""
    if text and all(char in _OURS for char in text if not char.isascii()):
        return text
    best = from_bytes(content, cp_isolation=_OLD).best()
    return str(best) if best else None


def _is_garbage(text: str) -> bool:
    odd = sum(1 for char in text if (char < " " and char not in _LAYOUT) or char == "\ufffd")
    return "\0" in text or odd > _GARBAGE * len(text)
