"""Runs suites on the shipped agent: concurrently, each case in a world of its own, resumable, errors told apart."""

import asyncio
import logging
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from math import inf
from pathlib import Path
from time import perf_counter
from typing import Any

from app.rehearsal import Stage, open_stage
from app.settings import Settings
from eval.cases.conversation import ConversationCase, GivenArticle
from eval.cases.retrieval import RetrievalCase
from eval.cases.understanding import UnderstandingCase
from eval.company import Company
from eval.hearing import hear
from eval.judge import Judge, matter_of
from eval.playing import Play, play
from eval.record import Exchange, Row, Score
from eval.reference import target_of
from eval.scorers import calls, citations, language, length, retrieval, safety, says, state, tone, understanding
from eval.suite import Case, Suite
from graph.language.ledger import Ledger
from prompts.instructions import instead
from retrieval.passage import Article
from retrieval.revision import FOLDER

log = logging.getLogger(__name__)

BASIS = (state.score, calls.score, says.score)  # what a case may rest its verdict on
MANNERS = (citations.score, language.score, length.score, tone.score)  # told beside it
UNREACHED = frozenset(  # outcomes of a model's call that say nothing about the agent
    {
        "too_slow", "unreachable", "broken", "throttled", "key_refused", "quota_used_up", "redirects", "bad_request",
        "not_an_answer", "not_recorded",
    }
)  # fmt: skip
Progress = Callable[[Row], None]
Opened = Callable[[Stage], None]
Task = tuple[Suite, Case, int]  # and which repeat of it


@dataclass(frozen=True, slots=True)
class Plan:
    """What is run, where and how. `folder` holds stages and, while they run, the worlds of cases."""

    suites: tuple[Suite, ...]
    settings: Settings
    company: Company
    folder: Path
    seed: int = 0
    repeats: int = 1
    at_once: int = 4
    longest: timedelta = timedelta(seconds=60)  # of one case
    prompts: Mapping[str, Path] = field(default_factory=dict)  # tried in place of those that ship
    budget: float = inf  # no case is begun once model calls have cost this much, in the currency of the prices
    judge: Judge | None = None  # asked what it thinks of each conversation, beside every score

    @property
    def thinks(self) -> bool:
        """Whether a model is paid for thinking."""
        return bool(self.settings.llm.model) and self.settings.llm.replay is None

    @property
    def paid(self) -> list[str]:
        """The models that are paid, for thinking and for judging."""
        judging = [f"{self.judge.asker.model} (judge)"] if self.judge else []
        return [self.settings.llm.model] * self.thinks + judging

    @property
    def tasks(self) -> list[Task]:
        """Every case as often as it is to be run."""
        return [(suite, case, n) for n in range(self.repeats) for suite in self.suites for case in suite.cases]


async def run(plan: Plan, done: Iterable[Row], progress: Progress, opened: Opened = lambda _: None) -> list[Row]:
    """Run what is not `done`; `progress` hears each row as it is finished. Returns the new rows.

    A run that has spent its budget returns with cases left, to be continued.
    """
    before = list(done)
    finished, purse = {row.key for row in before}, _Purse(plan.budget, sum(row.spent for row in before))
    rows: list[Row] = []
    groups: dict[str, list[Task]] = {}
    for task in plan.tasks:
        if (task[1].id, task[2]) not in finished:
            groups.setdefault(_articles_key(task[0], task[1]), []).append(task)
    with instead(plan.prompts):
        for group in groups.values():
            if purse.empty:
                break
            async with _stage(plan, group[0][0], group[0][1]) as stage:
                opened(stage)
                rows += await _run_group(plan, stage, group, progress, purse)
    return rows


@dataclass(slots=True)
class _Purse:
    """What a run may spend."""

    budget: float
    spent: float

    @property
    def empty(self) -> bool:
        return self.spent >= self.budget

    def take(self, cost: float) -> None:
        self.spent += cost


async def _run_group(plan: Plan, stage: Stage, group: Sequence[Task], progress: Progress, purse: _Purse) -> list[Row]:
    slots, rows = asyncio.Semaphore(plan.at_once), []

    async def one(suite: Suite, case: Case, repeat: int) -> None:
        async with slots:
            if purse.empty:
                return
            row = await _with_opinion(plan.judge, await run_case(plan, stage, suite, case, repeat))
        purse.take(row.spent)
        rows.append(row)
        progress(row)

    async with asyncio.TaskGroup() as together:
        for suite, case, repeat in group:
            together.create_task(one(suite, case, repeat))
    return rows


async def _with_opinion(judge: Judge | None, row: Row) -> Row:
    matter = matter_of(row) if judge is not None else None
    if judge is None or matter is None:
        return row
    return row.model_copy(update={"opinion": await judge.opinion(matter)})


async def run_case(plan: Plan, stage: Stage, suite: Suite, case: Case, repeat: int) -> Row:
    """One case, scored; whatever breaks is an error of this row, not of the run."""
    started, seed = perf_counter(), plan.seed + repeat
    row = Row(case=case.id, suite=suite.name, layer=suite.layer, tags=case.tags, repeat=repeat, seed=seed)
    if isinstance(case, RetrievalCase):
        row = row.model_copy(update={"cluster": case.cluster})
    try:
        async with asyncio.timeout(plan.longest.total_seconds()):
            row = _told_apart(stage, await _scored(plan, stage, case, row))
    except TimeoutError:
        seconds = plan.longest.total_seconds()
        row = row.model_copy(update={"verdict": "error", "trouble": f"not finished within {seconds:.0f} s"})
    except Exception as error:
        log.exception("case %s could not be run", case.id)
        row = row.model_copy(update={"verdict": "error", "trouble": f"{type(error).__name__}: {error}"[:500]})
    return row.model_copy(update={"milliseconds": round((perf_counter() - started) * 1000, 1)})


