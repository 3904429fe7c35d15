"""`recado eval`: measurements of what ships."""

import json
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, TaskID
from rich.table import Table

from eval.judged import JudgedSetError, read_judged_set
from eval.retrieval import Interval, Report, evaluate
from retrieval.embedder import ModelUnusableError, load_embedder
from retrieval.revision import IndexUnusableError

eval_app = typer.Typer(
    name="eval", no_args_is_help=True, add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False
)
File = typer.Option(exists=True, dir_okay=False)


@eval_app.callback()
def describe() -> None:
    """Measure Recado on your own questions."""


@eval_app.command()
def retrieval(
    corpus: Annotated[Path, File],
    queries: Annotated[Path, File],
    qrels: Annotated[Path, File],
    *,
    body_field: Annotated[str, typer.Option(help="The document's text.")] = "body",
    without_titles: Annotated[
        bool, typer.Option("--without-titles", help="Hide titles from both systems: for questions made of titles.")
    ] = False,
    words_only: Annotated[bool, typer.Option("--words-only", help="Without the embedding model.")] = False,
    keep: Annotated[
        Path | None, typer.Option(file_okay=False, help="Keep index and vectors here; the next run is quicker.")
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
) -> None:
    """How well questions find their articles, beside plain BM25 on the same ones.

    Documents {id, lang, title, body} and questions {qid, lang, text} as JSON lines; judgements as `qid 0 docid grade`.
    """
    try:
        judged = read_judged_set(corpus, queries, qrels, body_field=body_field, titles=not without_titles)
        with nullcontext(keep) if keep else tempfile.TemporaryDirectory() as folder:
            directory = Path(folder)
            directory.mkdir(parents=True, exist_ok=True)
            embedder = None if words_only else load_embedder(directory)
            with Progress(console=Console(stderr=True), transient=True) as bar:
                report = evaluate(judged, directory, embedder, _Bars(bar).show)
    except (JudgedSetError, ModelUnusableError, IndexUnusableError, OSError) as error:
        Console(stderr=True).print(str(error), style="red", markup=False)
        sys.exit(2)
    Console().print(_table(report))
    if json_file is not None:
        json_file.write_text(json.dumps(report.as_json(), indent=2) + "\n", encoding="utf-8")


class _Bars:
    """One progress bar for each part of the work."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._tasks: dict[str, TaskID] = {}

    def show(self, part: str, done: int, total: int) -> None:
        """Move the bar of this part."""
        if part not in self._tasks:
            self._tasks[part] = self._bar.add_task(part)
        self._bar.update(self._tasks[part], completed=done, total=total)


def _table(report: Report) -> Table:
    caption = f"{report.documents:,} documents, {report.queries:,} questions; nDCG@10 gained: {_told(report.gain)}"
    table = Table(title="Retrieval", caption=caption)
    table.add_column("")
    for run in report.runs:
        table.add_column(run.name, justify="right")
    for measure in report.runs[0].measures:
        table.add_row(measure, *(_told(run.measures[measure]) for run in report.runs))
    table.add_row("ms a question, p50 / p95", *(f"{run.p50_ms:.1f} / {run.p95_ms:.1f}" for run in report.runs))
    return table


def _told(value: Interval) -> str:
    """Mean and 95 % interval."""
    mean, low, high = value
    return f"{mean:.3f} [{low:.3f}, {high:.3f}]"
