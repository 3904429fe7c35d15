"""`recado kb`: synchronise sources, try a question, choose thresholds, verify the index, go back to the previous."""

import asyncio
import json
import time
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.markup import escape

from app import cli_store
from app.cli_gaps import gap_app, list_articles, list_gaps
from app.cli_kb_report import progress_bar, show_run, show_sync
from app.cli_kb_source import source_app
from app.container import open_house
from app.errors import DataDirectoryBusyError, RecadoError
from app.knowledge.catalogue import all_sources
from app.knowledge.errors import SyncError
from app.settings import Settings
from retrieval.applies import Thresholds
from retrieval.passage import Language
from retrieval.revision import FOLDER, IndexUnusableError, pointed, read_manifest

if TYPE_CHECKING:  # brings numpy and onnxruntime, which `recado serve` must not wait for
    from app.knowledge.carrying import RunReport
    from app.knowledge.sync import SyncReport
    from app.knowledge.thresholds import Effect
    from app.knowledge.trying import Trial

T = TypeVar("T")
kb_app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
kb_app.add_typer(source_app, name="source", help="Where articles come from: add, list, show, change, remove.")
console = Console()
trouble = Console(stderr=True)
kb_app.add_typer(gap_app, name="gap", help="One gap: show it, draft and publish the article that closes it.")
kb_app.command("gaps")(list_gaps)
kb_app.command("articles")(list_articles)
Json = Annotated[Path | None, typer.Option("--json", help="Write the report to this file as JSON.")]


@kb_app.command()
def sync(
    what: Annotated[
        list[str] | None, typer.Argument(metavar="[FOLDER | SOURCE...]", help="A folder of articles, or sources.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Every source that is enabled.")] = False,
    json_file: Json = None,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Read everything and build the index again although nothing changed.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Even when more than half of a source's articles are gone.")
    ] = False,
) -> None:
    """Make the knowledge base equal to a folder or to its sources: only what changed is read by the model again."""
    settings = Settings()
    names = _run(_sources_meant(settings, what or [], every=every))
    if names is None:
        report = _run(_sync_folder(settings, Path((what or [""])[0]), rebuild=rebuild, force=force))
        show_sync(report)
        _write(json_file, asdict(report))
        troubled = bool(report.failed)
    else:
        told = _run(_sync_sources(settings, names, rebuild=rebuild, force=force))
        show_run(told)
        _write(json_file, told.told())
        troubled = told.outcome != "done"
    if troubled:
        raise typer.Exit(1)


