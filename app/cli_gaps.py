"""`recado kb gaps`, `gap` and `articles`: what employees asked for and did not get, and how articles do."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy.orm import Session

from app.container import House, open_house, utc_now
from app.errors import RecadoError
from app.knowledge import usage
from app.knowledge.gaps import DAYS, Gap, GapError, dismiss, gaps, refresh, reopen
from app.settings import Settings
from retrieval.passage import Language
from retrieval.revision import FOLDER, IndexUnusableError

if TYPE_CHECKING:  # brings onnxruntime
    from app.knowledge.drafts import Draft
    from app.knowledge.publishing import Proof
    from retrieval.knowledge import KnowledgeBase

gap_app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
console, trouble = Console(), Console(stderr=True)
T = TypeVar("T")
Json = Annotated[Path | None, typer.Option("--json", help="Write the report to this file as JSON.")]
Number = Annotated[int, typer.Argument(help="The gap's number, as `recado kb gaps` shows it.")]
By = Annotated[str, typer.Option("--by", help="Who does it: kept with the gap and its article.")]
Tongue = Annotated[Language | None, typer.Option(help="Language of the article; by default the one most asked in.")]
VERDICTS = {
    "missing": "no article",
    "unfound": "an article is near but not found",
    "unhelpful": "an article is shown and does not help",
    "answered": "an article answers it now",
    "closed": "an article is there that the askers may not read",
    "": "not looked at",
}


@dataclass(frozen=True, slots=True)
class _Opened:
    """A house with its knowledge base, for one command."""

    house: House
    knowledge: "KnowledgeBase"


@asynccontextmanager
async def _opened() -> AsyncIterator[_Opened]:
    from app.knowledge.copies import bring_up_to_date  # noqa: PLC0415 -- onnxruntime takes a moment
    from app.knowledge.embedding import embedder_for_search  # noqa: PLC0415 -- as above
    from retrieval.embedder import load_embedder  # noqa: PLC0415 -- as above
    from retrieval.knowledge import KnowledgeBase  # noqa: PLC0415 -- as above

    async with open_house(Settings()) as house:
        root = house.data_dir / FOLDER
        if house.shares_index:
            await bring_up_to_date(house.database, root)
        embedder = embedder_for_search(house.settings.embeddings, load_embedder(root))
        knowledge = KnowledgeBase.open(root, embedder, strict=False)
        try:
            yield _Opened(house, knowledge)
        finally:
            knowledge.close()


def list_gaps(
    days: Annotated[int, typer.Option(min=1, max=3650, help="Questions of the last so many days.")] = DAYS,
    everything: Annotated[bool, typer.Option("--all", help="Published and dismissed ones too.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="Gaps at most.")] = 30,
    json_file: Json = None,
) -> None:
    """Show what employees asked for and did not get, questions about one thing together, most people first."""
    states = () if everything else ("open", "draft")
    found = _run(_gaps(days, states))[:limit]
    table = Table(box=None, pad_edge=False)
    for title in ("Gap", "About", "People", "Nothing", "No help", "Request", "7 days", "Trend", "State", "Why"):
        table.add_column(title, overflow="fold", justify="right" if title in {"Gap", "People"} else "left")
    for gap in found:
        kinds = (str(gap.by_kind[kind]) for kind in ("nothing", "not_helped", "request"))
        why = VERDICTS[gap.verdict] + (f": {gap.article_title}" if gap.verdict != "missing" else "")
        table.add_row(
            str(gap.id), escape(gap.name), str(gap.people), *kinds, str(gap.last_7_days), gap.trend, gap.state,
            escape(why),
        )  # fmt: skip
    console.print(table if found else "No question went without a good answer.")
    _write(json_file, {"days": days, "gaps": [asdict(gap) for gap in found]})


async def _gaps(days: int, states: Sequence[str]) -> list[Gap]:
    async with _opened() as here:
        now, database = here.house.clock(), here.house.database
        await refresh(database, here.knowledge, here.knowledge.embedder, now, days=days)
        return await database.read(lambda session: gaps(session, now, days=days, states=states))


@gap_app.command()
def show(number: Number, json_file: Json = None) -> None:
    """Show one gap: its questions, the requests they became, drafts, and what publishing mended."""
    from app.knowledge.gap_pages import detail  # noqa: PLC0415 -- as above

    async def look() -> Any:
        async with open_house(Settings()) as house:
            return await house.database.read(lambda session: detail(session, number, house.clock()))

    found = _run(look())
    console.print(f"[bold]{escape(found.gap.name)}[/]  {found.gap.state}  {VERDICTS[found.gap.verdict]}")
    for question in found.questions[:20]:
        became = f" → #{question.request} {question.request_status}" if question.request else ""
        console.print(
            f"  {question.at:%Y-%m-%d} {question.language:5} {escape(question.text)}{became}", highlight=False
        )
    for draft in found.drafts:
        _show_draft(draft)
    _show_proofs(found.proofs)
    _write(json_file, asdict(found))


@gap_app.command()
def draft(number: Number, by: By, language: Tongue = None, json_file: Json = None) -> None:
    """Draft an article from the agents' public comments: by the model when one is set, else as an outline."""

    async def work() -> "Draft":
        from app.knowledge.drafts import write_draft  # noqa: PLC0415 -- as above
        from app.thinking.engines import models_of  # noqa: PLC0415 -- as above

        async with open_house(Settings()) as house:
            models = models_of(house.settings.llm)
            try:
                return await write_draft(
                    house.database, number, by=by, now=house.clock(), language=language, asker=next(iter(models), None)
                )
            finally:
                for model in models:
                    await model.close()

    written = _run(work())
    _show_draft(written)
    _write(json_file, asdict(written))


