"""What is personal in a text whatever it is about: numbers, addresses, documents, cards and codes of people.

The one place that tells them by their looks. Log lines are masked with it (`app.masking`), and no question leaves for a
source outside with any of it (`tools.external.stripping`). It errs on the side of masking, but leaves what operators
read: ticket numbers, durations, error codes, ids of rows and traces.
"""

import re
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import NamedTuple

CODE_WORDS = (
    r"(?:c[oó]digos?|codes?|otp|pin|token|senha|clave|passcode|contrase[nñ]a|verifica[cç][aã]o|verificaci[oó]n)"
)
OF_MACHINES = re.compile(r"\b(?:error|erro|status|exit|http|meta|smtp|return)[ _-]$", re.IGNORECASE)
OF_ERRORS = re.compile(r" (?:de|do|del|of) (?:error|erro)\b", re.IGNORECASE)
NEAR = 12  # characters before a code's word in which "error" makes it a machine's: "error code 131047"
# Spaces and hyphens that look like ours, and characters without width: people paste them.
LOOKALIKES = {
    **dict.fromkeys((0xA0, 0x2007, 0x2009, 0x202F), " "),
    **dict.fromkeys((0x2010, 0x2011, 0x2012, 0x2013, 0x2212), "-"),
    **dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF)),
}
BRAZIL = re.compile(r"55[1-9][0-9][2-9][0-9]{7,8}")  # also mobiles without the ninth digit, as WhatsApp spells them
MEXICO = re.compile(r"521[0-9]{10}")  # likewise


class Kind(NamedTuple):
    """Something personal: how it is written, what its digits must fulfil, and what stands there instead."""

    written: re.Pattern[str]
    holds: Callable[[re.Match[str]], bool]
    instead: str | Callable[[re.Match[str]], str]


def hidden(text: str) -> str:
    """The text with the kind of each personal thing in its place, such as [phone]."""
    text = text.translate(LOOKALIKES)
    for kind in KINDS:
        text = "".join(_replaced(kind, text))
    return text


def _replaced(kind: Kind, text: str) -> Iterator[str]:
    """Pieces of the text; a candidate that does not hold is looked into again from its second character."""
    kept = start = 0
    while match := kind.written.search(text, start):
        if not kind.holds(match):
            start = match.start() + 1
            continue
        yield text[kept : match.start()]
        yield kind.instead if isinstance(kind.instead, str) else kind.instead(match)
        kept = start = match.end()
    yield text[kept:]


def _digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)


def _always(_: re.Match[str]) -> bool:
    return True


def is_cpf(text: str) -> bool:
    """Written with its dots and dash it is one even when mistyped; bare digits must add up."""
    digits = [int(digit) for digit in _digits(text)]
    if re.fullmatch(r"\d{3}\.\d{3}\.\d{3}-\d{2}", text):
        return True
    return len(set(digits)) > 1 and digits[9:] == _check_digits(digits[:9], (11, 12))


def _check_digits(digits: list[int], longest: tuple[int, int], wrap: int = 99) -> list[int]:
    """Modulo 11 twice; weights fall from `longest - 1` … to 2 and start again after `wrap`."""
    for _ in longest:
        weights = [2 + position % (wrap - 1) for position in range(len(digits))][::-1]
        rest = sum(weight * digit for weight, digit in zip(weights, digits, strict=True)) % 11
        digits = [*digits, 0 if rest < 2 else 11 - rest]
    return digits[-2:]


def is_cnpj(text: str) -> bool:
    """Since July 2026 its first twelve places may be letters; each counts as its ASCII code minus 48."""
    if re.fullmatch(r"[A-Z\d]{2}\.[A-Z\d]{3}\.[A-Z\d]{3}/[A-Z\d]{4}-\d{2}", text):
        return True
    places = [ord(place) - 48 for place in re.sub(r"[^A-Z0-9]", "", text)]
    return len(set(places)) > 1 and places[12:] == _check_digits(places[:12], (13, 14), wrap=9)


def is_card(text: str) -> bool:
    """Luhn, and a first digit that payment cards have."""
    digits = [int(digit) for digit in _digits(text)]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return digits[0] in range(2, 7) and (sum(doubled) + sum(digits[-1::-2])) % 10 == 0


def _is_international(match: re.Match[str]) -> bool:
    return 8 <= len(_digits(match[0])) <= 15


def _is_wa_id(match: re.Match[str]) -> bool:
    """Bare digits that are a number somewhere, country code first, as WhatsApp writes them."""
    digits = match[0]
    if BRAZIL.fullmatch(digits) or MEXICO.fullmatch(digits):
        return True
    import phonenumbers  # noqa: PLC0415 -- only once something may be a number; a quiet receiver never needs it

    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(f"+{digits}"))
    except phonenumbers.NumberParseException:
        return False


