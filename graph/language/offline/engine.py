"""The language engine that needs no key, no network and no GPU, and says the same thing every time."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from threading import Lock

from graph.language.offline.categories import CategoryClassifier
from graph.language.offline.classifier import IntentClassifier
from graph.language.offline.extract import extract
from graph.language.offline.filling import fill_fields
from graph.language.offline.intents import angry, train_intents
from graph.language.offline.likeness import Embed
from graph.language.offline.phrases import LANGUAGES, shipped
from graph.language.offline.reading import Reader
from graph.language.offline.summary import summary
from graph.language.offline.tongue import settle_language
from graph.language.port import Answer, FieldValue, Hearing, Line, Understanding
from retrieval.passage import Language, Passage
from tools.service_desk import Category, Employee, Field

NAME = "offline"
DENSE_TEXTS = 2000  # above, n-grams alone: the first start would embed for longer than ten seconds
KEPT_CATALOGUES = 8  # groups see different ones


class OfflineEngine:
    """`LanguageEngine` out of shipped phrases, the company's catalogue and rules.

    `embed` turns texts into unit vectors (float32, n x 384); without it categories are told by n-grams alone.
    `embed_examples` does so for the catalogue's, which are the same at every start.
    """

    name = NAME

    def __init__(self, embed: Embed | None = None, embed_examples: Embed | None = None) -> None:
        self._embed = embed
        self._embed_examples = embed_examples or embed
        self._intents: IntentClassifier | None = None
        self._catalogues: dict[tuple[tuple[str, str], ...], CategoryClassifier | None] = {}
        self._training = Lock()

    def warm(self, categories: Sequence[Category] = ()) -> None:
        """Train now, so that the first message does not wait (about a second; call it in a thread)."""
        settle_language("bom dia", "pt-BR", "")
        self._reader(tuple(categories), None)

    async def understand(self, hearing: Hearing) -> Understanding:
        """Say what is wanted. Sees no article text."""
        return await asyncio.to_thread(self._understand, hearing)

    async def fill(self, fields: Sequence[Field], hearing: Hearing) -> tuple[FieldValue, ...]:
        """Fill what the words say, never more."""
        return await asyncio.to_thread(fill_fields, fields, hearing)

    async def answer(self, question: str, passages: Sequence[Passage], language: Language) -> Answer:
        """The part of the passages that answers, word for word; in the language they are written in."""
        text, verdict, quotes = await asyncio.to_thread(extract, question, tuple(passages), language)
        return Answer(verdict=verdict, text=text, quotes=quotes, engine=NAME)

    async def summarise(self, lines: Sequence[Line], language: Language, *, limit: int) -> str:
        """The employee's own words, shortened."""
        return summary(lines, language, limit=limit)

    def _understand(self, hearing: Hearing) -> Understanding:
        language, evidence = settle_language(hearing.text, hearing.language, hearing.language_evidence)
        reader = self._reader(hearing.categories, hearing.employee)
        return Understanding(
            wishes=reader.wishes(hearing),
            language=language,
            language_evidence=evidence,
            angry=angry(hearing.text),
            engine=NAME,
        )

    def _reader(self, categories: tuple[Category, ...], employee: Employee | None) -> Reader:
        key = examples_of([category for category in categories if _open_to(category, employee)])
        with self._training:
            if self._intents is None:
                self._intents = train_intents()
            if key not in self._catalogues:
                while len(self._catalogues) >= KEPT_CATALOGUES:
                    self._catalogues.pop(next(iter(self._catalogues)))
                self._catalogues[key] = self._learn(key) if key else None
            return Reader(self._intents, self._catalogues[key])

    def _learn(self, examples: tuple[tuple[str, str], ...]) -> CategoryClassifier:
        if self._embed is None or len(examples) > DENSE_TEXTS:
            return CategoryClassifier.train(examples, foreign=foreign())
        learnt = CategoryClassifier.train(examples, foreign=foreign(), embed=self._embed_examples)
        return replace(learnt, embed=self._embed)


def _open_to(category: Category, employee: Employee | None) -> bool:
    """A leaf this employee may ask for."""
    groups = employee.groups if employee else ()
    return bool(category.queue) and (not category.groups or bool(set(category.groups) & set(groups)))


def foreign() -> tuple[str, ...]:
    """What ships of texts that no company's catalogue is about."""
    return tuple(line for language in LANGUAGES for line in shipped(language)["off_topic"])


def examples_of(categories: Sequence[Category]) -> tuple[tuple[str, str], ...]:
    """Everything the catalogue says about each category; option labels only where they tell categories apart."""
    pairs: list[tuple[str, str]] = []
    options: dict[str, set[str]] = {}
    for category in categories:
        said = [*category.name.values(), *category.description.values()]
        said += [line for lines in category.examples.values() for line in lines]
        pairs += [(text, category.id) for text in dict.fromkeys(said)]
        for field in category.fields:
            for label in {label for option in field.options for label in option.label.values()}:
                options.setdefault(label, set()).add(category.id)
    pairs += [(label, ids.copy().pop()) for label, ids in sorted(options.items()) if len(ids) == 1]
    return tuple(pairs)
