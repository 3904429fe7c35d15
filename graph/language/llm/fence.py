"""Data marks: what others wrote stands between marks that nobody could have known, and holds nothing invisible."""

import re
import secrets
import unicodedata

KEPT = "\n\t"
HIDDEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
MARK_LIKE = re.compile(r"</?data-[0-9a-f]*>?", re.IGNORECASE)


def cleaned(text: str, limit: int) -> str:
    """Drop control, zero-width, direction, private and unassigned characters, and anything that looks like a mark."""
    plain = "".join(c for c in unicodedata.normalize("NFC", text) if c in KEPT or unicodedata.category(c) not in HIDDEN)
    return MARK_LIKE.sub("", plain)[:limit].strip()


class Fence:
    """The marks of one request."""

    def __init__(self) -> None:
        self.mark = f"data-{secrets.token_hex(8)}"

    def around(self, text: str, *, limit: int = 8_000) -> str:
        """Stand a text between the marks."""
        return f"<{self.mark}>\n{cleaned(text, limit) or '(nothing)'}\n</{self.mark}>"

    def crossed_by(self, answer: str) -> bool:
        """Say whether an answer repeats the marks: it took the data for something else."""
        return self.mark in answer
