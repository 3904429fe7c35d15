"""The catalogue as a file, out and in, and how a sentence would be categorised."""

import asyncio
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session
from starlette.responses import Response

from app.console.download import attachment
from app.console.moments import zone_of
from app.console.route import get, post
from app.console.upload import uploaded
from app.console.visit import Visit
from app.console.wording import LANGUAGES
from app.desk.catalogue import catalogue_of, store_categories
from app.desk.catalogue_book import all_categories
from app.desk.company_files import read_catalogue, write_catalogue
from app.desk.models import StagedFile
from app.desk.rules import rules_of
from app.desk.staging import stage, staged_file
from app.errors import ConfigurationError
from tools.service_desk import Category

if TYPE_CHECKING:  # brings the graph, which pages do not wait for
    from app.desk.categorising import Categorised

PATH = "/catalogue"
IMPORT = "/catalogue/file"
LONGEST = 500  # characters of a sentence
PATIENCE = 30.0  # seconds


@dataclass(frozen=True, slots=True)
class Difference:
    """What taking a catalogue would do."""

    added: list[Category]
    changed: list[Category]
    deactivated: list[Category]
    unchanged: int


async def export(visit: Visit) -> Response:
    """The categories in use, as the file that `recado desk import` reads."""
    text = await visit.read(lambda session: write_catalogue(catalogue_of(session)))
    return attachment(text.encode(), "catalogue.yaml", "application/yaml")


async def show_import(visit: Visit) -> Response:
    """The form for a file."""
    return visit.page("catalogue/import.html", difference=None, staged="", trouble="", name="")


async def look_at(visit: Visit) -> Response:
    """What a file would change; nothing is written but the file itself, for an hour."""
    name, raw = await uploaded(visit.form, "file", "catalogue.yaml")

    def read(session: Session) -> tuple[Difference, str]:
        categories = read_catalogue(raw, rules_of(session))
        return compare(session, categories), raw.decode("utf-8-sig")

    try:
        difference, text = await visit.read(read)
    except ConfigurationError as error:
        return visit.page("catalogue/import.html", 422, difference=None, staged="", trouble=str(error), name="")
    now, staff_id = visit.now, visit.me.id
    staged = await visit.write(
        lambda s: stage(s, StagedFile(kind="catalogue", name=name, text=text, staff_id=staff_id, at=now))
    )
    return visit.page("catalogue/import.html", difference=difference, staged=staged, trouble="", name=name)


def compare(session: Session, categories: tuple[Category, ...]) -> Difference:
    """Work out what `store_categories` would do."""
    known = {category.id: (category, active) for category, active in all_categories(session)}
    ids = {category.id for category in categories}
    changed = [one for one in categories if one.id in known and known[one.id] != (one, True)]
    return Difference(
        added=[one for one in categories if one.id not in known],
        changed=changed,
        deactivated=[one for one, active in known.values() if active and one.id not in ids],
        unchanged=len(ids & known.keys()) - len(changed),
    )


async def take(visit: Visit) -> Response:
    """Make the catalogue equal to the file that was looked at."""
    staged = visit.form.text("staged", longest=60)

    def keep(session: Session) -> bool:
        file = staged_file(session, staged, "catalogue", staff_id=visit.me.id, now=visit.now)
        if file is None:
            return False
        categories = read_catalogue(file.text.encode(), rules_of(session))
        store_categories(session, categories, by=visit.me.name, now=visit.now)
        session.delete(file)
        return True

    try:
        kept = await visit.write(keep)
    except ConfigurationError as error:
        return visit.page("catalogue/import.html", 422, difference=None, staged="", trouble=str(error), name="")
    if not kept:
        return visit.go(IMPORT, "catalogue.file_gone", trouble=True)
    return visit.go(PATH, "catalogue.file_taken")


async def show_try(visit: Visit) -> Response:
    """How a sentence would be categorised, with what speaks for it."""
    query = visit.request.query_params
    sentence = " ".join(query.get("q", "").replace("\0", "").split())[:LONGEST]
    language = next((code for code in LANGUAGES if code == query.get("language")), visit.words.language)
    faculties = visit.shared.study.faculties()
    found: Categorised | None = None
    categories: tuple[Category, ...] = await visit.read(catalogue_of)
    started = perf_counter()
    if sentence and faculties:
        from app.desk.categorising import categorise  # noqa: PLC0415 -- brings the graph with it

        now = visit.now.astimezone(zone_of(visit.me.timezone))
        async with asyncio.timeout(PATIENCE):
            found = await categorise(faculties.engines.backup, sentence, categories, language, now)
    names: dict[str, Any] = {category.id: category for category in categories}
    return visit.page(
        "catalogue/try.html",
        sentence=sentence, spoken=language, found=found, names=names, starting=faculties is None,
        milliseconds=(perf_counter() - started) * 1000,
    )  # fmt: skip


ROUTES = (
    get("/catalogue/file", show_import),
    post("/catalogue/file", look_at),
    post("/catalogue/file/take", take),
    get("/catalogue/export", export),
    get("/catalogue/try", show_try),
)