@gap_app.command()
def edit(
    number: Number,
    *,
    file: Annotated[Path, typer.Argument(help="Markdown: a first line `# Title`, then the text.")],
    by: By,
    language: Tongue = None,
    owner: Annotated[str, typer.Option(help="Who keeps the article right.")] = "",
    group: Annotated[list[str] | None, typer.Option(help="A group that may read it; none = everybody.")] = None,
) -> None:
    """Put a reviewed text in the place of a draft's."""
    from app.knowledge.drafts import Edit, drafts_of, edit_draft  # noqa: PLC0415 -- as above

    try:
        head, _, body = file.read_text("utf-8").strip().partition("\n")
    except (OSError, UnicodeDecodeError):
        raise typer.BadParameter(f"{file} cannot be read as UTF-8 text.") from None

    def change(session: Session) -> "Draft":
        known = next((one for one in drafts_of(session, number) if language in {None, one.language}), None)
        if known is None:
            missing = f"Gap {number} has no draft yet; run: recado kb gap draft {number} --by NAME"
            raise GapError("no_draft", missing)
        audience = tuple(group) if group is not None else known.audience
        text = Edit(head.lstrip("# "), body, known.keywords, audience, owner or known.owner)
        return edit_draft(session, number, known.language, text, by=by, now=utc_now())

    _show_draft(_run(_written(change)))


@gap_app.command()
def publish(number: Number, by: By, language: Tongue = None, json_file: Json = None) -> None:
    """Make an article of a draft and ask the questions that failed again. Publishing says that you reviewed it."""

    async def work() -> "tuple[Proof, ...]":
        from app.knowledge.drafts import drafts_of  # noqa: PLC0415 -- as above
        from app.knowledge.embedding import remote_model  # noqa: PLC0415 -- as above
        from app.knowledge.publishing import Place  # noqa: PLC0415 -- as above
        from app.knowledge.publishing import publish as publish_gap  # noqa: PLC0415 -- as above

        async with _opened() as here:
            house = here.house
            known = await house.database.read(lambda session: drafts_of(session, number))
            wanted = [one.language for one in known if language in {None, one.language}]
            place = Place(house.data_dir, house.shares_index, remote_model(house.settings.embeddings))
            return await publish_gap(house.database, here.knowledge, place, number, wanted, by=by, now=house.clock())

    proofs = _run(work())
    _show_proofs(proofs)
    _write(json_file, {"gap": number, "questions": [asdict(proof) for proof in proofs]})


@gap_app.command("dismiss")
def dismiss_gap(
    number: Number, by: By, because: Annotated[str, typer.Option(help="Why no article is wanted.")]
) -> None:
    """Say that no article is wanted for it, and why."""
    _run(_written(lambda session: dismiss(session, number, because, by=by, now=utc_now())))
    console.print(f"Gap {number} is dismissed.")


