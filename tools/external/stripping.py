"""A question as it may leave the house: only words, without what belongs to people or to the company.

Digits leave only behind a word that makes them a product's or an error's number; every other one may be somebody's.
What cannot be known here is the name of a third person in small letters; `RECADO_EXTERNAL__PRIVATE_WORDS` is for what
a company wants to keep besides.
"""

import re
import unicodedata
from collections.abc import Iterable

from retrieval.words import fold
from tools.external.products import ERROR, KNOWN, NUMBERED, PLAIN
from tools.personal_data import hidden

LONGEST_READ = 2_000  # characters of the question that are looked at
LONGEST, MOST_WORDS = 160, 20  # characters and words that leave: more is a story, and stories are about people
GONE = " \u00b7 "  # stands where something was, so that its neighbours do not become neighbours
_GONE = re.compile(
    r"\[[^\]\s]*\]"  # what `hidden` put there
    r"|wamid~\w+"
    r"|\S*(?:://|\\|@|%40)\S*"  # addresses, paths, mentions
    r"|\S+\s*[\[({]?\s*\b(?:arroba|at)\b\s*[\])}]?\s*\S+\s*[\[({]?\s*\b(?:ponto|punto|dot)\b\s*[\])}]?\s*\S+"
    r"|(?<![^\s(\"'])/\S+"  # /home/ana
    r"|[#$]\s*\S+"
    r"|\b(?:senha|clave|contrase[nñ]a|password|passwd|pin|token|login|usu[aá]rio|usuario|user(?:name)?)"
    r"\s*(?:é|e|es|is|=|:)+\s*\S+"
    r"|\b[\w-]+(?:\.[\w-]*[^\W\d_][\w-]*)+"  # hosts, files, user names: a.b
    r"|(?<![\w-])\d+(?:[\s().,/:+-]+\d+)+(?![\w-])"  # numbers in pieces
    r"|(?<!\w)[0-9a-f]{0,4}(?:[:-][0-9a-f]{0,4}){3,}(?!\w)"  # addresses of machines
    r"|\S*_\S*|\S{31,}"
    r"|\b(?:me chamo|meu nome é|me llamo|mi nombre es|my name is)\s+\S+(?:\s+\S+)?",
    re.IGNORECASE,
)
_NAME = r"[A-ZÀ-ÖØ-Þ][\w'\u2019-]*[a-zß-öø-ÿ][\w'\u2019-]*"  # not THE SHOUTED ONES
_NAMES = rf"(?P<name>{_NAME}(?:\s+(?:(?:d[aeo]s?|del|la|y|e)\s+)?{_NAME})*)"
# Words after which a capitalised name is a person's or a street's; those that say so first, then those that may.
_PERSONS = tuple(
    re.compile(rf"\b(?:(?i:{before})\.?:?\s+){_NAMES}")
    for before in (
        (
            r"sr|sra|srta|dr|dra|mr|mrs|ms|don|do[nñ]a|gestora?|gerente|chef[ea]|colega|l[ií]der|coordenadora?"
            r"|supervisora?|diretora?|directora?|jef[ea]|boss|manager|colleague|coworker|client[ea]?|aqui é"
            r"|sou(?: [oa])?|soy|i am|i'm|this is|rua|avenida|av|calle|street"
        ),
        r"com [oa]|con|with|do|da|de|del|of|para|for|pel[oa]|by|[oa]",
    )
)
_FULL_NAME = re.compile(rf"\b{_NAME}(?:\s+(?:d[aeo]s?|del|de la)\s+{_NAME})+")
_WORD = re.compile(r"[^\s,;:!?()\"\u201c\u201d«»<>{}|=*~`]+")
_HEX = re.compile(r"0x[0-9a-f]{3,8}")
_NUMBER = re.compile(r"\d{1,3}|20[0-3]\d")
_ERROR_NUMBER = re.compile(r"\d{1,5}")
_EDGES = ".'\u2019-/&+%[]"


def bare_question(text: str, private: Iterable[str] = ()) -> str:
    """The words that may leave; "" when none is left. `private`: names and words of the employee and the company."""
    plain = unicodedata.normalize("NFKC", text[:LONGEST_READ])
    plain = "".join(c if c.isprintable() else " " if c.isspace() else "" for c in plain)
    plain = _GONE.sub(GONE, hidden(plain))
    for person in _PERSONS:
        plain = person.sub(_without_name, plain)
    plain = _FULL_NAME.sub(lambda found: found[0] if _is_known(found[0]) else GONE, plain)
    kept = _kept(_WORD.findall(plain), _secrets(private))
    return _cut(" ".join(kept[:MOST_WORDS]))


def _without_name(found: re.Match[str]) -> str:
    """A product stands after "do" as well as a person."""
    return found[0] if _is_known(found["name"]) else found[0][: found.start("name") - found.start()] + GONE


def _is_known(name: str) -> bool:
    return any(word in KNOWN for word in fold(name).split())


def _secrets(private: Iterable[str]) -> frozenset[str]:
    """The parts of private names, folded; of one or two letters only whole words would be meant, so they are left."""
    return frozenset(part for name in private for part in re.findall(r"[^\W_]+", fold(name)) if len(part) > 2)


def _kept(said: list[str], secrets: frozenset[str]) -> list[str]:
    kept: list[str] = []
    before = ""
    for word in said:
        bare = word.strip(_EDGES)
        folded = fold(bare)
        if bare and not _is_secret(folded, secrets) and _is_harmless(folded, before):
            kept.append(bare)
        before = folded
    return kept


def _is_secret(folded: str, secrets: frozenset[str]) -> bool:
    """A private word, alone, as a part, or inside a longer word: `ipe-vpn`, `srvcompany`."""
    parts = set(re.findall(r"[^\W_]+", folded))
    return bool(parts & secrets) or any(len(secret) > 3 and secret in folded for secret in secrets)


def _is_harmless(folded: str, before: str) -> bool:
    """Whether no digit stands in it, or one that its neighbour or its own shape explains."""
    if not any(unicodedata.category(c)[0] == "N" for c in folded):
        return any(c.isalpha() for c in folded)
    if folded in PLAIN or _HEX.fullmatch(folded):
        return True
    if before in ERROR:
        return _ERROR_NUMBER.fullmatch(folded) is not None
    return before in NUMBERED and _NUMBER.fullmatch(folded) is not None


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST + 1].rpartition(" ")[0]
