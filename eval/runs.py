"""Runs on disk: `run.json` says what it was made with, `rows.jsonl` has a line for each case that is finished."""

import json
import platform
import secrets
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr, ValidationError

from app.errors import RecadoError
from app.settings import Settings
from eval.opinion import JudgeFacts
from eval.record import VERSION, Row, RunFacts
from eval.running import Plan
from eval.validating import kept
from prompts import instructions, texts

FACTS, ROWS = "run.json", "rows.jsonl"
JUDGES = "judge"  # the folder of validations beside the one of runs
SAME = ("revision", "engine", "model", "settings", "prompts", "texts", "seed", "judge_name")  # in every part of one run
ELSEWHERE = frozenset(
    {"database", "whatsapp", "mail", "console", "traces", "worker", "judge"}
)  # no part of what is measured


class RunError(RecadoError):
    """A run cannot be read or continued; the sentence says why."""


def begin(plan: Plan, folder: Path) -> RunFacts:
    """Write down what a run is made with; its rows follow."""
    facts = made_with(plan, folder.name)
    folder.mkdir(parents=True, exist_ok=True)
    write_facts(folder, facts)
    return facts


def made_with(plan: Plan, name: str) -> RunFacts:
    """What a run of this plan is made with, as of now."""
    with instructions.instead(plan.prompts):
        prompts = {name: found.version for name, found in instructions.load().items()}
    return RunFacts(
        id=name,
        started_at=datetime.now(UTC),
        revision=source_revision(),
        engine=_engine(plan.settings),
        model=plan.settings.llm.model,
        settings=changed_settings(plan.settings),
        prompts=prompts,
        texts=dict(texts.versions()),
        suites={suite.name: suite.sha for suite in plan.suites},
        cases=sum(len(suite.cases) for suite in plan.suites),
        repeats=plan.repeats,
        seed=plan.seed,
        python=platform.python_version(),
        judge=_judge(plan),
    )


def go_on(plan: Plan, folder: Path) -> tuple[RunFacts, list[Row]]:
    """A run that was begun, to be continued by the same plan; raises RunError when anything else would measure it."""
    facts, rows = read_run(folder)
    now = made_with(plan, folder.name)
    for name in SAME:
        if (old := getattr(facts, name)) != (new := getattr(now, name)):
            raise RunError(
                f"{folder} was begun with another {name} ({_shown(old)}, now {_shown(new)}): give a new --name."
            )
    changed = [name for name, sha in now.suites.items() if facts.suites.get(name, sha) != sha]
    if changed:
        raise RunError(f"{folder} was begun with other cases in {', '.join(changed)}: give a new --name.")
    wanted = {"suites": facts.suites | now.suites, "cases": now.cases, "repeats": now.repeats, "ended_at": None}
    kept = [row for row in rows if row.verdict != "error"]  # what could not be run is tried again
    (folder / ROWS).write_text("".join(row.model_dump_json() + "\n" for row in kept), "utf-8")
    return facts.model_copy(update=wanted), kept


def write_facts(folder: Path, facts: RunFacts) -> None:
    """Write `run.json`."""
    (folder / FACTS).write_text(facts.model_dump_json(indent=2) + "\n", "utf-8")


def add_row(folder: Path, row: Row) -> None:
    """Add a finished case; a run that is stopped keeps it."""
    with (folder / ROWS).open("a", encoding="utf-8") as file:
        file.write(row.model_dump_json() + "\n")


def read_run(folder: Path) -> tuple[RunFacts, list[Row]]:
    """A run as it was written, rows in the order of their cases; a last line cut short by a stop is left out."""
    try:
        raw = json.loads((folder / FACTS).read_text("utf-8"))
        if raw.get("version") != VERSION:
            raise RunError(f"{folder} is of version {raw.get('version')}; this Recado reads version {VERSION}.")
        facts = RunFacts.model_validate(raw)
        lines = (folder / ROWS).read_text("utf-8").splitlines() if (folder / ROWS).exists() else []
        rows = list(_rows(lines))
    except (OSError, ValueError) as error:
        raise RunError(f"{folder} is no run, or a damaged one ({type(error).__name__}).") from None
    return facts, sorted(rows, key=lambda row: (row.suite, row.case, row.repeat))


def with_validation(folder: Path) -> tuple[RunFacts, list[Row]]:
    """A run; a judge that was held against people's labels only later has that beside it now."""
    facts, rows = read_run(folder)
    if facts.judge is not None and facts.judge.validation is None:
        found = kept(folder.resolve().parent.parent / JUDGES, facts.judge.model, facts.judge.prompt)
        facts = facts.model_copy(update={"judge": facts.judge.model_copy(update={"validation": found})})
    return facts, rows


def _rows(lines: list[str]) -> Iterable[Row]:
    for number, line in enumerate(lines, start=1):
        try:
            yield Row.model_validate_json(line)
        except ValidationError:
            if number < len(lines):
                raise


def new_folder(root: Path, name: str = "") -> Path:
    """Where a new run goes."""
    return root / (name or f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(2)}")


def source_revision() -> str:
    """The commit of the source, `+changes` when the tree is not clean; "" without Git."""
    here = Path(__file__).parents[1]
    try:
        head = _git(here, "rev-parse", "--short=12", "HEAD")
        return head + ("+changes" if _git(here, "status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.SubprocessError):
        return ""


def _git(here: Path, *words: str) -> str:
    command = ["git", "-C", str(here), *words]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()  # noqa: S603 -- our own words


def changed_settings(settings: Settings) -> dict[str, str]:
    """What differs from the defaults and says nothing secret or of this machine, by dotted name."""
    told = _differing(settings, Settings.model_construct(), "")
    return {name: value for name, value in told.items() if name.partition(".")[0] not in ELSEWHERE}


def _differing(settings: BaseModel, plain: BaseModel, prefix: str) -> dict[str, str]:
    told: dict[str, str] = {}
    for name, value in settings:
        usual = getattr(plain, name)
        if isinstance(value, BaseModel):
            told |= _differing(value, usual, f"{prefix}{name}.")
        elif prefix and value != usual and not isinstance(value, SecretStr | Path):
            told[f"{prefix}{name}"] = _shown(value)
    return told


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)


def _judge(plan: Plan) -> JudgeFacts | None:
    if plan.judge is None:
        return None
    model, prompt = plan.judge.asker.model, plan.judge.instruction.reference
    return JudgeFacts(
        model=model,
        provider=plan.judge.asker.provider,
        prompt=prompt,
        itself=model == plan.settings.llm.model,
        validation=kept(plan.folder / JUDGES, model, prompt),
    )


def _engine(settings: Settings) -> str:
    if settings.llm.replay:
        return "replay"
    return "llm" if settings.llm.model else "offline"
