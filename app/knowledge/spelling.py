"""Finding words whatever their case and accents: people type neither.

Databases cannot ignore accents quickly, so they give the texts that may hold a word, and the words are looked for here.
"""

import unicodedata

from sqlalchemy import ColumnElement, SQLColumnExpression

ACCENTED = range(0x00C0, 0x0180)  # Latin-1 and Latin Extended-A: every letter of Portuguese and Spanish
PLAIN = frozenset("bdfghjklmpqrstvwxz0123456789")  # no accents in Portuguese, Spanish or English
_BARE = {
    code: unicodedata.normalize("NFD", chr(code))[0]
    for code in ACCENTED
    if len(unicodedata.normalize("NFD", chr(code))) > 1
}


def bare(text: str) -> str:
    """A text without case and accents."""
    return unicodedata.normalize("NFC", text).lower().translate(_BARE)


def may_hold(column: SQLColumnExpression[str], word: str, *, any_signs: str = "_") -> ColumnElement[bool]:
    """Whether a text may hold a word, as a database can tell; `any_signs` stands for a letter that may have accents."""
    pattern = "".join(sign if sign in PLAIN else any_signs for sign in bare(word))
    return column.ilike(f"%{pattern.strip('_')}%")
