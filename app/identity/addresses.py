"""E-mail addresses as people type them, brought to one form; look-alikes of an address never become that address."""

import re
import unicodedata

LONGEST = 254  # RFC 5321 4.5.3.1.3, without the angle brackets
LONGEST_LOCAL = 64  # RFC 5321 4.5.3.1.1

_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_BEFORE = ' \t\r\n<([".,;:'  # none of these begins an address
_AFTER = _BEFORE + ">)]}!?*_~`'"  # none of these ends one
_EMPHASIS = "*_~`'"  # WhatsApp's bold, italic, …: on both sides or not at all
_SPACED = re.compile(r"\s*([@.])\s*")
_SAME_SIGN = {"\N{IDEOGRAPHIC FULL STOP}": ".", "\N{FULLWIDTH FULL STOP}": ".", "\N{SMALL COMMERCIAL AT}": "@"}


def normalise_email(text: str) -> str | None:
    """The address in `text` in the form the employee table keeps, or None when it is none.

    Case, width, invisible characters, spaces around "@" and dots, "mailto:", brackets and trailing punctuation do not
    matter. A letter that only resembles an ASCII one (of Cyrillic, the Kelvin sign, ligature, ß) never turns into it.
    """
    plain = _plain(text)
    if plain is None or len(plain) > LONGEST:
        return None
    local, at, domain = plain.rpartition("@")
    ascii_domain = _ascii_domain(domain)
    if not at or ascii_domain is None or len(local) > LONGEST_LOCAL or not _LOCAL.fullmatch(local):
        return None
    return f"{local}@{ascii_domain}"


def _plain(text: str) -> str | None:
    kept = []
    for sign in text[: LONGEST * 4]:
        if unicodedata.category(sign) == "Cf":  # zero-width and direction marks
            continue
        folded = _SAME_SIGN.get(sign) or unicodedata.normalize("NFKC", sign).casefold()
        if folded.isascii() and not sign.isascii() and not sign.isspace() and not _is_wide(sign):
            return None
        kept.append(folded)
    plain = _bare(unicodedata.normalize("NFKC", "".join(kept))).removeprefix("mailto:").partition("?")[0]
    return _SPACED.sub(r"\1", _bare(plain))


def _bare(text: str) -> str:
    trimmed = text.strip()
    while trimmed and trimmed[0] in _EMPHASIS and trimmed[-1] == trimmed[0]:
        trimmed = trimmed[1:-1].strip()
    return trimmed.lstrip(_BEFORE).rstrip(_AFTER)


def _is_wide(sign: str) -> bool:
    return sign in _SAME_SIGN or "\N{FULLWIDTH EXCLAMATION MARK}" <= sign <= "\N{FULLWIDTH TILDE}"


def _ascii_domain(domain: str) -> str | None:
    try:
        plain = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    labels = plain.split(".")
    fits = len(labels) > 1 and all(_LABEL.fullmatch(label) for label in labels) and not labels[-1].isdigit()
    return plain if fits else None
