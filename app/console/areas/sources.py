"""Where articles come from: sources with their state, added, changed, removed, synchronised and watched doing so."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.console.events import live
from app.console.form import Form
from app.console.policy import POLICY
from app.console.progress import progress_of, standing
from app.console.route import get, post
from app.console.visit import Visit
from app.knowledge.catalogue import Source, add_source, all_sources, get_source, put_source, remove_source
from app.knowledge.erasing import hide_deleted, index_soon
from app.knowledge.errors import SourceTermsError, SyncError
from app.knowledge.runs import ask
from app.knowledge.sources.terms import Terms

KINDS = ("folder", "git", "sitemap", "urls")
OF_THIS_MACHINE = ("folder", "git")
LONGEST_LOCATION = 50_000  # characters: a list of pages
FORM = ("name", "kind", "location", "schedule", "language", "audience", "owner", "review_by")
LISTS = ("hosts", "private_hosts")
OPTIONS = ("url_template", "plain", "pull", *LISTS)


async def show_sources(visit: Visit) -> Response:
    """All of them, and what is under way."""
    sources, now = await visit.read(lambda session: (all_sources(session), standing(session)))
    return visit.page("knowledge/sources.html", sources=sources, progress=progress_of(now, visit.words))


async def show_source(visit: Visit) -> Response:
    """One of them with what its last run did."""
    name = _name(visit)
    source, now = await visit.read(lambda session: (_found(session, name), standing(session)))
    return _source_page(visit, source, progress_of(now, visit.words))


def _source_page(
    visit: Visit,
    source: Source,
    progress: Mapping[str, Any],
    typed: dict[str, Any] | None = None,
    troubles: frozenset[str] = frozenset(),
) -> Response:
    return visit.page(
        "knowledge/source.html",
        422 if troubles else 200,
        source=source, typed=typed or typed_of(source.terms), troubles=troubles, kinds=KINDS, progress=progress,
        report=source.last_report, failed=source.last_report.get("failed", ()), is_new=False,
    )  # fmt: skip


async def show_new(visit: Visit) -> Response:
    """An empty form."""
    language = visit.shared.house.settings.company.default_language
    return _new_page(visit, typed_of(None) | {"language": language})


def _new_page(visit: Visit, typed: dict[str, Any], troubles: frozenset[str] = frozenset()) -> Response:
    status = 422 if troubles else 200
    return visit.page("knowledge/new_source.html", status, typed=typed, troubles=troubles, kinds=KINDS, is_new=True)


async def add(visit: Visit) -> Response:
    """A new one, which may be read at once."""
    typed = _typed(visit.form)
    terms, troubles = _allowed(visit, *read_terms(typed, enabled=True))
    if terms is None:
        return _new_page(visit, typed, troubles)
    try:
        await visit.write(lambda session: add_source(session, terms, visit.now))
    except SourceTermsError:
        return _new_page(visit, typed, frozenset({"name_taken"}))
    if visit.form.has("run"):
        return await _ask(visit, (terms.name,), f"/knowledge/sources/{terms.name}")
    return visit.go(f"/knowledge/sources/{terms.name}", "sources.added", name=terms.name)


async def change(visit: Visit) -> Response:
    """Other terms for it; name and kind stay."""
    name = _name(visit)
    source, now = await visit.read(lambda session: (_found(session, name), standing(session)))
    typed = _typed(visit.form) | {"name": name, "kind": source.terms.kind}
    terms, troubles = _allowed(visit, *read_terms(typed, enabled=visit.form.has("enabled")), before=source.terms)
    if terms is None:
        return _source_page(visit, source, progress_of(now, visit.words), typed, troubles)

    def save(session: Session) -> None:
        _found(session, name)
        put_source(session, terms, visit.now)

    await visit.write(save)
    if terms.audience != source.terms.audience:
        await hide_deleted(visit.shared.house)
    return visit.go(f"/knowledge/sources/{name}", "sources.saved")


async def remove(visit: Visit) -> Response:
    """Take it out with its articles, of every search at once."""
    name, house = _name(visit), visit.shared.house

    def take_out(session: Session) -> int:
        _found(session, name)
        return len(remove_source(session, name))

    gone = await visit.write(take_out)
    await hide_deleted(house)
    visit.shared.errands.begin(index_soon(house.database, house.clock, visit.me.email), f"erase source {name}")
    return visit.go("/knowledge/sources", "sources.removed", name=name, count=gone)


async def run(visit: Visit) -> Response:
    """Synchronise now: one source or all that are on; `force` although much of it is gone."""
    name = visit.form.text("source", longest=40)
    if name:
        return await _ask(visit, (name,), f"/knowledge/sources/{name}", force=visit.form.has("force"))
    sources = await visit.read(all_sources)
    enabled = tuple(source.terms.name for source in sources if source.terms.enabled)
    return await _ask(visit, enabled, "/knowledge/sources") if enabled else visit.go("/knowledge/sources")


async def _ask(visit: Visit, names: tuple[str, ...], back: str, *, force: bool = False) -> Response:
    try:
        await visit.write(lambda session: ask(session, names, by=visit.me.email, now=visit.now, force=force))
    except SourceTermsError:
        raise HTTPException(404) from None
    except SyncError:
        return visit.go(back, "sources.busy", trouble=True)
    return visit.go(back)


async def run_events(visit: Visit) -> Response:
    """The synchronisation under way, as sentences."""

    def look(session: Session) -> Mapping[str, Any]:
        return progress_of(standing(session), visit.words)

    return live(visit, POLICY["GET /knowledge/runs/events"], look, name="run", every=1.0)


def _allowed(
    visit: Visit, terms: Terms | None, troubles: frozenset[str], *, before: Terms | None = None
) -> tuple[Terms | None, frozenset[str]]:
    """Terms that a page may set: what else this machine can read is the operator's to open, by settings or command."""
    if terms is None:
        return None, troubles
    rules, outside = visit.shared.house.settings.knowledge, set[str]()
    if terms.kind in OF_THIS_MACHINE and (before is None or terms.location != before.location):
        where = Path(terms.location).resolve()
        if not any(where.is_relative_to(folder.resolve()) for folder in rules.page_folders):
            outside.add("location_outside")
    known = {*rules.page_private_hosts, *(before.options.private_hosts if before else ())}
    if not known.issuperset(terms.options.private_hosts):
        outside.add("private_outside")
    return (None, frozenset(outside)) if outside else (terms, frozenset())


