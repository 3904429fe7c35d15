"""From a turn's words to wishes: parts read one by one, then joined again where they are one thing."""

# ruff: noqa: E501 - a rule reads best on one line

import re
from collections.abc import Sequence
from dataclasses import dataclass

from graph.language.offline.categories import CategoryClassifier
from graph.language.offline.classifier import IntentClassifier
from graph.language.offline.clauses import asks_to_open, content, cut, query, stripped
from graph.language.offline.folding import canonical, fold
from graph.language.offline.intents import Reading, read_rules, read_scores
from graph.language.offline.likeness import Vectors
from graph.language.port import Hearing, Intent, Line, Scored, Wish
from tools.service_desk import Field

CANDIDATES = 10
SUBJECT: frozenset[Intent] = frozenset({"ask", "request", "status", "comment", "off_topic"})
RANKED: frozenset[Intent] = SUBJECT | {"correct"}  # "na verdade é da impressora" names another category
CALMING: frozenset[Intent] = frozenset({"greeting", "help", "unclear"})  # say nothing beside a wish with a subject
ANSWERING: frozenset[Intent] = frozenset({"yes", "no"})
ALONE = 2  # words with a subject need nothing said before: "e a senha do wifi?"
READ_LETTERS = 2000  # what a classifier looks at; a message may have 4096
_ASKS = re.compile(
    r"\?|\b(?:como|qual|quais|quando|onde|quanto|quem|cual|cuando|donde|cuanto|quien|how|what|where|when|who)\b"
)
_NUMBERED = re.compile(r"\b[A-Za-z]{2,5}-?\d{3,}\b")  # an asset tag: which thing it is, not what kind of trouble
_FOLLOWS_UP = re.compile(
    r"^(?:e|y|and|mas|pero|but)\s+(?!(?:o meu|a minha|mi|my)\b).{1,40}$|^what about .{1,40}$|\b(isso|eso|that|it|this|disso|nisso)\s*\??$"
)


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the message as read."""

    reading: Reading
    text: str
    query: str
    categories: tuple[Scored, ...]


@dataclass(frozen=True, slots=True)
class Reader:
    """The two classifiers that a reading needs; `categories` is None when the catalogue is empty."""

    intents: IntentClassifier
    categories: CategoryClassifier | None

    def wishes(self, hearing: Hearing) -> tuple[Wish, ...]:
        """At least one wish, in the order of the words."""
        texts = cut(hearing.text[:READ_LETTERS]) if len(hearing.text) <= READ_LETTERS else [hearing.text]
        parts = _together(self._parts(texts, hearing))
        if len(parts) > 1 and _one_subject(parts):
            parts = self._parts([hearing.text], hearing)
        return tuple(_wish(part, parts, hearing.recent) for part in parts)

    def _parts(self, texts: Sequence[str], hearing: Hearing) -> list[Part]:
        queries = [query(text) for text in texts]
        ruled = [_ruled(text, hearing) for text in texts]
        ranked = self._ranked(queries, [reading is not None and reading.intent not in RANKED for reading in ruled])
        open_ones = [number for number, reading in enumerate(ruled) if reading is None]
        scores = iter(self.intents.rank([" ".join(stripped(texts[number]).split()) for number in open_ones]))
        parts = []
        for text, words, reading, categories in zip(texts, queries, ruled, ranked, strict=True):
            at_work = categories[0].score if categories else 0.0
            parts.append(Part(reading or read_scores(text, next(scores), at_work=at_work), text, words, categories))
        return parts

    def _ranked(self, queries: Sequence[str], needless: Sequence[bool]) -> list[tuple[Scored, ...]]:
        """Categories for the parts that have a subject; the model runs once for all of them."""
        found: list[tuple[Scored, ...]] = [()] * len(queries)
        wanted = [number for number, skip in enumerate(needless) if not skip and content(queries[number])]
        if self.categories is None or not wanted:
            return found
        texts = [_NUMBERED.sub(" ", queries[number]) for number in wanted]
        vectors: Vectors | None = self.categories.embed(texts) if self.categories.embed is not None else None
        for number, row in zip(wanted, self.categories.rank(texts, vectors), strict=True):
            found[number] = tuple(Scored(id=label, score=score) for label, score in row[:CANDIDATES])
        return found


def _ruled(text: str, hearing: Hearing) -> Reading | None:
    """The rules' reading; an option's own name or a bare number in a form is an answer, whatever else it may mean."""
    reading = read_rules(text, hearing.language)
    if reading and hearing.asked and (_bare_number(reading, text) or _an_option(hearing.asked, text)):
        return Reading("unclear", reading.confidence)
    return reading


def _bare_number(reading: Reading, text: str) -> bool:
    return bool(reading.number) and canonical(text).replace(" ", "").isdigit()


def _an_option(asked: Field, text: str) -> bool:
    said = canonical(text)
    names = (name for option in asked.options for name in (*option.label.values(), *option.synonyms))
    return any(canonical(name) == said for name in names)


def _together(parts: list[Part]) -> list[Part]:
    """Parts that say nothing beside the others left out."""
    if len(parts) == 1:
        return parts
    subjects = [part for part in parts if part.reading.intent in SUBJECT]
    if not subjects:
        others = [part for part in parts if part.reading.intent not in CALMING | ANSWERING]
        return others[:1] or parts[:1]
    return [part for part in parts if part.reading.intent not in CALMING]


def _one_subject(parts: Sequence[Part]) -> bool:
    """Two halves about the same thing: like intents whose best category is the same, or one half without a subject."""
    left, right = parts[-2], parts[-1]
    pair = {left.reading.intent, right.reading.intent}
    if not pair <= {"ask", "request", "off_topic"}:
        return False
    if not content(left.text) or not content(right.text):
        return True
    asked_for = asks_to_open(fold(right.text)) and len(content(right.query)) <= 1
    if pair == {"ask", "request"} and asked_for and not _ASKS.search(fold(left.text)):
        return True  # "estou doente e preciso abrir um chamado de afastamento": what is the matter, and what to do about it
    same = bool(left.categories and right.categories) and left.categories[0].id == right.categories[0].id
    return same and (len(pair) == 1 or not _ASKS.search(fold(left.text)))


def _wish(part: Part, parts: Sequence[Part], recent: Sequence[Line]) -> Wish:
    return Wish(
        intent=part.reading.intent,
        confidence=min(1.0, max(0.0, part.reading.confidence)),
        query=_stand_alone(part, parts, recent),
        categories=part.categories,
        number=part.reading.number,
    )


def _stand_alone(part: Part, parts: Sequence[Part], recent: Sequence[Line]) -> str:
    """The query, with what it points back to: "abre um chamado pra isso", "e no celular?"."""
    needs = part.reading.intent in {"ask", "request"}
    points_back = not content(part.query) or bool(_FOLLOWS_UP.search(fold(part.query if len(parts) > 1 else part.text)))
    if not needs or not points_back or len(part.query) > 80 or len(content(part.query)) >= ALONE:
        return part.query
    earlier = _earlier(part, recent)
    if not earlier:
        return part.query
    return earlier if not content(part.query) else f"{earlier} {part.query}"


def _earlier(part: Part, recent: Sequence[Line]) -> str:
    """The last thing the employee said that had a subject."""
    for line in reversed(recent):
        if line.by == "employee" and line.text.strip() != part.text.strip() and len(content(line.text)) > 1:
            return query(line.text)
    return ""
