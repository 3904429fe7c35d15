"""Numbers as people write them: "duas", "2 monitores", "R$ 1.500,00", "1,500.50", "3 mil"."""

import re
from dataclasses import dataclass

from retrieval.passage import Language

_WORDS = {
    **dict.fromkeys(("zero", "cero"), 0), **dict.fromkeys(("um", "uma", "un", "una", "uno", "one"), 1),
    **dict.fromkeys(("dois", "duas", "dos", "two"), 2), **dict.fromkeys(("tres", "three"), 3),
    **dict.fromkeys(("quatro", "cuatro", "four"), 4), **dict.fromkeys(("cinco", "five"), 5),
    **dict.fromkeys(("seis", "six"), 6), **dict.fromkeys(("sete", "siete", "seven"), 7),
    **dict.fromkeys(("oito", "ocho", "eight"), 8), **dict.fromkeys(("nove", "nueve", "nine"), 9),
    **dict.fromkeys(("dez", "diez", "ten"), 10), **dict.fromkeys(("onze", "once", "eleven"), 11),
    **dict.fromkeys(("doze", "doce", "twelve", "duzia", "docena", "dozen"), 12), **dict.fromkeys(("quinze", "quince", "fifteen"), 15),
    **dict.fromkeys(("vinte", "veinte", "twenty"), 20), **dict.fromkeys(("trinta", "treinta", "thirty"), 30),
    **dict.fromkeys(("cem", "cien", "hundred"), 100),
}  # fmt: skip
AMOUNT = re.compile(
    r"(?P<money>(?:r\$|us\$|u\$s|\$|€|brl|ars|usd)\s?)?(?<![\w/-])(?P<sign>-)?(?P<digits>\d[\d.,]{0,14}\d|\d)(?P<mil>\s?(?:mil|k|thousand)\b)?"
    r"(?P<unit>\s?(?:reais|pesos|dolares|dollars|euros|conto))?(?![\d/:ºª°]|h\b)"
    r"|\b(?P<half>meia duzia|media docena|half a dozen)\b|\b(?P<word>" + "|".join(_WORDS) + r")\b"
)


@dataclass(frozen=True, slots=True)
class Amount:
    """A number and the letters `start:end` of the folded text that say it; `money` when a currency stands there."""

    value: float
    start: int
    end: int
    money: bool
    spelled: bool


def find_amounts(folded: str, language: Language) -> list[Amount]:
    """All numbers in a folded text; dates, times and ordinals are not numbers."""
    found: list[Amount] = []
    for match in AMOUNT.finditer(folded):
        money = bool(match["money"] or match["unit"])
        if match["half"]:
            found.append(Amount(6, match.start(), match.end(), money, spelled=True))
        elif match["word"]:
            found.append(Amount(_WORDS[match["word"]], match.start(), match.end(), money, spelled=True))
        elif (value := _value(match["digits"], language)) is not None:
            value *= (1000 if match["mil"] else 1) * (-1 if match["sign"] else 1)
            found.append(Amount(value, match.start(), match.end(), money, spelled=False))
    return found


def _value(digits: str, language: Language) -> float | None:
    """Which of point and comma is the decimal one: the last of two different ones, else as the language writes."""
    if not digits.isascii():
        return None
    point, comma = digits.rfind("."), digits.rfind(",")
    if point >= 0 and comma >= 0:
        decimal = "." if point > comma else ","
    else:
        mark = "." if point >= 0 else ","
        usual = "." if language == "en" else ","
        grouped = re.fullmatch(rf"\d{{1,3}}(?:{re.escape(mark)}\d{{3}})+", digits)
        decimal = (
            mark
            if not grouped or (mark == usual and digits.count(mark) == 1 and digits.startswith("0"))
            else ","
            if mark == "."
            else "."
        )
    plain = digits.replace("," if decimal == "." else ".", "").replace(",", ".")
    try:
        return float(plain)
    except ValueError:
        return None
