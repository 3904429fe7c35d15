"""A synchronisation under way, as its pages and their event stream tell it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.console.wording import Words
from app.knowledge.runs import Run, latest

STEPS = ("waiting", "reading", "writing", "indexing")  # the order a run takes; each source is read and written in turn
NOTHING: Mapping[str, Any] = {"id": 0, "active": False, "step": "", "words": "", "share": None, "outcome": ""}


def standing(session: Session) -> Run | None:
    """The newest run, which may be under way."""
    found = latest(session, 1)
    return found[0] if found else None


def progress_of(run: Run | None, words: Words) -> Mapping[str, Any]:
    """What a page needs of it; plain values, for JSON."""
    if run is None:
        return NOTHING
    active = run.ended_at is None
    return {
        "id": run.id,
        "active": active,
        "step": _step(run),
        "words": _sentence(run, words) if active else "",
        "share": round(100 * run.done / run.total) if active and run.total else None,
        "outcome": run.outcome,
    }


def _step(run: Run) -> str:
    """Building the index has stages of its own, all one step for who waits; without sources there is nothing else."""
    if run.stage == "ended":
        return ""
    return run.stage if run.stage == "waiting" or (run.stage in STEPS and run.sources) else "indexing"


def _sentence(run: Run, words: Words) -> str:
    stage = _step(run) if run.stage in STEPS else run.stage
    name = f"runs.now.{stage}"
    said = words(name if name in words else "runs.now.indexing", source=run.source)
    if not run.total:
        return said
    return words("runs.of", said=said, done=run.done, total=run.total)
