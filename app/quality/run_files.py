"""Reads runs of `recado eval run`: a folder each, with `run.json` and `rows.jsonl` (docs/evaluation.md, version 1).

A reader of its own, since the evaluation stands above the app and is not imported here. What is damaged or of another
version is told, not guessed; a line cut short by a stop is left out.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.errors import RecadoError
from app.reports.numbers import Share

VERSION = 1
MOST_RUNS = 200
MOST_BYTES = 200_000_000  # of rows of one run
FACTS, ROWS, GATES, REPORT = "run.json", "rows.jsonl", "gates.json", "report.html"


class RunUnreadableError(RecadoError):
    """A run is not there, is damaged, or is of another version; the word says which: missing, damaged, version."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a case's conversation."""

    did: str
    who: str
    replies: tuple[str, ...]
    intents: tuple[str, ...]
    searches: tuple[str, ...]  # what was searched for and with what band
    effects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """One case, run once. `reasons` say why it did not pass."""

    id: str
    suite: str
    layer: str
    repeat: int
    verdict: str  # passed, failed, error
    reasons: tuple[str, ...]
    turns: tuple[Turn, ...]
    outcome: str  # what came of it, as JSON for people
    cost: float


@dataclass(frozen=True, slots=True)
class Part:
    """A layer or a suite: how many passed, how many could not be run."""

    name: str
    passed: Share
    errors: int


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate and what became of it; `sentence` is what the gate said, in English."""

    metric: str
    result: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Run:
    """What a run was made with and what came of it, without its cases."""

    name: str
    started_at: datetime | None
    ended_at: datetime | None
    revision: str
    engine: str
    model: str
    settings: dict[str, str]
    wanted: int  # cases times repeats
    whole: Part
    layers: tuple[Part, ...]
    suites: tuple[Part, ...]
    cost: float
    gates: tuple[Gate, ...]
    has_report: bool

    @property
    def is_whole(self) -> bool:
        """Every case was run."""
        return self.ended_at is not None and self.whole.errors == 0 and self.whole.passed.of >= self.wanted

    @property
    def gate(self) -> str:
        """The worst of its gates: broken, not judged, held; "" when none was asked."""
        results = {gate.result for gate in self.gates}
        return next((result for result in ("broken", "not judged", "held") if result in results), "")


def run_names(root: Path) -> list[str]:
    """Folders that hold a run, the newest first by name, which begins with their date unless somebody chose another."""
    try:
        found = [(_changed(path / FACTS), path.name) for path in root.iterdir() if (path / FACTS).is_file()]
    except OSError:
        return []
    return [name for _, name in sorted(found, reverse=True)[:MOST_RUNS]]


def read_run(root: Path, name: str) -> Run:
    """One run; raises RunUnreadableError."""
    folder = _folder(root, name)
    return _summed(folder, _stamp(folder))


def read_cases(root: Path, name: str) -> tuple[Case, ...]:
    """All cases of a run, in the order of suites and ids; raises RunUnreadableError."""
    folder = _folder(root, name)
    return _cases(folder, _stamp(folder))


def report_of(root: Path, name: str) -> bytes:
    """The page that `recado eval report` wrote; raises RunUnreadableError."""
    try:
        return (_folder(root, name) / REPORT).read_bytes()
    except OSError:
        raise RunUnreadableError("missing") from None


def _folder(root: Path, name: str) -> Path:
    if name not in run_names(root):  # a name of the list, never a path
        raise RunUnreadableError("missing")
    return root / name


def _stamp(folder: Path) -> tuple[float, ...]:
    """Changes whenever a file of the run does."""
    return tuple(_changed(folder / file) for file in (FACTS, ROWS, GATES, REPORT))


def _changed(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0


@lru_cache(maxsize=MOST_RUNS)
def _summed(folder: Path, stamp: tuple[float, ...]) -> Run:
    facts, cases = _facts(folder), _cases(folder, stamp)
    return Run(
        name=folder.name,
        started_at=_moment(facts.get("started_at")),
        ended_at=_moment(facts.get("ended_at")),
        revision=_text(facts.get("revision")),
        engine=_text(facts.get("engine")),
        model=_text(facts.get("model")),
        settings={_text(name): _text(value) for name, value in _table(facts.get("settings")).items()},
        wanted=_number(facts.get("cases")) * max(_number(facts.get("repeats")), 1),
        whole=_part("", cases),
        layers=_parts(cases, "layer"),
        suites=_parts(cases, "suite"),
        cost=sum(case.cost for case in cases),
        gates=tuple(_gates(folder)),
        has_report=bool(stamp[3]),
    )


def _facts(folder: Path) -> dict[str, Any]:
    try:
        facts = json.loads((folder / FACTS).read_text("utf-8"))
    except (OSError, ValueError):
        raise RunUnreadableError("damaged") from None
    if not isinstance(facts, dict):
        raise RunUnreadableError("damaged")
    if facts.get("version") != VERSION:
        raise RunUnreadableError("version")
    return facts


@lru_cache(maxsize=4)
def _cases(folder: Path, stamp: tuple[float, ...]) -> tuple[Case, ...]:
    file = folder / ROWS
    if not stamp[1]:
        return ()
    try:
        if file.stat().st_size > MOST_BYTES:
            raise RunUnreadableError("damaged")
        lines = file.read_text("utf-8", errors="replace").splitlines()
    except OSError:
        raise RunUnreadableError("damaged") from None
    return tuple(sorted(_read(lines), key=lambda case: (case.suite, case.id, case.repeat)))


def _read(lines: list[str]) -> Iterator[Case]:
    for line in lines:
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict) and row.get("case"):
            yield _case(row)


def _case(row: dict[str, Any]) -> Case:
    verdict = _text(row.get("verdict"))
    scores = [score for score in _list(row.get("scores")) if isinstance(score, dict)]
    failed = [score for score in scores if score.get("passed") is False]
    told = [(_text(score.get("scorer")), _text(detail)) for score in failed for detail in _list(score.get("details"))]
    outcome = row.get("outcome") or {}
    return Case(
        id=_text(row["case"]),
        suite=_text(row.get("suite")),
        layer=_text(row.get("layer")),
        repeat=_number(row.get("repeat")),
        verdict=verdict if verdict in {"passed", "failed", "error"} else "error",
        reasons=(_text(row.get("trouble")),) if verdict == "error" else tuple(f"{who}: {why}" for who, why in told),
        turns=tuple(_turn(turn) for turn in _list(row.get("exchanges")) if isinstance(turn, dict)),
        outcome=json.dumps(outcome, ensure_ascii=False, indent=2)[:20_000] if outcome else "",
        cost=float(row["cost"]) if isinstance(row.get("cost"), int | float) else 0.0,
    )


def _turn(turn: dict[str, Any]) -> Turn:
    searches = [search for search in _list(turn.get("searches")) if isinstance(search, dict)]
    effects = [effect for effect in _list(turn.get("effects")) if isinstance(effect, dict)]
    return Turn(
        did=_text(turn.get("did")),
        who=_text(turn.get("who")),
        replies=tuple(map(_text, _list(turn.get("replies")))),
        intents=tuple(map(_text, _list(turn.get("intents")))),
        searches=tuple(f"{_text(one.get('query'))} → {_text(one.get('band'))}" for one in searches),
        effects=tuple(_text(one.get("kind")) for one in effects),
    )


def _parts(cases: tuple[Case, ...], field: str) -> tuple[Part, ...]:
    names = sorted({getattr(case, field) for case in cases})
    return tuple(_part(name, tuple(case for case in cases if getattr(case, field) == name)) for name in names)


def _part(name: str, cases: tuple[Case, ...]) -> Part:
    counts = Counter(case.verdict for case in cases)
    return Part(name, Share(counts["passed"], counts["passed"] + counts["failed"]), counts["error"])


def _gates(folder: Path) -> Iterator[Gate]:
    try:
        told = json.loads((folder / GATES).read_text("utf-8"))
    except (OSError, ValueError):
        return
    for one in _list(told):
        if isinstance(one, dict):
            yield Gate(_text(one.get("metric")), _text(one.get("result")), _text(one.get("sentence")))


def _moment(value: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(_text(value))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _table(value: Any) -> dict[Any, Any]:
    return value if isinstance(value, dict) else {}
