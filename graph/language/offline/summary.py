"""Titles and hand-off notes in the employee's own words."""

# ruff: noqa: E501 - a rule reads best on one line

import re
from collections.abc import Sequence

from graph.language.offline.clauses import content, stripped
from graph.language.offline.intents import read_rules
from graph.language.port import Line
from retrieval.passage import Language

TITLE = 120  # characters: up to here a title is wanted, above a note
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|\n+")
_WISH = re.compile(
    r"^(?:oi|olá|hola|hi|hello)?[\s,]*(?:eu\s+)?(?:(?:gostaria|queria|quisiera|i(?:'d| would) like) (?:de |to )?(?:saber|know)\s+|"
    r"(?:é|es) que\s+|então,?\s+|bueno,?\s+|so,?\s+|well,?\s+)",
    re.IGNORECASE,
)


def summary(lines: Sequence[Line], language: Language, *, limit: int) -> str:
    """At most `limit` characters: one clean sentence, or with room for more a line for each thing said."""
    said = [plain for line in lines if line.by == "employee" and (plain := _said(line.text, language))]
    if not said:
        said = [" ".join(line.text.split()) for line in lines if line.by == "employee" and line.text.strip()]
    if not said:
        return ""
    if limit <= TITLE or len(said) == 1:
        return _shortened(_title(said) if limit <= TITLE else said[0], limit)
    return _note(said, limit)


def _said(text: str, language: Language) -> str:
    """A line without politeness; nothing when it only steers the conversation ("sim", "atendente")."""
    ruled = read_rules(text, language)
    if ruled and ruled.intent not in {"ask", "request", "comment", "status"}:
        return ""
    plain = " ".join(stripped(text).split())
    return plain if content(plain) else ""


def _title(said: Sequence[str]) -> str:
    """The first sentence with a subject, beginning with a capital."""
    sentences = [sentence for text in said for sentence in _SENTENCE_END.split(text) if len(content(sentence)) > 1]
    first = _WISH.sub("", (sentences or list(said))[0]).strip(" ,;:-\u2013\u2014")
    first = first.rstrip(".!… ")
    return first[:1].upper() + first[1:]


def _note(said: Sequence[str], limit: int) -> str:
    """The first thing said and the newest ones that fit, in order, without repetition."""
    different = list(dict.fromkeys(said))
    kept = [_shortened(f"- {different[0]}", limit)]
    room = limit - len(kept[0])
    newest: list[str] = []
    for text in reversed(different[1:]):
        line = f"- {text}"
        if len(line) + 1 > room:
            break
        newest.insert(0, line)
        room -= len(line) + 1
    return "\n".join(kept + newest)


def _shortened(text: str, limit: int) -> str:
    """Cut at a word's end, with an ellipsis."""
    if len(text) <= limit:
        return text
    if limit <= 1:
        return text[: max(limit, 0)]
    cut = text[: limit - 1]
    shorter = cut.rsplit(" ", 1)[0] if " " in cut[limit // 2 :] else cut
    return shorter.rstrip(" ,;:.-") + "…"