@gap_app.command("reopen")
def reopen_gap(number: Number, by: By) -> None:
    """Take a dismissed or published gap up again."""
    _run(_written(lambda session: reopen(session, number, by=by, now=utc_now())))
    console.print(f"Gap {number} is open.")


def list_articles(
    *,
    never_used: Annotated[bool, typer.Option("--never-used", help="Shown to nobody.")] = False,
    stale: Annotated[bool, typer.Option("--stale", help="Shown, and not changed for a year.")] = False,
    contradicted: Annotated[bool, typer.Option("--contradicted", help="Said not to help.")] = False,
    twins: Annotated[bool, typer.Option("--duplicates", help="Pairs that say nearly the same.")] = False,
    days: Annotated[int, typer.Option(min=1, max=3650, help="Of the last so many days.")] = usage.DAYS,
    json_file: Json = None,
) -> None:
    """Show how articles do with the people who get them; without an option those that solved most."""
    now = utc_now()
    if twins:
        pairs = _run(_read(usage.near_duplicates))
        for pair in pairs:
            console.print(f"{pair.nearness:.2f}  {escape(pair.one)}  {escape(pair.other)}", highlight=False)
        _write(json_file, {"pairs": [asdict(pair) for pair in pairs]})
        return
    pick = (
        usage.never_used if never_used else usage.stale if stale else usage.contradicted if contradicted
        else usage.most_useful
    )  # fmt: skip
    found = _run(_read(lambda session: pick(session, now, days=days)))
    _show_uses(found)
    _write(json_file, {"days": days, "articles": [asdict(use) for use in found]})


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's work; its errors become a sentence and exit code 2."""
    try:
        return asyncio.run(work)
    except (RecadoError, IndexUnusableError) as error:
        trouble.print(f"[red]{escape(str(error))}[/]")
        raise typer.Exit(2) from None


async def _read(work: Callable[[Session], T]) -> T:
    async with open_house(Settings()) as house:
        return await house.database.read(work)


async def _written(work: Callable[[Session], T]) -> T:
    async with open_house(Settings()) as house:
        return await house.database.write(work)


def _write(file: Path | None, report: dict[str, Any]) -> None:
    if file:
        try:
            file.write_text(json.dumps(report, indent=2, ensure_ascii=False, default=_plain) + "\n", "utf-8")
        except OSError as error:
            trouble.print(f"[red]{escape(str(file))} cannot be written: {error.strerror}[/]")
            raise typer.Exit(2) from None


def _plain(value: Any) -> Any:
    """A set as a list, a moment as ISO 8601."""
    return sorted(value) if isinstance(value, frozenset) else value.isoformat()


def _show_draft(written: "Draft") -> None:
    reviewed = f"edited by {written.edited_by}" if written.edited_by else f"made by {written.made_by}, not reviewed"
    console.rule(f"{written.article_id} · {written.language} · {reviewed}")
    console.print(f"# {written.title}\n\n{written.body}\n", markup=False, highlight=False)
    for point in written.open_points:
        console.print(f"[yellow]•[/] {escape(point)}", highlight=False)


def _show_proofs(proofs: "Sequence[Proof]") -> None:
    for proof in proofs:
        mended = "[green]✓[/]" if proof.after == "answer" else "[yellow]•[/]"
        console.print(
            f"{mended} {escape(proof.question)}: {proof.before} {proof.before_probability:.2f} → "
            f"{proof.after} {proof.after_probability:.2f} {escape(proof.after_article)}",
            highlight=False,
        )


def _show_uses(found: Sequence[usage.Use]) -> None:
    table = Table(box=None, pad_edge=False)
    for title in ("Article", "Title", "Shown", "Solved", "No help", "Share that says so", "Changed", "Last shown"):
        table.add_column(title, overflow="fold")
    for use in found:
        votes = use.resolved + use.not_resolved
        share = f"{use.share:.0%} [{use.low:.0%}-{use.high:.0%}] of {votes}" if votes else ""
        last = f"{use.last_used_at:%Y-%m-%d}" if use.last_used_at else "never"
        table.add_row(
            escape(use.article_id), escape(use.title), str(use.used), str(use.resolved), str(use.not_resolved),
            escape(share), f"{use.updated_at:%Y-%m-%d}", last,
        )  # fmt: skip
    console.print(table if found else "None.")
