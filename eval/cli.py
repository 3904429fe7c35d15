"""`recado eval`: suites run on what ships, and measurements of it. Light to import, for `recado serve` is behind it."""

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID
    from rich.table import Table

    from eval.retrieval import Interval, Report
    from graph.language.offline.likeness import Embed

eval_app = typer.Typer(
    name="eval", no_args_is_help=True, add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False
)
File = typer.Option(exists=True, dir_okay=False)
Run = Annotated[Path, typer.Argument(file_okay=False, help="The folder of a run.")]
Json = Annotated[Path | None, typer.Option("--json", help="Write the report to this file as JSON.")]


@eval_app.callback()
def describe() -> None:
    """Measure Recado on your own questions."""


@eval_app.command()
def run(
    paths: Annotated[list[Path] | None, typer.Argument(help="Suite files or folders; default: all that ship.")] = None,
    only: Annotated[list[str] | None, typer.Option(help="Cases with this tag, or whose id begins so.")] = None,
    *,
    engine: Annotated[str, typer.Option(help="offline, llm (RECADO_LLM__…) or replay (--recording).")] = "offline",
    recording: Annotated[Path | None, typer.Option(exists=True, help="A run made with llm, or its recording.")] = None,
    changes: Annotated[list[str] | None, typer.Option("--set", help="group.field=value, any setting.")] = None,
    prompts: Annotated[
        list[str] | None, typer.Option("--prompt", help="name=file: another text for a prompt of the model.")
    ] = None,
    repeat: Annotated[int, typer.Option(min=1, help="Run each case this often: pass^1 … pass^k.")] = 1,
    seed: Annotated[int, typer.Option(help="Chooses among the wordings that a case offers.")] = 0,
    at_once: Annotated[int, typer.Option("--at-once", min=1, help="Cases that run at the same time.")] = 4,
    longest: Annotated[float, typer.Option(min=1, help="Seconds a case may take.")] = 60,
    budget: Annotated[float | None, typer.Option(min=0, help="Stop when the model has cost this much.")] = None,
    judged: Annotated[
        bool, typer.Option("--judge", help="Ask a model (RECADO_JUDGE__…) what it thinks of conversations, beside it.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before a model is paid.")] = False,
    out: Annotated[
        Path | None, typer.Option(file_okay=False, help="Where runs are kept; default: where the staff pages look.")
    ] = None,
    name: Annotated[str, typer.Option(help="The run's name; a run of that name is continued.")] = "",
    company: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="Whose people, catalogue and articles; default: the demo's."),
    ] = None,
    json_file: Json = None,
) -> None:
    """Run suites on the shipped agent and keep what came of every case. Exit 2 when not all of them could be run."""
    from datetime import timedelta  # noqa: PLC0415 -- as below

    from app.settings import Settings  # noqa: PLC0415 -- as above
    from eval.starting import Wish, start  # noqa: PLC0415 -- only this command needs it

    wish = Wish(
        paths=tuple(paths or ()),
        only=tuple(only or ()),
        engine=engine,
        recording=recording,
        changes=tuple(changes or ()),
        prompts=tuple(prompts or ()),
        company=company,
        repeats=repeat,
        seed=seed,
        at_once=at_once,
        longest=timedelta(seconds=longest),
        budget=budget,
        judged=judged,
    )
    done = start(wish, out or Settings().runs_dir, name, agreed=yes)
    _keep(json_file, done.as_json())
    raise typer.Exit(0 if done.whole else 2)


