"""E-mail addresses and one-time codes as people type them."""

import re
import unicodedata

SPOKEN_AT = re.compile(r"\s*(?:\(at\)|\[at\]|\barroba\b|@)\s*", re.IGNORECASE)
EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,62}")
TAIL = re.compile(r"(?:^|\s)(@(?:[a-z0-9-]+\.)+[a-z]{2,}|(?:\.[a-z0-9-]+)*\.[a-z]{2,})[.!]*$")
FEW = 4  # words before the corrected ending: "ops, o certo é"
CODE = re.compile(r"(?<![\d@])\d(?:[ .\-]?\d){5}(?![\d@])")
TIGHT = re.compile(r"(?<![\d@.])\d{6}(?![\d@])")


def find_email(text: str) -> str:
    """Find an address, case-folded, without the space or full stop that slipped in; "" when there is none."""
    plain = SPOKEN_AT.sub("@", unicodedata.normalize("NFKC", text)).casefold()
    found = EMAIL.search(plain)
    address = found[0].strip(".'`") if found else ""
    return address if len(address) <= 254 and ".." not in address else ""


def mend_email(known: str, said: str) -> str:
    """Put right what was wrong in an address just given: "ops, é .com.br", "@ipe.example"; "" when nothing is."""
    found = TAIL.search(unicodedata.normalize("NFKC", said).casefold().strip())
    name, _, domain = known.partition("@")
    if not found or not domain or words_beside(found.string[: found.start()]) > FEW:
        return ""
    tail = found[1].rstrip(".")
    if tail.startswith("@"):
        return find_email(f"{name}{tail}")
    labels, ending = domain.split("."), tail.strip(".").split(".")
    kept = labels[: labels.index(ending[0])] if ending[0] in labels[1:] else labels[: max(1, len(labels) - len(ending))]
    return find_email(f"{name}@{'.'.join([*kept, *ending])}")


def find_code(text: str) -> str:
    """Find six digits, together or with spaces, dots or hyphens between them; "" when there are none."""
    plain = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text))
    found = TIGHT.search(plain) or CODE.search(plain)
    return "".join(c for c in found[0] if c.isdigit()) if found else ""


def without_credentials(text: str) -> str:
    """What is said beside an address or a code."""
    return re.sub(
        r"\S*\s?(?:@|\barroba\b)\s?\S+|(?:\b(?:c[oó]digo|code)\W+)?(?<!\d)\d(?:[ .\-]?\d){5}(?!\d)", " ", text
    ).strip(" ,.;:\n")


def words_beside(text: str) -> int:
    """Count the words that are neither an address nor digits: is there more here than the credential?"""
    rest = re.sub(r"\S*\s?(?:@|\barroba\b)\s?\S*|[\d.\-]+", " ", unicodedata.normalize("NFKC", text))
    return len(re.findall(r"[^\W\d_]{2,}", rest))
