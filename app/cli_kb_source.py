"""`recado kb source`: where articles come from: add, list, show, change, remove."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy.orm import Session

from app.cli_store import look, report
from app.container import open_house
from app.errors import RecadoError
from app.knowledge.catalogue import (
    Source,
    add_source,
    all_sources,
    change_source,
    get_source,
    remove_source,
    terms_of,
)
from app.settings import Settings
from retrieval.revision import IndexUnusableError
from retrieval.stages import silent

T = TypeVar("T")
source_app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
console = Console()
trouble = Console(stderr=True)
Json = Annotated[Path | None, typer.Option("--json", help="Write the report to this file as JSON.")]

Location = Annotated[
    str | None, typer.Option(help="Folder of a folder or git source, address of a sitemap.", show_default=False)
]
Urls = Annotated[list[str] | None, typer.Option("--url", help="A page of an urls source; repeat for more.")]
UrlFile = Annotated[Path | None, typer.Option("--urls-from", help="File with such pages, one a line.")]
Schedule = Annotated[str | None, typer.Option(help='"every 30 minutes", "daily at 07:30" or "manual".')]
Language = Annotated[str | None, typer.Option(help="pt-BR, es or en: of documents that name none.")]
Group = Annotated[list[str] | None, typer.Option(help="Only this group may read; repeat for more. '' = everybody.")]
Owner = Annotated[str | None, typer.Option(help="Who keeps its articles right.")]
ReviewBy = Annotated[str | None, typer.Option(help="A date, or days after the last change such as 180d.")]
UrlTemplate = Annotated[
    str | None, typer.Option(help="Where people read a file: https://…/{revision}/{path} or {name}.")
]
Plain = Annotated[bool | None, typer.Option("--plain/--strict", help="Take Markdown without front matter, or not.")]
Pull = Annotated[bool | None, typer.Option("--pull/--no-pull", help="git pull --ff-only before each reading.")]
Host = Annotated[list[str] | None, typer.Option(help="Host whose pages may be loaded too; repeat for more.")]
PrivateHost = Annotated[list[str] | None, typer.Option(help="Host that may have a private address; repeat for more.")]
Enabled = Annotated[bool | None, typer.Option("--enable/--disable", help="Whether it runs by its schedule.")]


@source_app.command()
def add(  # noqa: PLR0917 -- typer declares one argument for each option
    name: Annotated[str, typer.Argument(help="A short name: small letters, digits, dashes.")],
    kind: Annotated[str, typer.Option(help="folder, git, sitemap or urls.")],
    location: Location = None,
    url: Urls = None,
    urls_from: UrlFile = None,
    schedule: Schedule = None,
    language: Language = None,
    group: Group = None,
    owner: Owner = None,
    review_by: ReviewBy = None,
    url_template: UrlTemplate = None,
    plain: Plain = None,
    pull: Pull = None,
    host: Host = None,
    private_host: PrivateHost = None,
) -> None:
    """Add a source; `recado kb sync NAME` or its schedule reads it."""
    told = {
        "location": _place(kind, _pages(location, url, urls_from)), "schedule": schedule, "audience": group,
        "language": language or Settings().company.default_language, "owner": owner, "review_by": review_by,
    }  # fmt: skip
    options = {
        "url_template": url_template, "plain": plain, "pull": pull, "hosts": host, "private_hosts": private_host,
    }  # fmt: skip
    terms = _answer(lambda: terms_of({**_terms(told), "name": name, "kind": kind, "options": _terms(options)}))
    _run(_amend(lambda session, now: add_source(session, terms, now), index=False))
    console.print(f"Added. Read it now with: recado kb sync {name}")


@source_app.command()
def change(  # noqa: PLR0917 -- typer declares one argument for each option
    name: Annotated[str, typer.Argument(help="The source's name.")],
    location: Location = None,
    url: Urls = None,
    urls_from: UrlFile = None,
    schedule: Schedule = None,
    language: Language = None,
    group: Group = None,
    owner: Owner = None,
    review_by: ReviewBy = None,
    url_template: UrlTemplate = None,
    plain: Plain = None,
    pull: Pull = None,
    host: Host = None,
    private_host: PrivateHost = None,
    enabled: Enabled = None,
) -> None:
    """Change what is named; a narrower audience holds at once, the rest from the next synchronisation on."""
    kind = _answer(lambda: look(lambda session: get_source(session, name))).terms.kind
    told = {
        "location": _place(kind, _pages(location, url, urls_from)), "schedule": schedule, "audience": group,
        "language": language, "owner": owner, "review_by": review_by, "enabled": enabled,
    }  # fmt: skip
    options = {
        "url_template": url_template, "plain": plain, "pull": pull, "hosts": host, "private_hosts": private_host,
    }  # fmt: skip
    changes = {**_terms(told), "options": _terms(options)}
    _run(_amend(lambda session, now: change_source(session, name, changes, now), index=group is not None))
    console.print("Changed.")


@source_app.command("list")
def list_sources(json_file: Json = None) -> None:
    """Every source: how many articles, how its last synchronisation went, when the next one is."""
    sources = _answer(lambda: look(all_sources))
    table = Table("source", "articles", "schedule", "last run (UTC)", "outcome", "next run (UTC)")
    for source in sources:
        terms = source.terms
        times = _shown(source.last_run_at), source.last_outcome, _shown(source.next_run_at)
        told = (terms.name, str(source.articles), terms.schedule, *times)
        table.add_row(*map(escape, told), style="" if terms.enabled else "dim")
    console.print(table if sources else "No sources yet: recado kb source add, or recado kb sync FOLDER.")
    report([_as_data(source) for source in sources], json_file)


@source_app.command()
def show(name: Annotated[str, typer.Argument(help="The source's name.")], json_file: Json = None) -> None:
    """One source with all its terms, and what its last synchronisation did."""
    source = _answer(lambda: look(lambda session: get_source(session, name)))
    console.print_json(json.dumps(_as_data(source), ensure_ascii=False, default=str))
    report(_as_data(source), json_file)


@source_app.command()
def remove(
    name: Annotated[str, typer.Argument(help="The source's name.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove a source and all its articles, from the database and from every search, at once."""
    source = _answer(lambda: look(lambda session: get_source(session, name)))
    if source.articles and not yes:
        typer.confirm(f"Remove {name} and its {source.articles} articles?", abort=True)
    gone = _run(_amend(lambda session, _: remove_source(session, name), index=True))
    console.print(f"Removed, with {len(gone)} articles.")