@eval_app.command()
def judge(
    labelled: Annotated[
        list[Path] | None,
        typer.Option(exists=True, help="JSON lines that people have labelled; default: those shipped."),
    ] = None,
    *,
    budget: Annotated[float | None, typer.Option(min=0, help="Stop when it has cost this much.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before the model is paid.")] = False,
    out: Annotated[
        Path, typer.Option(file_okay=False, help="Where runs are kept; the judge's figures go beside.")
    ] = Path("var/eval/runs"),
    json_file: Json = None,
) -> None:
    """How far a model (RECADO_JUDGE__…) judges as people do. Exit 2 when it gave no opinion on some answers."""
    from eval.starting import try_judge  # noqa: PLC0415 -- only this command needs it

    found = try_judge(tuple(labelled or ()), out, budget, agreed=yes)
    _keep(json_file, found.model_dump(mode="json"))
    raise typer.Exit(2 if found.errors else 0)


@eval_app.command()
def replay(
    conversations: Annotated[list[str], typer.Argument(help="Ids of conversations, or numbers of contacts.")],
    *,
    out: Annotated[Path, typer.Option(file_okay=False, help="Where cases.yaml and company/ go.")] = Path(
        "var/eval/replayed"
    ),
) -> None:
    """Make cases of stored conversations, personal data replaced; recado eval run plays them."""
    from sqlalchemy.orm import Session  # noqa: PLC0415 -- as all of these: only this command needs them

    from app.db.engine import engine_to_look  # noqa: PLC0415
    from app.settings import Settings  # noqa: PLC0415
    from eval.replaying import write_cases  # noqa: PLC0415

    settings = Settings()
    engine = engine_to_look(settings.database_url)
    try:
        with Session(engine) as session:
            file = write_cases(session, conversations, out, settings.company)
    finally:
        engine.dispose()
    typer.echo(f"{file}: read it, then recado eval run {file} --company {out / 'company'}")


@eval_app.command()
def compare(before: Run, after: Run, *, json_file: Json = None) -> None:
    """What got better and what got worse between two runs, over the cases both have."""
    from eval import runs  # noqa: PLC0415 -- as all of these: only this command needs them
    from eval.comparing import difference  # noqa: PLC0415
    from eval.showing import as_json, show_difference  # noqa: PLC0415

    told = difference(runs.read_run(before)[1], runs.read_run(after)[1])
    show_difference(told)
    _keep(json_file, as_json(told))
    _keep(after / f"against-{before.name}.json", as_json(told.metrics))  # for the staff pages


@eval_app.command()
def gate(
    run_folder: Run,
    *,
    baseline: Annotated[Path | None, typer.Option(file_okay=False, help="A run to compare with.")] = None,
    gates: Annotated[Path | None, typer.Option(dir_okay=False, help="Default: those that ship.")] = None,
    json_file: Json = None,
) -> None:
    """Exit 1 when a gate is broken, 2 when one could not be judged."""
    from eval import runs  # noqa: PLC0415 -- as all of these: only this command needs them
    from eval.gates import SHIPPED, exit_code, judge, read_gates  # noqa: PLC0415
    from eval.showing import as_json, show_gates  # noqa: PLC0415

    rows = runs.read_run(run_folder)[1]
    judged = judge(read_gates(gates or SHIPPED), rows, runs.read_run(baseline)[1] if baseline else None)
    show_gates(judged)
    _keep(json_file, as_json(judged))
    _keep(run_folder / "gates.json", as_json(judged))  # for the staff pages
    raise typer.Exit(exit_code(judged))


def _keep(file: Path | None, told: Any) -> None:
    if file is not None:
        file.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", "utf-8")


@eval_app.command()
def report(
    run_folder: Run,
    *,
    against: Annotated[Path | None, typer.Option(file_okay=False, help="Another run, to show what changed.")] = None,
    out: Annotated[Path | None, typer.Option(file_okay=False, help="Where it goes; default: into the run.")] = None,
) -> None:
    """Write report.html, report.md and junit.xml of a run."""
    from eval import runs  # noqa: PLC0415 -- as all of these: only this command needs them
    from eval.junit import write_junit  # noqa: PLC0415
    from eval.markdown import write_markdown  # noqa: PLC0415
    from eval.page import write_page  # noqa: PLC0415
    from eval.report import gather  # noqa: PLC0415

    gathered = gather(runs.with_validation(run_folder), runs.read_run(against) if against else None)
    folder = out or run_folder
    folder.mkdir(parents=True, exist_ok=True)
    write_page(gathered, folder / "report.html")
    write_markdown(gathered, folder / "report.md")
    write_junit(gathered, folder / "junit.xml")
    typer.echo(folder / "report.html")


