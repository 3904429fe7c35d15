"""`LanguageEngine` that thinks with a model: asks, holds the answer to its shape, verifies it, and never acts on it."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

from graph.language.llm.answering import answered, ask_answer, ask_summary
from graph.language.llm.asking import Asker, Question, Shape, parsed
from graph.language.llm.errors import MalformedError, UnavailableError
from graph.language.llm.masking import Mask
from graph.language.llm.shapes import Answered, Filled, Summed, Understood
from graph.language.llm.understanding import NAME, Heard, ask_fields, ask_understanding, understood, values_for
from graph.language.llm.verification import checked, in_language
from graph.language.port import Answer, FieldValue, Hearing, Intent, LanguageEngine, Line, Quote, Understanding, Wish
from prompts.texts import LANGUAGES
from retrieval.passage import Language, Passage
from tools.service_desk import Category, Employee, Field, Words

S = TypeVar("S", bound=Shape)
T = TypeVar("T")

STEERING: frozenset[Intent] = frozenset({"yes", "no", "cancel", "back", "help", "logout", "erase_data", "person"})
COURTESIES: frozenset[Intent] = frozenset({"greeting", "thanks", "farewell"})
SAID_PLAINLY = 0.95  # the embedded rules' confidence for words that they know exactly
FEW_WORDS = 4  # of an answer to a form's question that the rules have read surely
SURELY = 0.9
SHORT_PAUSE = 2.0  # seconds: a provider that asks for more is left for this turn
AT_ONCE = 0.3
PASSING = frozenset({"throttled", "broken", "unreachable"})  # what a second try may find gone


class LlmEngine:
    """One turn's engine. `scout` is the embedded one: it ranks the catalogue, and its reading is where doubts end."""

    name = NAME

    def __init__(
        self,
        asker: Asker,
        scout: LanguageEngine,
        *,
        seconds: float,
        languages: Sequence[Language] = LANGUAGES,
        mask: bool = True,
    ) -> None:
        self._asker, self._scout, self._seconds = asker, scout, seconds
        self._languages, self._masks = languages, mask
        self._heard: Heard | None = None
        self._employee: Employee | None = None

    async def understand(self, hearing: Hearing) -> Understanding:
        """Say what is wanted; words that need no model get none."""
        scouted = await self._scout.understand(hearing)
        self._heard, self._employee = None, hearing.employee
        if said_plainly(scouted.wishes):
            return scouted
        mask = self._mask(hearing.language)
        question, shown = ask_understanding(hearing, scouted, self._languages, mask)
        said = await self._converse(question, Understood, as_it_is)
        fields = tuple(field for wish in said.wishes for field in wish.fields)
        self._heard = Heard(hearing.text, fields, frozenset(category.id for category in shown), mask)
        return understood(said, hearing, scouted, mask)

    async def fill(self, fields: Sequence[Field], hearing: Hearing) -> tuple[FieldValue, ...]:
        """The rules' values and the model's; the model is asked only for words that call A has not reported on."""
        by_rule = await self._scout.fill(fields, hearing)
        if _answers_plainly(by_rule, hearing):
            return by_rule
        category = _category(fields, hearing)
        heard = self._heard
        if heard and heard.text == hearing.text and category.id in heard.categories:
            said, mask = heard.fields, heard.mask
        else:
            mask = self._mask(hearing.language)
            said = tuple((await self._converse(ask_fields(category, hearing, mask), Filled, as_it_is)).fields)
        return _together(values_for(category, said, hearing, mask), by_rule)

    async def answer(self, question: str, passages: Sequence[Passage], language: Language) -> Answer:
        """Answer from the passages; what cannot be shown to stand on them gives way to their own words."""
        mask = self._mask(language)
        asked = ask_answer(question, passages, language, mask)
        given = await self._converse(asked, Answered, lambda said: answered(said, passages, language, mask))
        return given or await self._scout.answer(question, passages, language)

    async def summarise(self, lines: Sequence[Line], language: Language, *, limit: int) -> str:
        """A note in which nothing stands that was not said; otherwise the employee's own words."""
        mask = self._mask(language)
        said = await self._converse(ask_summary(lines, language, limit, mask), Summed, as_it_is)
        note = " ".join(mask.reveal(said.summary).split())
        spoken = "\n".join(line.text for line in lines)
        source = Passage(
            id="said", article_id="", language=language, title="", heading="", text=spoken, url="", trust="web"
        )
        shown = checked(note, (Quote(passage_id="said", text=""),), [source])
        if shown.dropped or not 0 < len(note) <= limit or not in_language(note, language):
            return await self._scout.summarise(lines, language, limit=limit)
        return note

    def _mask(self, language: Language) -> Mask:
        names = tuple(self._employee.name.split()) if self._employee else ()
        return Mask(language, names, on=self._masks)

    async def _converse(self, question: Question, shape: type[S], read: Callable[[S], T]) -> T:
        """Ask, and once more when the answer is malformed or the trouble may have passed."""
        try:
            return await self._once(question, shape, read)
        except MalformedError as error:
            question = question.again(error.said, error.detail or error.reason)
        except UnavailableError as error:
            pause = AT_ONCE if error.retry_after is None else error.retry_after
            if error.reason not in PASSING or pause > SHORT_PAUSE:
                raise
            await asyncio.sleep(pause)
        return await self._once(question, shape, read)

    async def _once(self, question: Question, shape: type[S], read: Callable[[S], T]) -> T:
        said = await self._asker.ask(question, seconds=self._seconds)
        return read(parsed(shape, said.text))


def as_it_is(said: S) -> S:
    """Nothing more to hold it to than its shape."""
    return said


def said_plainly(wishes: Sequence[Wish]) -> bool:
    """Whether the words are known ones that steer the conversation: "sim", "obrigado", "atendente"."""
    return len(wishes) == 1 and wishes[0].intent in STEERING | COURTESIES and wishes[0].confidence >= SAID_PLAINLY


def _answers_plainly(values: Sequence[FieldValue], hearing: Hearing) -> bool:
    """Whether a few words are surely the value that was asked for."""
    asked = hearing.asked.id if hearing.asked else ""
    sure = any(value.field_id == asked and value.confidence >= SURELY for value in values)
    return sure and len(hearing.text.split()) <= FEW_WORDS


def _category(fields: Sequence[Field], hearing: Hearing) -> Category:
    """The category that a form's fields belong to, by name or as a stand-in for it."""
    known = next((c for c in hearing.categories if c.id == hearing.form), None)
    words: Words = {"pt-BR": ""}
    return known or Category(id=hearing.form or "form", name=words, description=words, fields=tuple(fields))


def _together(thought: Sequence[FieldValue], by_rule: Sequence[FieldValue]) -> tuple[FieldValue, ...]:
    """The model's values, and the rules' for the fields it left out."""
    filled = {value.field_id for value in thought}
    return (*thought, *(value for value in by_rule if value.field_id not in filled))
