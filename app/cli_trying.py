"""How `recado kb search` shows what an employee would read, and why."""

from dataclasses import asdict
from textwrap import shorten
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Column, Table

from app.knowledge.trying import Trial
from graph.messages import Buttons, Link, Menu, Reply
from retrieval.explaining import Shown, WordRead

EXCERPT = 80  # letters of a passage


def show_trial(console: Console, trial: Trial, seconds: float) -> None:
    """The reply first, for it is what counts; then the reasons, and what they are made of."""
    found = trial.explanation.retrieval
    groups = ", ".join(trial.groups) or "no group"
    console.print(f"[b]{escape(trial.question)}[/]  [dim]{trial.language}, {escape(groups)}[/]", highlight=False)
    for reply in trial.replies:
        console.print(Panel(escape(spelled(reply)), title=trial.engine or None, title_align="left", width=72))
    console.print(f"[b]{found.band}[/] at {found.probability:.2f}", highlight=False)
    for sentence in trial.why:
        console.print(f"• {escape(sentence)}", highlight=False)
    if trial.explanation.shown:
        console.print(_passages(trial.explanation.shown))
        console.print(_evidence(trial))
    if trial.explanation.read:
        console.print("Read as: " + escape(" · ".join(map(_word, trial.explanation.read))), highlight=False)
    console.print(f"[dim]{seconds * 1000:.1f} ms   {escape(trial.state)}[/]", highlight=False)


def spelled(reply: Reply) -> str:
    """A reply as plain words, its buttons or rows below."""
    if isinstance(reply, Buttons | Menu):
        rows = [f"{c.title} — {c.description}" if c.description else c.title for c in reply.choices]
        return "\n".join([reply.body, "", *(f"[ {row} ]" for row in rows)])
    return f"{reply.body}\n{reply.url}" if isinstance(reply, Link) else reply.body


def _passages(shown: tuple[Shown, ...]) -> Table:
    numbers = ("Score", "Words", "Title", "Letters", "Close", "Vector")
    table = Table(*(Column(name, justify="right") for name in numbers), "Passage", box=None, pad_edge=False)
    for item in shown:
        parts, passage = item.parts, item.passage
        where = f"{passage.title} > {passage.heading}" if passage.heading else passage.title
        vector = "" if parts.vector is None else f"{parts.vector:.2f}"
        shares = (passage.score, parts.words, parts.title, parts.letters, parts.closeness)
        start = shorten(passage.text, EXCERPT, placeholder="…")
        told = f"{escape(where)} [dim]{escape(passage.article_id)}, {passage.language}\n{escape(start)}[/]"
        table.add_row(*(f"{share:.2f}" for share in shares), vector, told)
    return table


def _evidence(trial: Trial) -> str:
    pieces = [f"{piece.name} {piece.value:.2f} ({piece.adds:+.1f})" for piece in trial.explanation.weighed[1:]]
    base = trial.explanation.weighed[0].adds
    shipped, here = trial.explanation.as_shipped, trial.explanation.retrieval.probability
    return (
        f"[dim]Evidence: {base:+.1f}, {', '.join(pieces)} → {shipped:.2f} in any knowledge base, {here:.2f} in this[/]"
    )


def _word(word: WordRead) -> str:
    if word.courtesy:
        return f"({word.said})"
    read = f"{word.said} → {word.meant}" if word.meant else word.said
    read += f" = {' / '.join(word.translations)}" if word.translations else ""
    return read if word.covered else f"{read} ✗" if word.known else f"{read} ✗✗"


def as_data(trial: Trial) -> dict[str, Any]:
    """The same for machines."""
    found = trial.explanation
    return {
        "question": trial.question,
        "language": trial.language,
        "groups": list(trial.groups),
        "band": found.retrieval.band,
        "probability": found.retrieval.probability,
        "probability_as_shipped": found.as_shipped,
        "thresholds": asdict(trial.thresholds),
        "revision": found.retrieval.revision,
        "state": trial.state,
        "engine": trial.engine,
        "replies": [reply.model_dump(mode="json") for reply in trial.replies],
        "why": list(trial.why),
        "passages": [s.passage.model_dump(mode="json") | {"parts": asdict(s.parts)} for s in found.shown],
        "closed": [asdict(closed) for closed in found.closed],
        "read": [asdict(word) for word in found.read],
        "evidence": [asdict(piece) for piece in found.weighed],
    }
