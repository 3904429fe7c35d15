"""Articles of the knowledge base: found, read side by side in their languages, taken out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.console.markdown import render_markdown
from app.console.moments import zone_of
from app.console.paging import PER_PAGE, cut, read_cursor
from app.console.route import get, post
from app.console.visit import Visit, with_query
from app.console.wording import LANGUAGES
from app.knowledge.articles import remove
from app.knowledge.browsing import Choices, Listed, Use, Wish, choices, count_articles, list_articles, use_of
from app.knowledge.erasing import hide_deleted, index_soon
from app.knowledge.models import ArticleRow, SourceRow
from retrieval.passage import Language, Passage

LONGEST_SEARCH = 200  # characters
ON = "1"


@dataclass(frozen=True, slots=True)
class Version:
    """An article in one language, as its page shows it."""

    row: ArticleRow
    source: str
    document: str  # its name in the source
    is_known: bool  # the source is one that runs


async def show_articles(visit: Visit) -> Response:
    """The list, a page at a time."""
    asked, today = _wish(visit), _today(visit)
    after = read_cursor(visit.request.query_params.get("after", ""), str, str)
    place = (after[0], after[1]) if after else None

    def look(session: Session) -> tuple[list[Listed], int, Choices]:
        rows = list_articles(session, asked, today, after=place, limit=PER_PAGE + 1)
        # Texts that hold a word are looked for until a page is full, so nobody knows how many there are.
        counted = len(rows) if asked.words else count_articles(session, asked, today)
        return rows, counted, choices(session)

    rows, count, known = await visit.read(look)
    page = cut(rows, [(row.title, row.key) for row in rows])
    told = _query(asked)
    following = with_query("/knowledge/articles", **told, after=page.next) if page.next else ""
    return visit.page(
        "knowledge/articles.html",
        articles=page.items, count=count, following=following, first=with_query("/knowledge/articles", **told),
        is_first=after is None, wish=asked,
        is_counted=not asked.words or not (page.next or after), filtered=bool(told), known=known, today=today,
        pairs=_pairs,
        language_pairs=[(code, LANGUAGES.get(code, code)) for code in known.languages],  # type: ignore[call-overload]
    )  # fmt: skip


async def show_article(visit: Visit) -> Response:
    """One article with all its languages."""
    key = _key(visit)

    def look(session: Session) -> tuple[list[Version], Use]:
        row = session.get(ArticleRow, key)
        if row is None:
            raise HTTPException(404)
        others = session.scalars(select(ArticleRow).where(ArticleRow.id == row.id).order_by(ArticleRow.language))
        versions = sorted((_version(session, each) for each in others), key=lambda each: each.row.key != key)
        session.expunge_all()
        return versions, use_of(session, row.id, visit.now)

    versions, use = await visit.read(look)
    chosen = versions[0]
    faculties = visit.shared.study.faculties()
    chunks: tuple[Passage, ...] = ()
    if faculties:
        language: Language = chosen.row.language  # type: ignore[assignment]  # the column holds nothing else
        found = await faculties.knowledge.article(chosen.row.id, language, groups=tuple(chosen.row.audience))
        chunks = tuple(passage for passage in found.passages if passage.language == language)
    return visit.page(
        "knowledge/article.html",
        versions=versions, chosen=chosen, use=use, chunks=chunks, starting=faculties is None, today=_today(visit),
        rendered={each.row.key: render_markdown(each.row.body) for each in versions},
    )  # fmt: skip


async def delete(visit: Visit) -> Response:
    """Take one out, of every search at once and of the index soon after."""
    key, shared = _key(visit), visit.shared
    if not await visit.write(lambda session: remove(session, key)):
        return visit.go("/knowledge/articles", "articles.gone_already")
    await hide_deleted(shared.house)
    shared.errands.begin(index_soon(shared.house.database, shared.house.clock, visit.me.email), f"erase {key}")
    return visit.go("/knowledge/articles", "articles.deleted", article=key)


def _pairs(values: Iterable[str]) -> list[tuple[str, str]]:
    """Values that are their own words."""
    return [(value, value) for value in values]


def _version(session: Session, row: ArticleRow) -> Version:
    source, _, document = row.source.partition(":")
    return Version(row, source, document, session.get(SourceRow, source) is not None)


def _wish(visit: Visit) -> Wish:
    query = visit.request.query_params
    told = {name: query.get(name, "")[:LONGEST_SEARCH] for name in ("language", "source", "audience", "owner")}
    words = " ".join(query.get("q", "")[:LONGEST_SEARCH].replace("\0", " ").split())
    return Wish(words=words, due=query.get("due") == ON, untranslated=query.get("untranslated") == ON, **told)


def _query(wish: Wish) -> dict[str, str]:
    """The filters as an address has them, without those that filter nothing."""
    marks = {"due": ON if wish.due else "", "untranslated": ON if wish.untranslated else ""}
    told = {"q": wish.words, "language": wish.language, "source": wish.source, "audience": wish.audience}
    return {name: value for name, value in {**told, "owner": wish.owner, **marks}.items() if value}


def _today(visit: Visit) -> date:
    return visit.now.astimezone(zone_of(visit.me.timezone)).date()


def _key(visit: Visit) -> str:
    key = str(visit.request.path_params["key"])
    if "\0" in key:
        raise HTTPException(404)
    return key


ROUTES = (
    get("/knowledge/articles", show_articles),
    get("/knowledge/articles/{key:path}", show_article),
    post("/knowledge/articles/{key:path}", delete),
)
