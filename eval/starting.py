"""Starts a run as a person asked for it: what is wanted becomes a plan, the price is told first, progress is shown."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import inf
from pathlib import Path
from typing import Any, TypeVar, get_args

import typer
from rich.console import Console
from rich.progress import Progress

from app.rehearsal import Stage
from app.settings import Settings
from eval import runs
from eval.checking import check
from eval.company import Company
from eval.judge import Judge, judge_of
from eval.metrics import metrics
from eval.opinion import Validation
from eval.options import Engine, OptionError, prompts_named, with_changes, with_engine
from eval.pricing import earlier_run, estimate, estimate_judging
from eval.record import Row, RunFacts
from eval.running import Plan
from eval.running import run as run_plan
from eval.showing import as_json, show_run, show_validation
from eval.suite import SUITES, read_suites
from eval.validating import LABELLED, keep, read_labelled, validate

Worked = TypeVar("Worked")


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for on the command line."""

    paths: tuple[Path, ...] = ()
    only: tuple[str, ...] = ()
    engine: str = "offline"
    recording: Path | None = None
    changes: tuple[str, ...] = ()  # group.field=value
    prompts: tuple[str, ...] = ()  # name=file
    company: Path | None = None
    repeats: int = 1
    seed: int = 0
    at_once: int = 4
    longest: timedelta = timedelta(seconds=60)
    budget: float | None = None
    judged: bool = False  # by a model too


@dataclass(frozen=True, slots=True)
class Done:
    """A run as it stands now, finished or stopped at its budget."""

    folder: Path
    facts: RunFacts
    rows: list[Row]
    wanted: int

    @property
    def whole(self) -> bool:
        """Whether every case was run."""
        return sum(row.verdict != "error" for row in self.rows) == self.wanted

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        told = {name: as_json(metric.interval) for name, metric in metrics(self.rows).items()}
        return {"folder": str(self.folder), "run": self.facts.model_dump(mode="json"), "metrics": told} | {
            verdict: [row.case for row in self.rows if row.verdict == verdict] for verdict in ("failed", "error")
        }


def start(wish: Wish, out: Path, name: str, *, agreed: bool) -> Done:
    """Run it; `agreed`: nobody is asked before a model is paid."""
    folder = runs.new_folder(out, name)
    plan = planned(wish, out, folder)
    facts, rows = runs.go_on(plan, folder) if (folder / runs.FACTS).exists() else (None, [])
    if wish.engine == "llm" or plan.judge is not None:
        _tell_price(plan, rows, out, agreed=agreed)
    return asyncio.run(_closing(plan.judge, _run(plan, folder, facts or runs.begin(plan, folder), rows)))


def planned(wish: Wish, out: Path, folder: Path) -> Plan:
    """The plan of a wish; raises OptionError or SuiteError for what cannot be run."""
    if wish.engine not in get_args(Engine):
        raise OptionError(f"--engine {wish.engine}: it is one of {', '.join(get_args(Engine))}.")
    engine: Engine = wish.engine  # type: ignore[assignment]
    prompts = prompts_named(wish.prompts)
    if prompts and engine == "offline":
        raise OptionError("--prompt is of no effect on the embedded engine: add --engine llm.")
    suites = read_suites(wish.paths or (SUITES,))
    if wish.only:
        suites = tuple(suite.only(wish.only) for suite in suites)
    company = Company(wish.company) if wish.company else Company()
    check(suites, company)
    asked = with_changes(Settings(), wish.changes)
    judge = judge_of(asked) if wish.judged else None
    settings = with_engine(asked, engine, folder, wish.recording)
    paid = [settings.llm.model] * (engine == "llm") + ([judge.asker.model] if judge else [])
    if wish.budget is not None and (unpriced := [model for model in paid if model not in asked.llm.prices]):
        raise OptionError(f"--budget needs the price of {unpriced[0]} in RECADO_LLM__PRICES.")
    return Plan(
        suites,
        settings,
        company,
        out.parent,
        seed=wish.seed,
        repeats=wish.repeats,
        at_once=wish.at_once,
        longest=wish.longest,
        prompts=prompts,
        budget=inf if wish.budget is None else wish.budget,
        judge=judge,
    )


def _tell_price(plan: Plan, rows: list[Row], out: Path, *, agreed: bool) -> None:
    known = earlier_run(out, plan.settings.llm.model) if plan.thinks else None
    told = estimate(plan, [row.key for row in rows], runs.read_run(known) if known else None)
    typer.echo(f"{' and '.join(plan.paid)}: {told}", err=True)
    if not agreed:
        typer.confirm("Run it?", abort=True, err=True)


async def _closing(judge: Judge | None, work: Coroutine[Any, Any, Worked]) -> Worked:
    """Do it, then let go of the judge's connections."""
    try:
        return await work
    finally:
        if judge is not None:
            await judge.close()


async def _run(plan: Plan, folder: Path, facts: RunFacts, before: list[Row]) -> Done:
    rows, index = list(before), {"index": facts.index, "embedder": facts.embedder}
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("cases", total=len(plan.tasks), completed=len(before))

        def finished(row: Row) -> None:
            runs.add_row(folder, row)
            rows.append(row)
            bar.advance(task)

        def opened(stage: Stage) -> None:
            if not index["index"] or stage.house.data_dir.name == "company":  # others have a case's articles too
                index.update(zip(index, stage.index, strict=True))
            runs.write_facts(folder, facts.model_copy(update=index))

        await run_plan(plan, before, finished, opened)
    facts = facts.model_copy(update={"ended_at": datetime.now(UTC)} | index)
    runs.write_facts(folder, facts)
    show_run(rows)
    console = Console()
    if len(rows) < len(plan.tasks):
        left = f"{len(plan.tasks) - len(rows)} cases are left: the budget is spent. --name {folder.name} goes on."
        console.print(left, markup=False, highlight=False)
    console.print(f"Kept in {folder}", markup=False, highlight=False)
    return Done(folder, facts, rows, len(plan.tasks))


def try_judge(labelled: tuple[Path, ...], out: Path, budget: float | None, *, agreed: bool) -> Validation:
    """Put answers that people have labelled to the judge, tell how far it says the same, keep that for its runs."""
    judge = judge_of(Settings())
    if budget is not None and judge.asker.model not in judge.prices:
        raise OptionError(f"--budget needs the price of {judge.asker.model} in RECADO_LLM__PRICES.")
    answers, sha = read_labelled(labelled or (LABELLED,))
    typer.echo(f"{judge.asker.model}: {estimate_judging(len(answers), judge)}", err=True)
    if not agreed:
        typer.confirm("Ask it?", abort=True, err=True)
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("answers", total=len(answers))
        asking = validate(
            judge, answers, sha, budget=inf if budget is None else budget, progress=lambda: bar.advance(task)
        )
        found, opinions = asyncio.run(_closing(judge, asking))
    show_validation(found, answers, opinions)
    file = keep(out.parent / runs.JUDGES, found)
    Console().print(f"Kept in {file}; reports of runs with this judge show it.", markup=False, highlight=False)
    return found
