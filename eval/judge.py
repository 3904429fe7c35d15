"""A model that is asked a few yes-or-no questions about a conversation, twice and in two orders."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from math import inf
from pathlib import Path

from app.errors import RecadoError
from app.settings import Settings
from app.thinking.engines import chat_model, endpoint_of
from eval.opinion import Criterion, Opinion
from eval.record import Row
from graph.language.ledger import Ledger, Prices
from graph.language.llm.asking import Asker, Question, Shape, identity_of, parsed
from graph.language.llm.errors import MalformedError, ModelError, UnavailableError
from graph.language.llm.fence import Fence
from graph.language.llm.meter import Allowance, Meter
from prompts.instructions import Instruction, read

PROMPT = Path(__file__).parent / "judge.md"
QUESTIONS: dict[Criterion, str] = {
    "helpful": (
        "Does the assistant deal with what the employee wants: answer it, do it, ask for what is missing, or say"
        " plainly that it cannot and what happens instead?"
    ),
    "supported": (
        "Does everything that the assistant says about how things are done, rules, numbers, times, names and links"
        " stand in the articles? (What it says about the employee's own requests or identity is no matter here.)"
    ),
    "kind": "Is the assistant polite and respectful, without blame, mockery, impatience or lecturing?",
    "language": "Are the assistant's own words in the language in which the employee writes to it?",
}
SPOKEN, FOUND, EACH = 8_000, 8, 1_200  # letters of a dialogue; passages, and letters of each
MOST_TOKENS = 600
PLENTY = Allowance(calls=8, tokens=1_000_000, until=inf, tokens_today=1_000_000)  # the run's budget is what bounds it


async def _nothing() -> None:
    """There is no connection to let go of."""


class JudgeError(RecadoError):
    """There is no judge to ask; the sentence says what to set."""


class Finding(Shape):
    """One question, answered."""

    criterion: Criterion
    reason: str
    verdict: str


class Findings(Shape):
    """All questions, answered."""

    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Matter:
    """What is judged: who said what, what had been found, and by which criteria."""

    dialogue: tuple[tuple[str, str], ...]  # employee, assistant or agent; words
    passages: tuple[str, ...] = ()
    criteria: tuple[Criterion, ...] = ("helpful", "kind", "language")


@dataclass(frozen=True, slots=True)
class Judge:
    """One model, asked about conversations. Whatever goes wrong is the opinion's `trouble`, never an exception."""

    asker: Asker
    prices: Prices = field(default_factory=dict)
    seconds: float = 30.0
    instruction: Instruction = field(default_factory=lambda: read(PROMPT))
    close: Callable[[], Awaitable[None]] = _nothing  # lets go of connections

    async def opinion(self, matter: Matter) -> Opinion:
        """Ask in both orders; only what is answered the same way both times is a verdict."""
        ledger = Ledger()
        meter = Meter(self.asker, PLENTY, ledger, self.prices)
        trouble, found = "", []
        try:
            found = [await self._findings(meter, matter, backwards=backwards) for backwards in (False, True)]
        except ModelError as error:
            trouble = error.reason
        there, back = found if len(found) == 2 else ({}, {})
        return Opinion(
            model=self.asker.model,
            prompt=self.instruction.reference,
            verdicts={name: _agreed(each.verdict, back[name].verdict) for name, each in there.items()},
            reasons={name: each.reason[:300] for name, each in there.items()},
            trouble=trouble,
            tokens=ledger.tokens,
            cost=sum(call.cost for call in ledger.calls),
            milliseconds=sum(call.milliseconds for call in ledger.calls),
        )

    async def _findings(self, meter: Meter, matter: Matter, *, backwards: bool) -> dict[Criterion, Finding]:
        """One asking; what cannot be used, or does not come, is asked for once more."""
        question = self._question(matter, backwards=backwards)
        try:
            return _read((await meter.ask(question, seconds=self.seconds)).text, matter.criteria)
        except MalformedError as error:
            question = question.again(error.said, error.detail or error.reason)
        except UnavailableError:
            pass
        return _read((await meter.ask(question, seconds=self.seconds)).text, matter.criteria)

    def _question(self, matter: Matter, *, backwards: bool) -> Question:
        fence, turn = Fence(), -1 if backwards else 1
        passages = [passage[:EACH] for passage in matter.passages[:FOUND]][::turn]
        spoken = "\n".join(f"{who}: {words}" for who, words in matter.dialogue)
        parts = {
            "choices": "no or yes" if backwards else "yes or no",
            "questions": "\n".join(f"- `{name}`: {QUESTIONS[name]}" for name in matter.criteria[::turn]),
            "dialogue": fence.around(spoken, limit=SPOKEN),
            "passages": fence.around("\n---\n".join(passages), limit=FOUND * EACH) if passages else "(nothing)",
        }
        system, user = self.instruction.filled(**parts)
        return Question(
            purpose="judge",
            prompt=self.instruction.reference,
            system=system,
            user=user,
            shape=Findings,
            most_tokens=MOST_TOKENS,
            identity=identity_of(self.instruction.reference, Findings, spoken=spoken, backwards=backwards),
        )