@eval_app.command()
def schema(
    layer: Annotated[str, typer.Argument(help="retrieval, understanding, conversation or safety")],
) -> None:
    """The JSON schema of a suite file, for editors."""
    from eval.suite import MODELS, SuiteError  # noqa: PLC0415
    from eval.suite import schema as schema_of  # noqa: PLC0415

    for known in MODELS:
        if known == layer:
            sys.stdout.write(schema_of(known))
            return
    raise SuiteError(f"{layer} is no layer: {', '.join(MODELS)}.")


@eval_app.command()
def retrieval(
    corpus: Annotated[Path, typer.Option(exists=True, help="Documents, or a folder of articles.")],
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
    from rich.console import Console  # noqa: PLC0415 -- as all of these: only this command needs them
    from rich.progress import Progress  # noqa: PLC0415

    from eval.judged import JudgedSetError, read_judged_set  # noqa: PLC0415
    from eval.retrieval import evaluate  # noqa: PLC0415
    from retrieval.embedder import ModelUnusableError, load_embedder  # noqa: PLC0415
    from retrieval.revision import IndexUnusableError  # noqa: PLC0415

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


@eval_app.command()
def applies(
    corpus: Annotated[Path, File],
    queries: Annotated[Path, File],
    qrels: Annotated[Path, File],
    foreign: Annotated[list[Path], typer.Option(exists=True, dir_okay=False, help="Questions of other worlds.")],
    *,
    body_field: Annotated[str, typer.Option(help="The document's text.")] = "body",
    without_titles: Annotated[bool, typer.Option("--without-titles", help="For questions made of titles.")] = False,
    words_only: Annotated[bool, typer.Option("--words-only", help="Without the embedding model.")] = False,
    json_file: Json = None,
) -> None:
    """How well "does an article apply?" is judged: as shipped, as learned at index time, and as was expected then."""
    from dataclasses import asdict  # noqa: PLC0415 -- as all of these: only this command needs them

    from rich.console import Console  # noqa: PLC0415

    from eval.applying import as_table, judge  # noqa: PLC0415
    from eval.judged import JudgedSetError, read_judged_set, read_questions  # noqa: PLC0415
    from retrieval.embedder import ModelUnusableError, load_embedder  # noqa: PLC0415

    try:
        judged = read_judged_set(corpus, queries, qrels, body_field=body_field, titles=not without_titles)
        strangers = [question for file in foreign for question in read_questions(file)]
        with tempfile.TemporaryDirectory() as folder:
            embedder = None if words_only else load_embedder(Path(folder))
            verdict = judge(judged, strangers, Path(folder), embedder)
    except (JudgedSetError, ModelUnusableError, OSError) as error:
        Console(stderr=True).print(str(error), style="red", markup=False)
        sys.exit(2)
    Console().print(as_table(verdict))
    _keep(json_file, asdict(verdict))


@eval_app.command()
def understanding(
    train: Annotated[Path | None, typer.Option("--train", "--data", help="Labelled texts to learn from.")] = None,
    test: Annotated[Path | None, typer.Option(help="Labelled texts to judge; without it --train is cut.")] = None,
    catalogue: Annotated[
        Path | None, typer.Option(help="A company's catalogue.yaml: labels are its categories' ids.")
    ] = None,
    *,
    none_label: Annotated[list[str] | None, typer.Option(help="A label that means none applies; default: oos.")] = None,
    folds: Annotated[int, typer.Option(min=2, help="Parts that --train is cut into.")] = 5,
    seed: Annotated[int, typer.Option(help="How it is cut.")] = 0,
    threshold: Annotated[
        float | None, typer.Option(min=0.0, max=1.0, help='Score below which "none applies"; default: the product\'s.')
    ] = None,
    words_only: Annotated[bool, typer.Option("--words-only", help="Without the embedding model.")] = False,
    keep: Annotated[
        Path | None, typer.Option(file_okay=False, help="Keep vectors here; the next run is quicker.")
    ] = None,
    json_file: Json = None,
) -> None:
    """How well texts find their category with the shipped classifier, and how well it says that none applies.

    JSON lines {"text": "…", "label": "…"}; the label oos = none applies.
    """
    from eval.classification import Bench, measure, measure_folds  # noqa: PLC0415 -- only this command needs them
    from eval.classification_table import show  # noqa: PLC0415
    from eval.labelled import NONE, LabelledSetError, read_catalogue, read_labelled  # noqa: PLC0415
    from graph.matters import CLEAR  # noqa: PLC0415

    if train is None and (test is None or catalogue is None):
        raise LabelledSetError("Give --train, or --catalogue and --test.")
    none = none_label or [NONE]
    rows = read_labelled(train, none) if train else []
    asked = read_labelled(test, none) if test else []
    categories = read_catalogue(catalogue) if catalogue else ()
    with _vectors(keep, words_only=words_only) as (embed, anew), _bars() as bars:
        bench = Bench(categories, embed, anew, CLEAR if threshold is None else threshold, bars.show)
        report = measure(bench, rows, asked) if asked else measure_folds(bench, rows, folds, seed)
    show(report)
    _keep(json_file, report.as_json())


@contextmanager
def _vectors(keep: Path | None, *, words_only: bool) -> Iterator[tuple["Embed | None", "Embed | None"]]:
    """The embedding model that ships, remembering what it read, and as it is."""
    from eval.labelled import LabelledSetError  # noqa: PLC0415 -- as above
    from retrieval.embedder import ModelUnusableError, load_embedder  # noqa: PLC0415
    from retrieval.vector_cache import kept_in  # noqa: PLC0415

    with nullcontext(keep) if keep else tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        try:
            directory.mkdir(parents=True, exist_ok=True)
            embedder = None if words_only else load_embedder(directory)
        except (ModelUnusableError, OSError) as error:
            raise LabelledSetError(str(error)) from None
        if embedder is None:
            yield None, None
        else:
            yield kept_in(directory / "texts.db", embedder), embedder.embed


@contextmanager
def _bars() -> Iterator["_Bars"]:
    from rich.console import Console  # noqa: PLC0415 -- as above
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as bar:
        yield _Bars(bar)


class _Bars:
    """One progress bar for each part of the work."""

    def __init__(self, bar: "Progress") -> None:
        self._bar = bar
        self._tasks: dict[str, TaskID] = {}

    def show(self, part: str, done: int, total: int) -> None:
        """Move the bar of this part."""
        if part not in self._tasks:
            self._tasks[part] = self._bar.add_task(part)
        self._bar.update(self._tasks[part], completed=done, total=total)


def _table(report: "Report") -> "Table":
    from rich.table import Table  # noqa: PLC0415

    caption = f"{report.documents:,} documents, {report.queries:,} questions; nDCG@10 gained: {_told(report.gain)}"
    table = Table(title="Retrieval", caption=caption)
    table.add_column("")
    for run in report.runs:
        table.add_column(run.name, justify="right")
    for measure in report.runs[0].measures:
        table.add_row(measure, *(_told(run.measures[measure]) for run in report.runs))
    table.add_row("ms a question, p50 / p95", *(f"{run.p50_ms:.1f} / {run.p95_ms:.1f}" for run in report.runs))
    return table


def _told(value: "Interval") -> str:
    """Mean and 95 % interval."""
    mean, low, high = value
    return f"{mean:.3f} [{low:.3f}, {high:.3f}]"
