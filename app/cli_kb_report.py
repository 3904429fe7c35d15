"""How `recado kb sync` shows what it is doing and what it did."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

if TYPE_CHECKING:  # brings numpy and onnxruntime, which `recado serve` must not wait for
    from app.knowledge.carrying import RunReport
    from app.knowledge.sync import SyncReport

Tell = Callable[[str, int, int], None]  # stage, done, total; 0 = not known yet
STAGES = {
    "reading": "Reading articles", "words": "Indexing words, by language", "vectors": "Embedding chunks",
    "calibrating": "Calibrating", "verifying": "Verifying", "publishing": "Publishing", "swapping": "Swapping",
    "erasing": "Erasing what was deleted",
}  # fmt: skip
NAMED = 8  # keys that are named of each kind
KEYS = (("added", "green"), ("changed", "yellow"), ("removed", "magenta"))
PAIRS = (("renamed", "cyan"), ("moved", "cyan"))

console = Console()
trouble = Console(stderr=True)


@contextmanager
def progress_bar() -> Iterator[Tell]:
    """A bar on standard error, gone when the work is done."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=trouble, transient=True) as bar:
        yield _Bars(bar)


class _Bars:
    """A bar for each stage, as they come."""

    def __init__(self, bar: Progress) -> None:
        self._bar, self._stage, self._task = bar, "", bar.add_task("Reading sources", total=None)

    def __call__(self, stage: str, done: int, total: int) -> None:
        """A stage of a run, or of a build of the index."""
        told = STAGES.get(stage.removeprefix("index_"), stage.capitalize())
        if self._stage not in {"", told}:
            self._task = self._bar.add_task(told)
        self._stage = told
        self._bar.update(self._task, description=told, completed=done, total=total or None)


def show_sync(report: "SyncReport") -> None:
    """What became of a folder."""
    console.print(_table(report))
    console.print(f"Revision {report.revision}, {report.embedded} chunks embedded, {report.seconds:.1f} s.")
    _say_without_model(report.model)


def show_run(report: "RunReport") -> None:
    """What became of each source, and of the index."""
    for told in report.sources:
        console.print(f"[bold]{told.source}[/]: {told.outcome}{f' at {told.revision}' if told.revision else ''}")
        if told.message:
            console.print(f"[red]{escape(told.message)}[/]")
        else:
            console.print(_table(told))
    if report.index is None:
        console.print("Nothing was changed.")
        return
    index = report.index
    console.print(f"Revision {index.revision}, {index.embedded} chunks embedded, {report.seconds:.1f} s.")
    _say_without_model(index.model)


def _say_without_model(model: str) -> None:
    if not model:
        console.print("[yellow]No embedding model installed: searching by words only.[/]")


def _table(report: Any) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    table.add_column("Articles", justify="right")
    table.add_column("Which", overflow="fold")
    for name, colour in KEYS:
        keys = getattr(report, name)
        table.add_row(f"[{colour}]{name}[/]", str(len(keys)), _named(keys))
    for name, colour in PAIRS:
        if pairs := getattr(report, name):
            table.add_row(f"[{colour}]{name}[/]", str(len(pairs)), _named(f"{old} → {new}" for old, new in pairs))
    table.add_row("unchanged", str(len(report.unchanged)), "")
    if report.duplicates:
        told = _named(f"{ref} = {key}" for ref, key in report.duplicates)
        table.add_row("[yellow]duplicates[/]", str(len(report.duplicates)), told)
    table.add_row("[red]failed[/]" if report.failed else "failed", str(len(report.failed)), "")
    for file, reason in report.failed:
        table.add_row("", "", f"[red]{escape(file)}[/]: {escape(reason)}")
    return table


def _named(keys: Iterable[str]) -> str:
    every = list(keys)
    more = len(every) - NAMED
    return escape(", ".join(every[:NAMED])) + (f" and {more} more" if more > 0 else "")
