"""Words without case, accents and noise, and the way back from them to what was written."""

# ruff: noqa: E501 - a rule reads best on one line

import re
import unicodedata
from dataclasses import dataclass

from retrieval.words import fold

__all__ = ["ABBREVIATIONS", "Folded", "canonical", "fold", "fold_in_place", "words"]

ABBREVIATIONS = {
    "vc": "voce", "vcs": "voces", "pq": "porque", "xq": "porque", "tb": "tambem", "tbm": "tambem", "n": "nao", "ñ": "nao",
    "q": "que", "td": "tudo", "hj": "hoje", "amnh": "amanha", "qdo": "quando", "qnd": "quando", "qto": "quanto",
    "qnt": "quanto", "cmg": "comigo", "ctz": "certeza", "dps": "depois", "msm": "mesmo", "mt": "muito", "mto": "muito",
    "pfv": "por favor", "pf": "por favor", "pls": "please", "plz": "please", "u": "you", "ur": "your", "cel": "celular",
    "compu": "computador", "pc": "computador", "note": "notebook", "pra": "para", "pro": "para o", "ta": "esta",
    "to": "estou", "tao": "estao", "cade": "onde esta", "obg": "obrigado", "blz": "beleza", "eh": "e", "neh": "ne",
    "email": "e mail", "mail": "e mail", "bjs": "beijos", "abs": "abracos", "vlw": "valeu", "flw": "falou",
    "fds": "fim de semana", "qq": "qualquer", "kd": "onde esta", "dnv": "de novo", "denovo": "de novo",
    "im": "i m", "dont": "don t", "doesnt": "doesn t", "cant": "can t", "wont": "won t", "isnt": "isn t",
}  # fmt: skip
_WORDS = re.compile(r"\w+")
_STRETCHED = re.compile(r"([^\W\d])\1{2,}")


@dataclass(frozen=True, slots=True)
class Folded:
    """A text folded letter by letter; `offsets[i]` is where letter `i` stood in `source`."""

    source: str
    text: str
    offsets: tuple[int, ...]

    def written(self, start: int, end: int) -> str:
        """What was written where the folded text has `start:end`; always a slice of `source`."""
        if start >= end or start >= len(self.offsets):
            return ""
        last = self.offsets[min(end, len(self.offsets)) - 1] + 1
        while last < len(self.source) and unicodedata.combining(self.source[last]):
            last += 1
        return self.source[self.offsets[start] : last]


def fold_in_place(text: str) -> Folded:
    """`fold` that remembers where each letter came from."""
    if text.isascii():
        return Folded(text, fold(text), tuple(range(len(text))))
    letters: list[str] = []
    offsets: list[int] = []
    for place, letter in enumerate(text):
        folded = fold(letter)
        letters.append(folded)
        offsets.extend([place] * len(folded))
    return Folded(text, "".join(letters), tuple(offsets))


def words(text: str) -> list[str]:
    """The folded words of a text, in order, as they were written otherwise."""
    return _WORDS.findall(fold(text))


def canonical(text: str) -> str:
    """Words as they are compared: folded, stretched letters shortened ("oiii"), abbreviations written out."""
    shortened = (_STRETCHED.sub(r"\1", word) for word in words(text))
    return " ".join(ABBREVIATIONS.get(word, word) for word in shortened)