@kb_app.command()
def search(
    question: Annotated[str, typer.Argument(help="What an employee would write.")],
    *,
    language: Annotated[Language | None, typer.Option(help="Of the question; identified if not given.")] = None,
    group: Annotated[list[str] | None, typer.Option(help="A group of the employee; repeat for more.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=50, help="Passages at most.")] = 5,
    with_model: Annotated[bool, typer.Option("--model", help="Let the configured language model answer.")] = False,
    json_file: Json = None,
) -> None:
    """Try a question as an employee: what they would read, the passages behind it, and every reason for it."""
    from app.cli_trying import as_data, show_trial  # noqa: PLC0415 -- only this command shows one

    trial, seconds = _run(_try(Settings(), question, language, tuple(group or ()), limit, with_model=with_model))
    show_trial(console, trial, seconds)
    _write(json_file, as_data(trial) | {"milliseconds": round(seconds * 1000, 1)})


@kb_app.command()
def thresholds(
    *,
    answer: Annotated[float | None, typer.Option(min=0, max=1, help="Answer from this probability.")] = None,
    offer: Annotated[float | None, typer.Option(min=0, max=1, help="Offer titles from this probability.")] = None,
    reset: Annotated[bool, typer.Option("--reset", help="Let the settings decide again.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the effect and change nothing.")] = False,
    json_file: Json = None,
) -> None:
    """Show when articles are answered from and what that costs in wrong and missed answers; or choose otherwise."""
    from app.cli_thresholds import show_effects, thresholds_report  # noqa: PLC0415 -- only this command shows them

    effects = _run(_thresholds(Settings(), answer, offer, reset=reset, dry_run=dry_run))
    changed = len(effects) > 1 and not dry_run
    show_effects(console, effects, changed=changed)
    _write(json_file, thresholds_report(effects, changed=changed))


@kb_app.command()
def verify(json_file: Json = None) -> None:
    """Check that the database, Chroma and the lexical indexes, here and in the store, hold the same; exit 1 if not."""
    findings = _run(_verify(Settings()))
    for finding in findings:
        console.print(f"[red]✗[/] {escape(finding)}")
    if not findings:
        console.print("[green]✓[/] Database, vectors and lexical indexes hold the same articles.")
    _write(json_file, {"consistent": not findings, "findings": findings})
    if findings:
        raise typer.Exit(1)


@kb_app.command()
def delete(
    key: Annotated[str, typer.Argument(metavar="ID@LANGUAGE", help="The article, such as vpn-home@pt-BR.")],
    json_file: Json = None,
) -> None:
    """Take an article out of the database and of every index, the one kept for going back too: no byte of it stays."""
    gone = _run(_delete(Settings(), key))
    _write(json_file, {"deleted": gone})
    if not gone:
        trouble.print(f"[red]There is no article {escape(key)}.[/]")
        raise typer.Exit(1)
    console.print(f"{escape(key)} is gone. Delete it in its source too, or the next `recado kb sync` brings it back.")


@kb_app.command()
def rollback(json_file: Json = None) -> None:
    """Search the previous revision of the index again; articles deleted or restricted since stay hidden."""
    revision = _run(_rollback(Settings()))
    console.print(f"Searching revision {revision} from now on. The next `recado kb sync` builds a new one.")
    _write(json_file, {"revision": revision})


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's work; its errors become a sentence and exit code 2."""
    try:
        return asyncio.run(work)
    except (RecadoError, IndexUnusableError) as error:
        trouble.print(f"[red]{escape(str(error))}[/]")
        raise typer.Exit(2) from None


def _write(file: Path | None, report: dict[str, Any]) -> None:
    if file:
        try:
            file.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", "utf-8")
        except OSError as error:
            trouble.print(f"[red]{escape(str(file))} cannot be written: {error.strerror}[/]")
            raise typer.Exit(2) from None


async def _sources_meant(settings: Settings, what: list[str], *, every: bool) -> list[str] | None:
    """Names of the sources that are meant; None = the one argument is a folder."""
    if bool(what) == every:
        raise SyncError("Name a folder, or sources, or say --all.")
    if len(what) == 1 and ("/" in what[0] or what[0].startswith(".")):
        return None
    async with open_house(settings) as house:
        terms = [source.terms for source in await house.database.read(all_sources)]
    if every:
        return [each.name for each in terms if each.enabled]
    unknown = [name for name in what if name not in {each.name for each in terms}]
    if len(what) == 1 and unknown:
        return None
    if unknown:
        raise SyncError(f"There is no source {unknown[0]}.")
    return what


async def _sync_folder(settings: Settings, folder: Path, *, rebuild: bool, force: bool) -> "SyncReport":
    from app.knowledge.embedding import remote_model  # noqa: PLC0415 -- as below
    from app.knowledge.sync import sync_folder  # noqa: PLC0415 -- brings numpy and onnxruntime with it

    with progress_bar() as tell:
        async with open_house(settings) as house:
            return await sync_folder(
                house.database,
                folder,
                house.data_dir,
                progress=tell,
                rebuild=rebuild,
                force=force,
                shared=house.shares_index,
                remote=remote_model(settings.embeddings),
            )


async def _sync_sources(settings: Settings, names: list[str], *, rebuild: bool, force: bool) -> "RunReport":
    from app.knowledge.carrying import Runner  # noqa: PLC0415 -- as below
    from app.knowledge.embedding import remote_model  # noqa: PLC0415 -- as below
    from app.knowledge.sync import workshop  # noqa: PLC0415 -- brings numpy and onnxruntime with it

    with progress_bar() as tell:
        async with open_house(settings) as house:
            remote = remote_model(settings.embeddings)
            shop = workshop(house.database, house.data_dir, shared=house.shares_index, remote=remote)
            runner = Runner(shop, lambda now: tell(f"{now.stage} {now.source}".strip(), now.done, now.total))
            return await runner.do(names, by="recado kb sync", force=force, rebuild=rebuild)


async def _try(
    settings: Settings,
    question: str,
    language: Language | None,
    groups: tuple[str, ...],
    limit: int,
    *,
    with_model: bool,
) -> "tuple[Trial, float]":
    from app.knowledge.embedding import embedder_for_search  # noqa: PLC0415 -- onnxruntime takes a moment
    from app.knowledge.trying import Try, try_out  # noqa: PLC0415 -- as above
    from app.mind import company_of  # noqa: PLC0415 -- as above
    from app.thinking.engines import Engines  # noqa: PLC0415 -- as above
    from graph.language.ledger import Ledger  # noqa: PLC0415 -- as above
    from graph.language.offline.engine import OfflineEngine  # noqa: PLC0415 -- as above
    from retrieval.embedder import load_embedder  # noqa: PLC0415 -- as above
    from retrieval.knowledge import KnowledgeBase  # noqa: PLC0415 -- as above

    root, current = await _up_to_date(settings)
    embedded = load_embedder(root)
    engines = Engines.of(settings.llm, OfflineEngine(), lambda: knowledge.languages)
    knowledge = KnowledgeBase.open(root, embedder_for_search(settings.embeddings, embedded), strict=False)
    knowledge.thresholds = current
    engine = engines.for_turn(Ledger(), spent_today=0, waited=timedelta(0)) if with_model else engines.backup
    asked = Try(question, language, groups, limit)
    try:
        trial = await try_out(knowledge, engine, company_of(settings), asked)  # warm: as a running service is
        started = time.perf_counter()
        await knowledge.search(trial.question, trial.language, groups=groups, limit=limit)
        return trial, time.perf_counter() - started
    finally:
        knowledge.close()
        await engines.close()


async def _up_to_date(settings: Settings) -> tuple[Path, Thresholds]:
    """The folder of the index, as new as it can be had, and the thresholds in force."""
    from app.knowledge.copies import bring_up_to_date  # noqa: PLC0415 -- onnxruntime takes a moment

    root = settings.data_dir / FOLDER
    with suppress(DataDirectoryBusyError):  # the service that owns the folder looks after it
        async with open_house(settings) as house:
            if house.shares_index:
                await bring_up_to_date(house.database, root)
    return root, await asyncio.to_thread(_in_force, settings)


def _in_force(settings: Settings) -> Thresholds:
    from app.knowledge.thresholds import chosen, default_thresholds  # noqa: PLC0415 -- brings numpy

    return cli_store.look(chosen) or default_thresholds(settings.knowledge)


async def _thresholds(
    settings: Settings, answer: float | None, offer: float | None, *, reset: bool, dry_run: bool
) -> "list[Effect]":
    """The effect in force, and the one asked for; it is chosen unless this is only to look."""
    from app.knowledge.thresholds import checked, choose, default_thresholds, effect, forget  # noqa: PLC0415 -- as above
    from retrieval.calibration import read_calibration  # noqa: PLC0415 -- as above

    root, current = await _up_to_date(settings)
    folder = pointed(root)
    if folder is None:
        raise IndexUnusableError("There is no knowledge index yet; run: recado kb sync")
    calibration = read_calibration(folder, read_manifest(folder).embedder)
    effects = [effect(calibration, current)]
    if not reset and answer is None and offer is None:
        return effects
    wanted = default_thresholds(settings.knowledge)
    if not reset:
        wanted = checked(current.answer if answer is None else answer, current.offer if offer is None else offer)
    effects.append(effect(calibration, wanted))
    if not dry_run:
        async with open_house(settings) as house:
            now = house.clock()
            await house.database.write(forget if reset else lambda session: choose(session, wanted, now))
    return effects


async def _verify(settings: Settings) -> list[str]:
    from app.knowledge.consistency import inconsistencies  # noqa: PLC0415 -- brings Chroma with it
    from app.knowledge.embedding import remote_model  # noqa: PLC0415 -- as above

    async with open_house(settings) as house:
        remote = remote_model(settings.embeddings)
        return await inconsistencies(house.database, house.data_dir, shared=house.shares_index, remote=remote)


async def _delete(settings: Settings, key: str) -> bool:
    from app.knowledge.embedding import remote_model  # noqa: PLC0415 -- as below
    from app.knowledge.sync import delete_article  # noqa: PLC0415 -- brings numpy and onnxruntime with it

    async with open_house(settings) as house:
        remote = remote_model(settings.embeddings)
        return await delete_article(house.database, key, house.data_dir, shared=house.shares_index, remote=remote)


async def _rollback(settings: Settings) -> str:
    from app.knowledge.consistency import go_back  # noqa: PLC0415 -- brings Chroma with it

    async with open_house(settings) as house:
        return await go_back(house.database, house.data_dir, shared=house.shares_index)
