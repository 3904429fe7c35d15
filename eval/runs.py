"""Runs on disk: `run.json` says what it was made with, `rows.jsonl` has a line for each case that is finished."""

import json
import platform
import secrets
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import SecretStr, ValidationError

from app.errors import RecadoError
from app.settings import Settings
from eval.record import VERSION, Row, RunFacts
from eval.running import Plan
from prompts import instructions, texts

FACTS, ROWS = "run.json", "rows.jsonl"


class RunError(RecadoError):
    """A run cannot be read or continued; the sentence says why."""


def begin(plan: Plan, folder: Path) -> RunFacts:
    """Write down what a run is made with; its rows follow."""
    facts = RunFacts(
        id=folder.name,
        started_at=datetime.now(UTC),
        revision=source_revision(),
        engine=_engine(plan.settings),
        model=plan.settings.llm.model,
        settings=changed_settings(plan.settings),
        prompts={name: found.version for name, found in instructions.load().items()},
        texts=dict(texts.versions()),
        suites={suite.name: sha256(suite.file.read_bytes()).hexdigest() for suite in plan.suites},
        cases=sum(len(suite.cases) for suite in plan.suites),
        repeats=plan.repeats,
        seed=plan.seed,
        python=platform.python_version(),
    )
    folder.mkdir(parents=True, exist_ok=True)
    write_facts(folder, facts)
    return facts


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
    told: dict[str, str] = {}
    fresh = Settings.model_construct()
    for name in ("llm", "embeddings", "knowledge", "identity", "turns", "company"):
        group, plain = getattr(settings, name), getattr(fresh, name)
        for field, value in group:
            if value != getattr(plain, field) and not isinstance(value, SecretStr | Path):
                told[f"{name}.{field}"] = _shown(value)
    return told


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)


def _engine(settings: Settings) -> str:
    if settings.llm.replay:
        return "replay"
    return "llm" if settings.llm.model else "offline"