def judge_of(settings: Settings) -> Judge:
    """The judge that settings name: RECADO_JUDGE__…, and for what is empty there the language model's.

    Raises:
        JudgeError: when there is no model to ask.
    """
    own, llm = settings.judge, settings.llm
    base_url, key = (own.base_url, own.api_key) if own.base_url else (llm.base_url, own.api_key)
    if not own.base_url and not key.get_secret_value():
        key = llm.api_key  # the one's key never goes to the other
    model = own.model or llm.model
    if not base_url or not model:
        raise JudgeError("A judge needs RECADO_JUDGE__BASE_URL and RECADO_JUDGE__MODEL, or the language model's.")
    endpoint = endpoint_of("RECADO_JUDGE__", base_url, model, key, llm)
    if endpoint is None:
        raise JudgeError("There is no judge.")
    model_there = chat_model(endpoint)
    return Judge(model_there, llm.prices, own.timeout.total_seconds(), close=model_there.close)


def matter_of(row: Row) -> Matter | None:
    """A played conversation as it is judged; None for what is none, or was not answered."""
    if row.layer != "conversation" or row.verdict == "error" or not any(each.replies for each in row.exchanges):
        return None
    dialogue: list[tuple[str, str]] = []
    for exchange in row.exchanges:
        if exchange.who != "time":
            dialogue.append(("agent" if exchange.who == "agent" else "employee", exchange.did))
        dialogue += [("assistant", reply) for reply in exchange.replies]
    answered = any(outcome == "answered" for _, outcome in row.outcome.get("answers", ()))
    passages = tuple(row.outcome.get("passages", {}).values()) if answered else ()
    criteria: tuple[Criterion, ...] = ("helpful", "supported", "kind", "language")
    return Matter(tuple(dialogue), passages, criteria if passages else Matter(()).criteria)


def _read(text: str, criteria: Sequence[Criterion]) -> dict[Criterion, Finding]:
    """Every criterion once, each yes or no; raises MalformedError."""
    found = parsed(Findings, text).findings
    names = [finding.criterion for finding in found]
    if sorted(names) != sorted(criteria):
        raise MalformedError("incomplete", f"answer exactly {', '.join(criteria)}, each once", said=text)
    if any(finding.verdict.strip().casefold() not in ("yes", "no") for finding in found):
        raise MalformedError("malformed", "a verdict is yes or no", said=text)
    by_name = {finding.criterion: finding for finding in found}
    return {name: by_name[name] for name in criteria}


def _agreed(one: str, other: str) -> bool | None:
    first, second = (verdict.strip().casefold() == "yes" for verdict in (one, other))
    return first if first is second else None