def _told_apart(stage: Stage, row: Row) -> Row:
    """A model that did not answer is no failure of the agent: then the embedded engine spoke in its place."""
    calls = [call for exchange in row.exchanges for call in exchange.calls] or row.outcome.get("calls", [])
    unreached = next((call["outcome"] for call in calls if call["outcome"] in UNREACHED), "") or stage.model_trouble
    if not unreached:
        return row
    return row.model_copy(update={"verdict": "error", "trouble": f"the model did not answer: {unreached}"})


async def _scored(plan: Plan, stage: Stage, case: Case, row: Row) -> Row:
    match case:
        case RetrievalCase():
            found = await stage.faculties.knowledge.search(case.question, case.language, groups=case.groups, limit=11)
            ranked = list(dict.fromkeys(passage.article_id for passage in found.passages))
            outcome: dict[str, Any] = {"articles": ranked, "band": found.band, "probability": found.probability}
            return _judged(row, retrieval.scores(case, found), outcome)
        case UnderstandingCase():
            ledger = Ledger()
            engine = stage.faculties.engines.for_turn(ledger, spent_today=0, waited=timedelta(0))
            heard = await hear(case, stage, plan.company, engine)
            outcome = {"understood": heard.understood.model_dump(mode="json"), "filled": heard.values}
            outcome["calls"] = [call.model_dump(mode="json") for call in ledger.calls]
            judged = _judged(row, understanding.scores(case, heard), outcome)
            cost = sum(call.cost for call in ledger.calls)
            return judged.model_copy(update={"cost": cost, "tokens": ledger.tokens})
        case ConversationCase():
            with tempfile.TemporaryDirectory(dir=plan.folder, prefix="world-", ignore_cleanup_errors=True) as folder:
                played = await play(case, stage, plan.company, Path(folder) / "played", seed=row.seed)
                if case.reference_actions is not None:
                    target = await target_of(case, stage, plan.company, Path(folder) / "target")
                    played = replace(played, target=target)
            return _of_play(case, played, row)


def _of_play(case: ConversationCase, played: Play, row: Row) -> Row:
    scores = [score(case, played) for score in BASIS]
    judged = [score for score in scores if score.scorer in case.reward_basis]
    others = [score for score in scores if score.scorer not in case.reward_basis]
    others += [score(case, played) for score in MANNERS]
    aside = tuple(score.model_copy(update={"passed": None}) for score in others)
    to_the_end = Score(
        scorer="played", passed=not played.trouble, value=float(not played.trouble),
        details=(played.trouble,) if played.trouble else (),
    )  # fmt: skip
    outcome = played.state | {"passages": played.passages}
    row = _judged(row, (to_the_end, *judged, safety.score(case, played), *aside), outcome)
    return row.model_copy(update={"exchanges": played.exchanges} | _spent(played.exchanges))


def _spent(exchanges: Sequence[Exchange]) -> dict[str, float | int]:
    calls_made = [call for exchange in exchanges for call in exchange.calls]
    tokens = sum(int(call.get("tokens_in", 0)) + int(call.get("tokens_out", 0)) for call in calls_made)
    return {"cost": sum(float(call.get("cost", 0)) for call in calls_made), "tokens": tokens}


def _judged(row: Row, scores: Sequence[Score], outcome: dict[str, Any]) -> Row:
    failed = any(score.passed is False for score in scores)
    return row.model_copy(
        update={"scores": tuple(scores), "outcome": outcome, "verdict": "failed" if failed else "passed"}
    )


@asynccontextmanager
async def _stage(plan: Plan, suite: Suite, case: Case) -> AsyncIterator[Stage]:
    """The company with a case's own articles, or a set's documents; vectors of one stage are lent to the next."""
    folder = plan.folder / "stages" / _articles_key(suite, case)
    await asyncio.to_thread(_lend_vectors, plan.folder / "stages", folder)
    async with AsyncExitStack() as stack:
        settings = plan.settings.model_copy(update={"data_dir": folder, "company": plan.company.settings})
        company = plan.company.folder
        if suite.corpus:
            plan.folder.mkdir(parents=True, exist_ok=True)
            company = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=plan.folder, prefix="company-")))
            await asyncio.to_thread(_without_articles, plan.company.folder, company)
        yield await stack.enter_async_context(open_stage(settings, company, more=suite.corpus or _articles(case)))


def _without_articles(company: Path, copy: Path) -> None:
    """A company that has only the documents of a set."""
    for file in company.iterdir():
        if file.is_file():
            shutil.copy(file, copy)
    (copy / "articles").mkdir()


def _lend_vectors(stages: Path, folder: Path) -> None:
    file = folder / FOLDER / "vectors.db"
    if file.exists():
        return
    known = max(stages.glob(f"*/{FOLDER}/vectors.db"), key=lambda path: path.stat().st_size, default=None)
    if known is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(known, file)


def _given(case: Case) -> tuple[GivenArticle, ...]:
    return case.given.articles if isinstance(case, ConversationCase) else ()


def _articles(case: Case) -> list[Article]:
    return [
        Article(
            id=given.id, language=given.language, title=given.title, body=given.body, audience=given.audience,
            keywords=given.keywords,
        )
        for given in _given(case)
    ]  # fmt: skip


def _articles_key(suite: Suite, case: Case) -> str:
    """A folder's name for the company's own articles and those of a case beside them, or for a set's documents."""
    if suite.corpus:
        return f"set-{suite.sha[:12]}"
    given = _given(case)
    told = "".join(article.model_dump_json() for article in given)
    return f"more-{sha256(told.encode()).hexdigest()[:12]}" if given else "company"
