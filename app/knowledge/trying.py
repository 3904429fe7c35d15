"""Trying the knowledge base as an employee of some group would: what they would read, and every reason for it.

For who manages the articles: it names articles that are not open to the employee it plays.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from langgraph.runtime import Runtime

from graph.context import Company, Context
from graph.language.offline.tongue import identify
from graph.language.port import LanguageEngine
from graph.messages import Reply
from graph.nodes.answer import answer
from graph.nodes.offer_articles import offer_articles
from graph.nodes.propose_request import propose_request
from graph.routes import answered, searched
from graph.state import State
from retrieval.applies import Thresholds
from retrieval.explaining import Explanation
from retrieval.knowledge import KnowledgeBase
from retrieval.passage import Language
from tools.external import NoExternalSource
from tools.identity import CodeCheck, CodePlan
from tools.memory_desk import MemoryDesk
from tools.service_desk import Employee

LONGEST = 2000  # characters of a question: a WhatsApp message has 4096, and more than this is a story


@dataclass(frozen=True, slots=True)
class Try:
    """Who asks what; no `language` means the one it is written in."""

    question: str
    language: Language | None = None
    groups: tuple[str, ...] = ()
    limit: int = 5  # passages at most


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of it. `replies` are what the employee would read, buttons and rows included."""

    question: str
    language: Language
    groups: tuple[str, ...]
    explanation: Explanation
    thresholds: Thresholds
    replies: tuple[Reply, ...]
    engine: str  # what wrote the answer; "" when titles were offered or nothing was found
    why: tuple[str, ...]  # sentences, the most telling first
    state: str  # of the knowledge base


async def try_out(knowledge: KnowledgeBase, engine: LanguageEngine, company: Company, asked: Try) -> Trial:
    """Search, explain, and answer as a turn would; nothing of it is kept."""
    question = asked.question[:LONGEST].strip()
    language = asked.language or (identify(question, first=True)[0] if question else company.default_language)
    found = await knowledge.explain(question, language, groups=asked.groups, limit=asked.limit)
    told = await _reply(_world(knowledge, engine, company, language, asked.groups), question, language, found)
    return Trial(
        question=question,
        language=language,
        groups=asked.groups,
        explanation=found,
        thresholds=knowledge.thresholds,
        replies=told.replies,
        engine=told.engine,
        why=tuple(_why(found, knowledge.thresholds, language, gave_up=told.gave_up)),
        state=knowledge.state,
    )


class _Told(NamedTuple):
    replies: tuple[Reply, ...]
    engine: str = ""
    gave_up: bool = False  # it was to answer, and found no answer in what it was given


async def _reply(context: Context, question: str, language: Language, found: Explanation) -> _Told:
    """Go the way of the graph from a search on: its nodes, its edges."""
    runtime = Runtime(context=context)
    state: State = {"said": question, "language": language, "retrieval": found.retrieval}
    following, gave_up = searched(state, runtime), False
    if following == "answer":
        told = await answer(state, runtime)
        if told["verdict"] != "not_in_sources":
            return _Told(told["replies"], told["engine"])
        state["verdict"], gave_up = told["verdict"], True
        following = answered(state, runtime)
    node = offer_articles if following == "offer_articles" else propose_request
    return _Told((await node(state, runtime))["replies"], gave_up=gave_up)


def _world(
    knowledge: KnowledgeBase, engine: LanguageEngine, company: Company, language: Language, groups: tuple[str, ...]
) -> Context:
    """An employee of these groups, in front of a desk that keeps nothing."""
    now = datetime.now(UTC)
    employee = Employee(id="try", name="", email="", language=language, groups=groups)
    return Context(
        now=now,
        conversation_id="try",
        principal=employee,
        company=company,
        engine=engine,
        knowledge=knowledge,
        desk=MemoryDesk([employee], [], lambda: now),
        identity=_Known(),
        external=NoExternalSource(),
    )


class _Known:
    """Whoever tries is signed in already: no code is ever sent."""

    async def plan_code(self, conversation_id: str, email: str, language: Language) -> CodePlan:  # noqa: ARG002
        return CodePlan(outcome="locked")

    async def check_code(self, conversation_id: str, code: str) -> CodeCheck:  # noqa: ARG002
        return CodeCheck(outcome="none")


def _why(found: Explanation, thresholds: Thresholds, language: Language, *, gave_up: bool) -> Iterator[str]:
    if found.retrieval.passages:
        yield _of_the_band(found, thresholds)
    else:
        yield "No article open to this employee shares a word with the question."
    if gave_up:
        yield "Its text holds no answer, so titles are offered."
    yield from _of_the_words(found, language)
    yield from _of_the_closed(found)


def _of_the_band(found: Explanation, thresholds: Thresholds) -> str:
    chance = found.retrieval.probability
    said = f"The first article applies with a probability of {chance:.2f}"
    if found.retrieval.band == "answer":
        return f"{said}: it is answered from, since {thresholds.answer:.2f} are reached."
    if found.retrieval.band == "offer":
        return (
            f"{said}: titles are offered, since {thresholds.offer:.2f} are reached and {thresholds.answer:.2f} are not."
        )
    return f"{said}: nothing is said from it, since {thresholds.offer:.2f} are not reached."


def _of_the_words(found: Explanation, language: Language) -> Iterator[str]:
    meant = [f"“{word.said}” as “{word.meant}”" for word in found.read if word.meant]
    if meant:
        yield f"Read {', '.join(meant)}."
    first = found.retrieval.passages[0].language if found.retrieval.passages else language
    unknown = [f"“{word.meant or word.said}”" for word in found.read if not word.known]
    if unknown:
        yield f"No article in {first} has {', '.join(unknown)}."
    missing = [f"“{word.meant or word.said}”" for word in found.read if word.known and not word.covered]
    if missing:
        yield f"The first article has no {', '.join(missing)}."
    if first != language:
        yield f"The question is in {language} and the first article in {first}."


def _of_the_closed(found: Explanation) -> Iterator[str]:
    better = [f"{closed.title} ({', '.join(closed.groups)})" for closed in found.closed if closed.better]
    if better:
        count = "1 better article is" if len(better) == 1 else f"{len(better)} better articles are"
        yield f"{count} not open to this group: {'; '.join(better)}."
