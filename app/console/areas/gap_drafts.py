"""From a gap to an article: its draft made, edited beside what it will look like, reviewed, published."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.console.areas.gaps import PAGE, bench_name, gap_id_of, gap_in
from app.console.bench import Heard
from app.console.markdown import render_markdown
from app.console.route import get, post
from app.console.visit import Visit
from app.console.wording import LANGUAGES
from app.identity.models import EmployeeRow
from app.knowledge.drafts import Draft, Edit, discard_draft, edit_draft, unfinished, write_draft
from app.knowledge.embedding import remote_model
from app.knowledge.gap_pages import Detail
from app.knowledge.gaps import GapError
from app.knowledge.models import ArticleRow
from app.knowledge.open_points import parted
from app.knowledge.outline import PENDING
from app.knowledge.publishing import Place, publish
from retrieval.passage import Language

QUICK = 2.0  # seconds an outline is waited for; a model takes longer
LONGEST_BODY, LONGEST_TITLE = 100_000, 300  # characters
MOST_KEYWORDS, MOST_GROUPS = 30, 50


@dataclass(frozen=True, slots=True)
class Typed:
    """A draft as its form shows it: as it is kept, or as it was typed when that could not be kept."""

    title: str
    body: str
    keywords: str
    audience: tuple[str, ...]
    owner: str


async def make_draft(visit: Visit) -> Response:
    """Draft it from the agents' comments: at once as an outline, behind the page's back with a model."""
    gap_id, shared, by = gap_id_of(visit), visit.shared, visit.me.email
    wanted = visit.form.text("language")
    language = _known(wanted) if wanted else None
    faculties = shared.study.faculties()
    providers = faculties.engines.providers if faculties else ()
    asker = providers[0].asker if providers else None

    async def work(_: Heard) -> None:
        await write_draft(shared.house.database, gap_id, by=by, now=visit.now, language=language, asker=asker)
        shared.pulse.beat()

    name = bench_name(gap_id)
    await visit.read(lambda session: gap_in(session, gap_id, visit))
    job = await shared.bench.begin(name, "drafting", work, wait=QUICK)
    if job.active or job.trouble:  # its page says either
        return visit.go(f"{PAGE}/{gap_id}")
    return visit.go(f"{PAGE}/{gap_id}/draft" + (f"/{language}" if language else ""))


async def newest_draft(visit: Visit) -> Response:
    """Its first draft, whichever language that is in."""
    gap_id = gap_id_of(visit)
    found = await visit.read(lambda session: gap_in(session, gap_id, visit))
    if not found.drafts:
        return visit.go(f"{PAGE}/{gap_id}")
    most = max(found.drafts, key=lambda draft: found.gap.by_language.get(draft.language, 0))
    return visit.go(f"{PAGE}/{gap_id}/draft/{most.language}")


async def show_draft(visit: Visit) -> Response:
    """The form beside what comes of it."""
    found, draft, groups = await _draft_here(visit)
    typed = Typed(draft.title, draft.body, ", ".join(draft.keywords), draft.audience, draft.owner)
    return _form(visit, found, draft, typed, groups)


async def save_draft(visit: Visit) -> Response:
    """Keep what was typed: from now on it counts as theirs."""
    gap_id, language, form = gap_id_of(visit), _language(visit), visit.form
    typed = Typed(
        title=form.text("title", longest=LONGEST_TITLE),
        body=form.text("body", longest=LONGEST_BODY),
        keywords=form.text("keywords", longest=2000),
        audience=tuple(dict.fromkeys((*form.many("audience"), *_listed(form.text("more_groups", longest=2000))))),
        owner=form.text("owner", longest=200),
    )
    edit = Edit(
        typed.title, typed.body, _listed(typed.keywords)[:MOST_KEYWORDS], typed.audience[:MOST_GROUPS], typed.owner
    )
    try:
        await visit.write(lambda s: edit_draft(s, gap_id, language, edit, by=visit.me.email, now=visit.now))
    except GapError as error:
        found, draft, groups = await _draft_here(visit)
        return _form(visit, found, draft, typed, groups, trouble=f"errors.gap.{error.reason}")
    if form.has("review"):
        return visit.go(f"{PAGE}/{gap_id}/review")
    return visit.go(f"{PAGE}/{gap_id}/draft/{language}", "gap_drafts.saved")


async def preview(visit: Visit) -> Response:
    """What was typed, as it will be shown."""
    form = visit.form
    title, body = form.text("title", longest=LONGEST_TITLE), form.text("body", longest=LONGEST_BODY)
    return visit.page("gaps/preview.html", title=title, body=render_markdown(body), waits=unfinished(body))


async def discard(visit: Visit) -> Response:
    """Throw it away."""
    gap_id, language = gap_id_of(visit), _language(visit)
    try:
        await visit.write(lambda s: discard_draft(s, gap_id, language, by=visit.me.email, now=visit.now))
    except GapError as error:
        return visit.go(f"{PAGE}/{gap_id}", f"errors.gap.{error.reason}", trouble=True)
    return visit.go(f"{PAGE}/{gap_id}", "gap_drafts.discarded")


async def review(visit: Visit) -> Response:
    """All its drafts as employees will read them, and what is still to be looked at."""
    return await _review(visit)


async def publish_gap(visit: Visit) -> Response:
    """Make articles of the chosen drafts; the questions that failed are asked before and after."""
    gap_id, shared = gap_id_of(visit), visit.shared
    languages = [_known(code) for code in dict.fromkeys(visit.form.many("language"))]
    if not visit.form.has("reviewed") or not languages:
        return await _review(visit, trouble="gap_drafts.not_reviewed" if languages else "gap_drafts.none_chosen")
    faculties = shared.study.faculties()
    if faculties is None:
        return await _review(visit, trouble="gaps.starting")
    found = await visit.read(lambda session: gap_in(session, gap_id, visit))
    trouble = _hindrance(found, languages)
    if trouble:
        return await _review(visit, trouble=trouble)
    house, by, knowledge = shared.house, visit.me.email, faculties.knowledge

    async def work(hear: Heard) -> None:
        place = Place(house.data_dir, house.shares_index, remote_model(house.settings.embeddings))
        await publish(house.database, knowledge, place, gap_id, languages, by=by, now=house.clock(), progress=hear)
        shared.pulse.beat()

    name = bench_name(gap_id)
    await shared.bench.begin(name, "publishing", work)
    return visit.go(f"{PAGE}/{gap_id}")


def _hindrance(found: Detail, languages: Sequence[Language]) -> str:
    """Why these cannot be published, as the wording says it."""
    drafts = {draft.language: draft for draft in found.drafts}
    if any(language not in drafts for language in languages):
        return "errors.gap.no_draft"
    return "errors.gap.unfinished" if any(unfinished(drafts[one].body) for one in languages) else ""


async def _review(visit: Visit, *, trouble: str = "") -> Response:
    gap_id = gap_id_of(visit)
    found = await visit.read(lambda session: gap_in(session, gap_id, visit))
    if not found.drafts:
        return visit.go(f"{PAGE}/{gap_id}")
    return visit.page(
        "gaps/review.html",
        422 if trouble else 200,
        gap=found.gap, drafts=found.drafts, trouble=trouble,
        rendered={draft.language: render_markdown(draft.body) for draft in found.drafts},
        waits={draft.language: unfinished(draft.body) for draft in found.drafts},
        points={draft.language: _points(visit, draft) for draft in found.drafts},
        starting=visit.shared.study.faculties() is None,
    )  # fmt: skip


def _form(  # noqa: PLR0913, PLR0917 -- one page with two callers
    visit: Visit, found: Detail, draft: Draft, typed: Typed, groups: Sequence[str], trouble: str = ""
) -> Response:
    unlisted = [group for group in typed.audience if group not in groups]
    return visit.page(
        "gaps/draft.html",
        422 if trouble else 200,
        gap=found.gap, drafts=found.drafts, draft=draft, typed=typed, trouble=trouble, pending=PENDING,
        groups=[*groups, *unlisted], points=_points(visit, draft), title=typed.title,
        body=render_markdown(typed.body), waits=unfinished(typed.body),
        free=[code for code in LANGUAGES if code not in {one.language for one in found.drafts}],
        most=found.gap.examples,
    )  # fmt: skip


async def _draft_here(visit: Visit) -> tuple[Detail, Draft, list[str]]:
    gap_id, language = gap_id_of(visit), _language(visit)
    found, groups = await visit.read(lambda session: (gap_in(session, gap_id, visit), _groups(session)))
    draft = next((draft for draft in found.drafts if draft.language == language), None)
    if draft is None:
        raise HTTPException(404)
    return found, draft, groups


def _groups(session: Session) -> list[str]:
    """Every group that an employee is in or an article is for."""
    named: set[str] = set()
    for column in (EmployeeRow.groups, ArticleRow.audience):
        for groups in session.scalars(select(column)):
            named.update(groups)
    return sorted(named)


def _points(visit: Visit, draft: Draft) -> list[str]:
    """The open points in the viewer's language; a model's own questions as they are."""
    said = []
    for kept in draft.points:
        name, what = parted(kept)
        said.append(visit.words(f"gap_drafts.point.{name}", what=what) if name else what)
    return said


def _listed(text: str) -> tuple[str, ...]:
    """Words between commas or on lines, each once."""
    parts = (" ".join(part.split()) for part in text.replace("\n", ",").replace(";", ",").split(","))
    return tuple(dict.fromkeys(part[:80] for part in parts if part))


def _language(visit: Visit) -> Language:
    return _known(str(visit.request.path_params["language"]))


def _known(code: str) -> Language:
    if code not in LANGUAGES:
        raise HTTPException(404)
    return code


ROUTES = (
    post("/knowledge/gaps/{id:int}/draft", make_draft),
    get("/knowledge/gaps/{id:int}/draft", newest_draft),
    get("/knowledge/gaps/{id:int}/draft/{language}", show_draft),
    post("/knowledge/gaps/{id:int}/draft/{language}", save_draft),
    post("/knowledge/gaps/{id:int}/draft/{language}/discard", discard),
    post("/knowledge/gaps/preview", preview),
    get("/knowledge/gaps/{id:int}/review", review),
    post("/knowledge/gaps/{id:int}/publish", publish_gap),
)
