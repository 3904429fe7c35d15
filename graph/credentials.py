"""E-mail addresses and one-time codes as people type them."""

import re
import unicodedata

SPOKEN_AT = re.compile(r"\s*(?:\(at\)|\[at\]|\barroba\b|@)\s*", re.IGNORECASE)
EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,62}")
CODE = re.compile(r"(?<![\d@])\d(?:[ .\-]?\d){5}(?![\d@])")
TIGHT = re.compile(r"(?<![\d@.])\d{6}(?![\d@])")


def find_email(text: str) -> str:
    """Find an address, case-folded, without the space or full stop that slipped in; "" when there is none."""
    plain = SPOKEN_AT.sub("@", unicodedata.normalize("NFKC", text)).casefold()
    found = EMAIL.search(plain)
    address = found[0].strip(".'`") if found else ""
    return address if len(address) <= 254 and ".." not in address else ""


def find_code(text: str) -> str:
    """Find six digits, together or with spaces, dots or hyphens between them; "" when there are none."""
    plain = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text))
    found = TIGHT.search(plain) or CODE.search(plain)
    return "".join(c for c in found[0] if c.isdigit()) if found else ""


def words_beside(text: str) -> int:
    """Count the words that are neither an address nor digits: is there more here than the credential?"""
    rest = re.sub(r"\S*\s?(?:@|\barroba\b)\s?\S*|[\d.\-]+", " ", unicodedata.normalize("NFKC", text))
    return len(re.findall(r"[^\W\d_]{2,}", rest))