def read_terms(typed: Mapping[str, Any], *, enabled: bool) -> tuple[Terms | None, frozenset[str]]:
    """Terms, or which of the form's fields are not right."""
    told = {name: typed[name] for name in FORM} | {"enabled": enabled}
    told["audience"] = tuple(filter(None, (group.strip() for group in typed["audience"].split(","))))
    told["location"] = "\n".join(typed["location"].split()) if typed["kind"] == "urls" else typed["location"]
    options = {name: typed[name] for name in OPTIONS}
    told["options"] = options | {
        name: tuple(typed[name].replace(",", " ").split()) for name in ("hosts", "private_hosts")
    }
    try:
        return Terms.model_validate(told), frozenset()
    except ValidationError as error:
        places = (item["loc"] for item in error.errors(include_url=False, include_input=False))
        return None, frozenset(
            str(next((part for part in reversed(loc) if isinstance(part, str)), "")) for loc in places
        )


def typed_of(terms: Terms | None) -> dict[str, Any]:
    """A form's fields for some terms, or for none yet."""
    if terms is None:
        first = {"kind": "folder", "schedule": "manual", "plain": True, "pull": False}
        return dict.fromkeys((*FORM, *OPTIONS), "") | first
    told = terms.model_dump()
    options = told.pop("options")
    lists = {name: ", ".join(options[name]) for name in LISTS}
    return {**told, **options, **lists, "audience": ", ".join(terms.audience)}


def _typed(form: Form) -> dict[str, Any]:
    texts = {name: form.text(name) for name in (*FORM, *OPTIONS)}
    marks = {"plain": form.has("plain"), "pull": form.has("pull")}
    return texts | {"location": form.text("location", longest=LONGEST_LOCATION), **marks}


def _name(visit: Visit) -> str:
    name = str(visit.request.path_params["name"])
    if "\0" in name:
        raise HTTPException(404)
    return name


def _found(session: Session, name: str) -> Source:
    try:
        return get_source(session, name)
    except SourceTermsError:
        raise HTTPException(404) from None


ROUTES = (
    get("/knowledge/sources", show_sources),
    get("/knowledge/sources/new", show_new),
    post("/knowledge/sources/new", add),
    get("/knowledge/sources/{name}", show_source),
    post("/knowledge/sources/{name}", change),
    post("/knowledge/sources/{name}/remove", remove),
    post("/knowledge/runs", run),
    get("/knowledge/runs/events", run_events),
)