async def _amend(work: Callable[[Session, datetime], T], *, index: bool) -> T:
    """Change sources in one transaction; `index`: articles may have gone or changed with it."""
    from app.knowledge.embedding import remote_model  # noqa: PLC0415 -- as below
    from app.knowledge.sync import workshop  # noqa: PLC0415 -- brings numpy and onnxruntime with it

    settings = Settings()
    async with open_house(settings) as house:
        now, remote = house.clock(), remote_model(settings.embeddings)
        done = await house.database.write(lambda session: work(session, now))
        if index:
            shop = workshop(house.database, house.data_dir, shared=house.shares_index, remote=remote)
            await shop.index(silent, rebuild=False)
        return done


def _run(work: Coroutine[Any, Any, T]) -> T:
    return _answer(lambda: asyncio.run(work))


def _answer(work: Callable[[], T]) -> T:
    """What a command asked for; its errors become a sentence and exit code 2."""
    try:
        return work()
    except (RecadoError, IndexUnusableError) as error:
        trouble.print(f"[red]{escape(str(error))}[/]")
        raise typer.Exit(2) from None


def _terms(told: dict[str, Any]) -> dict[str, Any]:
    """What was named; what was not stays as it is."""
    named = {key: value for key, value in told.items() if value is not None}
    if "audience" in named:
        named["audience"] = tuple(filter(None, named["audience"]))
    return named


def _place(kind: str, location: str | None) -> str | None:
    """A folder is meant from here, wherever the service runs from."""
    return str(Path(location).resolve()) if location and kind in {"folder", "git"} else location


def _pages(location: str | None, url: list[str] | None, urls_from: Path | None) -> str | None:
    """One location, however it was told."""
    try:
        listed = urls_from.read_text("utf-8").split() if urls_from else []
    except (OSError, UnicodeDecodeError) as error:
        trouble.print(f"[red]{urls_from} cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}.[/]")
        raise typer.Exit(2) from None
    pages = [*(url or ()), *listed]
    return "\n".join(pages) if pages else location


def _as_data(source: Source) -> dict[str, Any]:
    return {
        **source.terms.model_dump(mode="json"),
        "articles": source.articles,
        "next_run_at": source.next_run_at,
        "last_run_at": source.last_run_at,
        "last_outcome": source.last_outcome,
        "last_report": source.last_report,
    }


def _shown(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "-"
