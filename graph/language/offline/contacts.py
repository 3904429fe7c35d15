"""E-mails, phones, asset tags and people in an employee's words."""

# ruff: noqa: E501 - a rule reads best on one line

import re
from dataclasses import dataclass

import phonenumbers

from graph.language.port import Hearing

EMAIL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._%+-]{0,62}[A-Za-z0-9_%+-])?@(?:[A-Za-z0-9-]{1,63}\.){1,5}[A-Za-z]{2,24}")
_TOKEN = re.compile(
    r"(?<![\w-])[A-Za-z]{1,8}[\s-]?\d{2,12}(?![\w])|(?<![\w-])\d{3,12}(?![\w-])|(?<![\w-])[A-Za-z0-9]{2,8}(?:-[A-Za-z0-9]{1,12}){1,3}(?![\w-])"
)
_LOOSE_TAG = re.compile(r"(?<![\w-])(?:[A-Za-z]{1,8}[\s-]?)?\d{3,12}(?![\w-])")
_NAME = r"[A-ZÀ-ÖØ-Þ][\w'\u2019.-]+(?:\s+(?:d[aeo]s?|del|la|von|van|y|e)\s+(?=[A-ZÀ-Þ])|\s+(?=[A-ZÀ-Þ]))?"
_FOR_PERSON = re.compile(
    rf"\b(?:[Pp]ara|[Pp]r[ao]|[Ff]or|[Gg]estora? é|[Aa]prova(?:dor)? é)\s+(?:(?:o|a|el|la|os|as)\s+)?((?:{_NAME}){{1,4}})"
)
_LED_BY = re.compile(
    r"^\s*(?:(?:é|e|es|it'?s|seria|será|sera|meu gestor é|minha gestora é|mi jefe es|mi jefa es|my manager is|para|pra|pro|for|de|do|da)\s+)?"
    r"(?:(?:o|a|el|la|os|as|the)\s+)?(?P<name>.+?)\s*[.!]*\s*$", re.IGNORECASE | re.DOTALL,
)  # fmt: skip
_REGIONS = {
    "America/Argentina": "AR", "America/Buenos_Aires": "AR", "America/Bogota": "CO", "America/Mexico_City": "MX",
    "America/Santiago": "CL", "America/Montevideo": "UY", "America/Lima": "PE", "Europe/Madrid": "ES", "Europe/Lisbon": "PT",
    "America/New_York": "US", "America/Chicago": "US", "America/Los_Angeles": "US", "Europe/London": "GB",
}  # fmt: skip
_BY_LANGUAGE = {"pt-BR": "BR", "es": "AR", "en": "US"}
LONGEST_NAME = 60
NAME_WORDS = 5


@dataclass(frozen=True, slots=True)
class Seen:
    """A value and the slice of the words that says it."""

    value: str
    evidence: str
    confidence: float


def find_email(text: str) -> Seen | None:
    """The first e-mail address, lower case."""
    found = EMAIL.search(text)
    return Seen(found[0].lower(), found[0], 0.98) if found else None


def find_phone(hearing: Hearing) -> Seen | None:
    """The first valid phone number as E.164, read in the employee's country."""
    for match in phonenumbers.PhoneNumberMatcher(hearing.text[:2000], _region(hearing)):
        number = phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
        return Seen(number, match.raw_string, 0.95)
    return None


def find_tag(text: str, pattern: str, *, asked: bool) -> Seen | None:
    """An asset tag: the pattern's own spelling, then with another hyphen or, when asked, with digits only."""
    rule = _rule(pattern)
    if rule is None:
        loose = _LOOSE_TAG.search(text) if asked else None
        return Seen(loose[0].upper(), loose[0], 0.7) if loose else None
    if exact := find_pattern(text, pattern):
        return exact
    prefix = re.match(r"\^?([A-Za-z]+-?)", pattern)
    for token in _TOKEN.finditer(text[:2000]):
        parts = re.match(r"([A-Za-z]*)[\s_-]?(\d*)$", token[0])
        spellings = [token[0]]
        if parts and parts[1]:
            spellings += [f"{parts[1]}-{parts[2]}", parts[1] + parts[2]]
        elif parts and prefix and asked:
            spellings.append(prefix[1] + parts[2])
        for spelling in spellings:
            if rule.fullmatch(spelling.upper()):
                return Seen(spelling.upper(), token[0], 0.9)
    return None


def find_pattern(text: str, pattern: str) -> Seen | None:
    """What is spelled as the desk's pattern says, in capitals."""
    if _rule(pattern) is None:
        return None
    exact = re.compile(rf"(?<![\w-])(?:{pattern})(?![\w-])", re.IGNORECASE).search(text[:2000])
    return Seen(exact[0].upper(), exact[0], 0.98) if exact else None


def find_person(text: str, *, asked: bool) -> Seen | None:
    """A person: an e-mail, a capitalised name after "para", or the whole short answer."""
    if email := find_email(text):
        return email
    if found := _FOR_PERSON.search(text):
        name = found[1].strip(" .,")
        if asked or " " in name:
            return Seen(name, name, 0.75)
    if not asked:
        return None
    led = _LED_BY.match(text)
    name = led["name"].strip(" ,;:") if led else ""
    plausible = 1 < len(name) <= LONGEST_NAME and len(name.split()) <= NAME_WORDS and not re.search(r"[\d?@/]", name)
    return Seen(name, name, 0.7) if plausible and any(letter.isalpha() for letter in name) else None


def _region(hearing: Hearing) -> str:
    zone = hearing.employee.timezone if hearing.employee else ""
    known = next((region for start, region in _REGIONS.items() if zone.startswith(start)), "")
    brazil = "BR" if zone.startswith(("America/Sao_Paulo", "America/Manaus", "America/Recife", "America/Bahia")) else ""
    return known or brazil or _BY_LANGUAGE[hearing.language]


def _rule(pattern: str) -> re.Pattern[str] | None:
    """The desk's pattern; one that is no regular expression counts as none."""
    try:
        return re.compile(pattern, re.IGNORECASE) if pattern else None
    except re.error:
        return None
