"""Numbers as people write them: "duas", "2 monitores", "R$ 1.500,00", "1,500.50", "3 mil"."""

# ruff: noqa: E501 - a rule reads best on one line

import re
from dataclasses import dataclass, replace

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
_TENS = {
    **dict.fromkeys(("quarenta", "cuarenta", "forty"), 40), **dict.fromkeys(("cinquenta", "cincuenta", "fifty"), 50),
    **dict.fromkeys(("sessenta", "sesenta", "sixty"), 60), **dict.fromkeys(("setenta", "seventy"), 70),
    **dict.fromkeys(("oitenta", "ochenta", "eighty"), 80), **dict.fromkeys(("noventa", "ninety"), 90),
    **dict.fromkeys(("cento", "ciento"), 100), **dict.fromkeys(("duzentos", "duzentas", "doscientos", "doscientas"), 200),
    **dict.fromkeys(("trezentos", "trezentas", "trescientos", "trescientas"), 300),
    **dict.fromkeys(("quatrocentos", "quatrocentas", "cuatrocientos", "cuatrocientas"), 400),
    **dict.fromkeys(("quinhentos", "quinhentas", "quinientos", "quinientas"), 500),
    **dict.fromkeys(("seiscentos", "seiscientos"), 600), **dict.fromkeys(("setecentos", "setecientos"), 700),
    **dict.fromkeys(("oitocentos", "ochocientos"), 800), **dict.fromkeys(("novecentos", "novecientos"), 900),
}  # fmt: skip
_WORDS |= _TENS
_SPELLED = "|".join(sorted(_WORDS, key=len, reverse=True))
AMOUNT = re.compile(
    r"(?P<money>(?:r\$|us\$|u\$s|\$|€|brl|ars|usd)\s?)?(?<![\w/-])(?P<sign>-)?(?P<digits>\d[\d.,]{0,14}\d|\d)(?P<mil>\s?(?:mil|k|thousand)\b)?"
    r"(?P<unit>\s?(?:reais|pesos|dolares|dollars|euros|conto))?(?![\d/:ºª°]|h\b)"
    r"|\b(?P<half>meia duzia|media docena|half a dozen)\b|\b(?P<word>(?:"
    + _SPELLED
    + r")(?:[\s-]+(?:(?:e|y|and)\s+)?(?:"
    + _SPELLED
    + r"))*)\b"
    r"(?P<coin>\s(?:reais|pesos|dolares|dollars|euros)\b)?"
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
        money = bool(match["money"] or match["unit"] or match["coin"])
        if match["half"]:
            found.append(Amount(6.0, match.start(), match.end(), money, spelled=True))
        elif match["word"]:
            found += _spelled(match["word"], match.start(), money=money)
        elif (value := _value(match["digits"], language)) is not None:
            value *= (1000 if match["mil"] else 1) * (-1 if match["sign"] else 1)
            found.append(Amount(value, match.start(), match.end(), money, spelled=False))
    return found


def _spelled(said: str, start: int, *, money: bool) -> list[Amount]:
    """One number of descending parts ("duzentos e cinquenta"); words that do not descend ("um, dois") are several."""
    found: list[Amount] = []
    before = 0.0
    for part in re.finditer(_SPELLED, said):
        value = float(_WORDS[part[0]])
        if found and 0 < value < 10 ** (len(str(int(before))) - 1) and (before >= 20):
            found[-1] = replace(found[-1], value=found[-1].value + value, end=start + part.end())
        elif found and found[-1].value < 10 and value == 100:
            found[-1] = replace(found[-1], value=found[-1].value * value, end=start + part.end())
        else:
            found.append(Amount(value, start + part.start(), start + part.end(), money, spelled=True))
        before = value
    return found


def _value(digits: str, language: Language) -> float | None:
    """The number, or None when the marks make no sense."""
    decimal = _decimal_mark(digits, language)
    plain = digits.replace("," if decimal == "." else ".", "").replace(",", ".")
    try:
        return float(plain)
    except ValueError:
        return None


def _decimal_mark(digits: str, language: Language) -> str:
    """The last of two different marks; a single mark before groups of three digits parts thousands."""
    point, comma = digits.rfind("."), digits.rfind(",")
    if point >= 0 and comma >= 0:
        return "." if point > comma else ","
    if re.fullmatch(r"[1-9]\d{0,2}(?:\.\d{3})+", digits):
        return ","
    if re.fullmatch(r"[1-9]\d{0,2}(?:,\d{3})+", digits):
        return "."
    if point >= 0 or comma >= 0:
        return "." if point >= 0 else ","
    return "." if language == "en" else ","