def _is_brazilian(match: re.Match[str]) -> bool:
    """An area code that exists and eight digits, or nine that begin with 9; a bare run must be a number in use."""
    digits = re.sub(r"[^0-9]", "", match["national"]).removeprefix("0")
    if "0" in digits[:2] or not (len(digits) == 10 or digits[2] == "9"):
        return False
    import phonenumbers  # noqa: PLC0415 -- as above

    return match[0] != digits or phonenumbers.is_valid_number(phonenumbers.parse(digits, "BR"))


def _is_code(match: re.Match[str]) -> bool:
    """Not when the word is a machine's: Meta's and SMTP's error codes have to be read."""
    text, word = match.string, match.start("word")
    return not (OF_MACHINES.search(text, max(0, word - NEAR), word) or OF_ERRORS.match(text, match.end("word")))


def _same_wamid(match: re.Match[str]) -> str:
    """A message id holds the number it was sent to, in base64; a hash still tells one from another."""
    return f"wamid~{sha256(match[0].encode()).hexdigest()[:8]}"


def _code_alone(match: re.Match[str]) -> str:
    before, after = match.start("code") - match.start(), match.end("code") - match.start()
    return match[0][:before] + "[code]" + match[0][after:]


SIX = r"(?P<code>(?<![\d.#])(?:\d{3}[ -]?\d{3}|\d\d[ -]\d\d[ -]\d\d|\d(?: \d){5})(?!\d))"
NEAR_A_CODE = r"(?:(?!\d{7})[^#]){0,48}?"  # what may stand between the word and its digits
OF_A_PHONE = (
    r"(?i:(?:tel(?:[eé]fono|efone|\.)?|phone|mobile|celular|m[oó]vil|fone|whats(?:app)?|zap|ligue|ligar)\b\D{0,12})"
)
KINDS = tuple(
    Kind(re.compile(written), holds, instead)
    for written, holds, instead in (
        (r"wamid\.[A-Za-z0-9+/=_-]+", _always, _same_wamid),
        (r"(?i:bearer) +[^\s\"',]+|\bEAA[A-Za-z0-9]{20,}", _always, "[secret]"),
        (r"(?<=://)[^\s:/@]{0,64}:[^\s@/]{1,128}(?=@)", _always, "[secret]"),
        (r"[^\s@<>\"'(),;:\[\]=]{1,64}(?:@|%40)[\w-]+(?:\.[\w-]+)*", _always, "[e-mail]"),
        (r"(?<![A-Za-z0-9])[A-Z]{2}\.(?:ENT\.)?(?=[A-Za-z_-]*\d)[A-Za-z0-9_-]{5,128}", _always, "[user]"),
        (r"(?<![\d.])(?:\d[ -]?){12,18}\d(?!\d)", lambda match: is_card(match[0]), "[card]"),
        (
            r"(?<![A-Z\d])[A-Z\d]{2}[. ]?[A-Z\d]{3}[. ]?[A-Z\d]{3}[/ ]?[A-Z\d]{4}[- ]?\d{2}(?![A-Za-z\d])",
            lambda match: is_cnpj(match[0]),
            "[cnpj]",
        ),
        (r"(?<!\d)(?<!\d\.)\d{3}[. ]?\d{3}[. ]?\d{3}[-. /]?\d{2}(?!\d)", lambda match: is_cpf(match[0]), "[cpf]"),
        (r"(?:\+|%2B) ?(?:\(?\d[\d ().-]{6,20}\d)", _is_international, "[phone]"),
        (r"(?<!\d)(?<!\d\.)[1-9]\d{9,14}(?!\d)", _is_wa_id, "[phone]"),
        (
            (
                r"(?<![\d.])(?:(?:00)?55[ -]?)?"
                r"(?P<national>\(?0?[1-9]\d\)?[ .-]{0,2}(?:9[ .-]?)?[2-9]\d{3}[ .-]?\d{4})(?!\d)"
            ),
            _is_brazilian,
            "[phone]",
        ),
        (r"(?<![\d.])(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}(?!\d)", _always, "[phone]"),
        (r"(?<![\d.-])9 ?\d{4}[ -]\d{4}(?![\d-])", _always, "[phone]"),
        (OF_A_PHONE + r"9?[ -]?\d{4}[ -]?\d{4}(?!\d)", _always, "[phone]"),
        *(
            (rf"\b(?P<word>(?i:{CODE_WORDS}))(?![A-Za-z]){NEAR_A_CODE}{SIX}", _is_code, _code_alone),
            (rf"{SIX}[^\d\n]{{1,32}}?\b(?P<word>(?i:{CODE_WORDS}))\b", _is_code, _code_alone),
        )
        * 2,  # "the code is 482913 or 482931": the second is found once the first is masked
    )
)  # from what is told apart best to what is told apart worst
