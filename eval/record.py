"""What is written down of a run: one row a case, and what it was run with. A versioned contract."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from eval.opinion import JudgeFacts, Opinion
from eval.suite import Layer
from tools.service_desk import Frozen

VERSION = 1  # of these shapes; a reader refuses others

Verdict = Literal["passed", "failed", "error"]  # error: the machinery failed, not the agent


class Score(Frozen):
    """What one scorer found. `value` in [0, 1]; `passed` where there is a yes or no; `details` for people."""

    scorer: str
    value: float | None = None
    passed: bool | None = None
    details: tuple[str, ...] = ()
    facts: dict[str, Any] = Field(default_factory=dict)  # numbers that metrics are made of


class Exchange(Frozen):
    """One turn of a conversation as it is shown: what was done, what came back, and what was thought."""

    did: str
    who: str = "employee"  # employee, agent, time, or another person's name
    principal: str = ""  # the employee whom who wrote had proven to be
    replies: tuple[str, ...] = ()
    intents: tuple[str, ...] = ()
    effects: tuple[dict[str, Any], ...] = ()
    reads: tuple[str, ...] = ()
    searches: tuple[dict[str, Any], ...] = ()  # query, band, probability, articles
    engine: str = ""
    language: str = ""
    milliseconds: float = 0.0
    calls: tuple[dict[str, Any], ...] = ()  # of a model: purpose, tokens, cost


class Row(Frozen):
    """One case, run once."""

    case: str
    suite: str
    layer: Layer
    tags: tuple[str, ...] = ()
    cluster: str = ""  # what it hangs together with, when its id does not say
    repeat: int = 0
    seed: int = 0
    verdict: Verdict = "passed"
    trouble: str = ""  # of an error: what kept the case from being run
    scores: tuple[Score, ...] = ()
    outcome: dict[str, Any] = Field(default_factory=dict)  # what came of it: layer's own
    exchanges: tuple[Exchange, ...] = ()
    milliseconds: float = 0.0
    cost: float = 0.0  # of model calls, in the currency of the prices
    tokens: int = 0
    opinion: Opinion | None = None  # of a model that was asked what it thinks; no part of the verdict

    @property
    def spent(self) -> float:
        """What it cost, the judge's part too."""
        return self.cost + (self.opinion.cost if self.opinion else 0.0)

    @property
    def key(self) -> tuple[str, int]:
        """What tells it from the other rows of a run."""
        return self.case, self.repeat

    def score(self, scorer: str) -> Score | None:
        """What this scorer found, if it was asked."""
        return next((score for score in self.scores if score.scorer == scorer), None)


class RunFacts(Frozen):
    """What a run was made with: enough to make it again."""

    version: int = VERSION
    id: str
    started_at: datetime
    ended_at: datetime | None = None
    revision: str = ""  # of the source, `+changes` when the tree was not clean
    engine: str = "offline"
    model: str = ""
    settings: dict[str, str] = Field(default_factory=dict)  # those that differ from the defaults, without secrets
    prompts: dict[str, str] = Field(default_factory=dict)  # name -> version+sha
    texts: dict[str, str] = Field(default_factory=dict)  # replies, the same
    index: str = ""  # fingerprint of the articles, the embedder and the chunker
    embedder: str = ""
    suites: dict[str, str] = Field(default_factory=dict)  # name -> sha256 of its file
    cases: int = 0
    repeats: int = 1
    seed: int = 0
    python: str = ""
    judge: JudgeFacts | None = None

    @property
    def judge_name(self) -> str:
        """Who judged, by which questions; "" for nobody."""
        return f"{self.judge.model}, {self.judge.prompt}" if self.judge else ""
