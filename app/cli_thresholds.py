"""How `recado kb thresholds` shows what a pair of thresholds costs."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from app.knowledge.thresholds import Effect
from retrieval.calibration import Rate, Rates

FEW_QUESTIONS = "This knowledge base has too few articles to be rehearsed: what to expect is unknown."


def show_effects(console: Console, effects: Sequence[Effect], *, changed: bool) -> None:
    """One column for what is in force and one for what was asked for."""
    names = ("Now",) if len(effects) == 1 else ("Before", "Now") if changed else ("Now", "Would be")
    table = Table("Of 100 questions", *names, box=None, pad_edge=False)
    table.add_row("", *(f"answer {e.thresholds.answer:.2f}, offer {e.thresholds.offer:.2f}" for e in effects))
    if not effects[0].answering.found.questions:
        console.print(table)
        console.print(FEW_QUESTIONS)
        return
    for words, of in _ROWS:
        table.add_row(words, *(_told(of(effect)) for effect in effects if of))
    console.print(table)
    first = effects[0].answering
    console.print(
        f"Expected from {first.found.questions} questions made of this knowledge base's own titles and headings, asked "
        f"with and without their article, and {first.foreign.questions} foreign ones; in brackets 95 % intervals.",
        highlight=False,
    )


_ROWS: tuple[tuple[str, Callable[[Effect], Rate] | None], ...] = (
    ("[b]The article is there[/]", None),
    ("  answered", lambda effect: effect.answering.found),
    ("  … from another article", lambda effect: effect.answering.wrong),
    ("  missed: not answered", lambda effect: effect.answering.missed),
    ("  missed: not even offered", lambda effect: effect.offering.missed),
    ("[b]There is no article[/]", None),
    ("  answered all the same", lambda effect: effect.answering.removed),
    ("  titles offered, or more", lambda effect: effect.offering.removed),
    ("[b]A question of another world[/]", None),
    ("  answered all the same", lambda effect: effect.answering.foreign),
    ("  titles offered, or more", lambda effect: effect.offering.foreign),
)


def _told(rate: Rate) -> str:
    return f"{rate.share * 100:.0f} ({rate.low * 100:.0f}-{rate.high * 100:.0f})"


def thresholds_report(effects: Sequence[Effect], *, changed: bool) -> dict[str, Any]:
    """The same for machines, with the whole curve."""
    told = [
        {"thresholds": asdict(e.thresholds), "answering": _data(e.answering), "offering": _data(e.offering)}
        for e in effects
    ]
    return {"changed": changed, "before": told[0], "wanted": told[-1], "curve": [_data(r) for r in effects[0].curve]}


def _data(rates: Rates) -> dict[str, Any]:
    told = {name: getattr(rates, name)._asdict() for name in ("found", "wrong", "missed", "removed", "foreign")}
    return {"threshold": rates.threshold, **told}
