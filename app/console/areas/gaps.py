"""Gaps of the knowledge base: what employees asked for and did not get, one gap, and the word that none is wanted."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.console.bench import Heard, Job
from app.console.events import live
from app.console.policy import POLICY
from app.console.route import get, post
from app.console.spark import spark
from app.console.visit import Visit, with_query
from app.console.wording import LANGUAGES, Words
from app.knowledge.gap_pages import Asked, Detail, detail
from app.knowledge.gaps import DAYS, Gap, GapError, dismiss, gaps, refresh, reopen
from app.knowledge.models import ArticleRow

if TYPE_CHECKING:  # brings models with it
    from app.mind import Faculties

PAGE = "/knowledge/gaps"
VIEWS: dict[str, tuple[str, ...]] = {
    "waiting": ("open", "draft"),
    "published": ("published",),
    "dismissed": ("dismissed",),
    "all": ("open", "draft", "published", "dismissed"),
}
PERIODS = (7, 30, 90)  # days
SHOWN = 100  # gaps of a page
EXAMPLES = 8  # questions of a gap before "show more"
QUESTIONS = 200  # of a gap, the most typical first
FRESH = 15 * 60.0  # seconds for which what was found stands
QUICK = 1.0  # seconds it is waited for
TOLD_FOR = 600.0  # seconds that a page tells of trouble, unless another job comes
LOOKING = "gaps"


@dataclass(frozen=True, slots=True)
class Nearest:
    """The article that is nearest to a gap, as far as it is still there."""

    title: str
    key: str
    body: str


@dataclass(frozen=True, slots=True)
class Question:
    """One question in one language, with everybody who asked it in these words."""

    text: str
    language: str
    times: int
    at: datetime  # the newest
    kinds: frozenset[str]
    requests: tuple[Asked, ...]  # those that became one


async def show_gaps(visit: Visit) -> Response:
    """The list; what was found long ago is looked for again behind the page's back."""
    query = visit.request.query_params
    view = query.get("view", "waiting") if query.get("view") in VIEWS else "waiting"
    days = next((days for days in PERIODS if str(days) == query.get("days")), DAYS)
    faculties = visit.shared.study.faculties()
    if faculties and visit.shared.bench.rested(LOOKING) > FRESH:
        await _look_again(visit, faculties)
    found = await visit.read(lambda session: gaps(session, visit.now, days=days))
    counts: Counter[str] = Counter(gap.state for gap in found)
    shown = [gap for gap in found if gap.state in VIEWS[view]]
    return visit.page(
        "gaps/list.html",
        gaps=shown[:SHOWN], left_out=max(0, len(shown) - SHOWN), view=view, days=days, periods=PERIODS, spark=spark,
        tabs=[(name, sum(counts[state] for state in states), _address(name, days)) for name, states in VIEWS.items()],
        people=sum(gap.people for gap in shown), starting=faculties is None, tell=progress_of(visit, LOOKING),
    )  # fmt: skip


async def look_again(visit: Visit) -> Response:
    """Bring the questions together again now."""
    faculties = visit.shared.study.faculties()
    if faculties is None:
        return visit.go(PAGE, "gaps.starting", trouble=True)
    await _look_again(visit, faculties)
    return visit.go(PAGE)


async def gaps_events(visit: Visit) -> Response:
    """Whether they are being brought together."""
    return live(visit, POLICY["GET /knowledge/gaps/events"], lambda _: progress_of(visit, LOOKING), name="job", every=1)


async def show_gap(visit: Visit) -> Response:
    """One gap in full."""
    gap_id = gap_id_of(visit)
    found, nearest = await visit.read(lambda session: _found(session, gap_id, visit))
    by_requests = Counter(question.request for question in found.questions if question.request)
    return visit.page(
        "gaps/gap.html",
        gap=found.gap, questions=_questions(found.questions)[:QUESTIONS], examples=EXAMPLES, drafts=found.drafts,
        proofs=found.proofs, mended=sum(proof.after == "answer" for proof in found.proofs),
        was_fine=sum(proof.before == "answer" for proof in found.proofs), nearest=nearest, requests=len(by_requests),
        spark=spark, free=[code for code in LANGUAGES if code not in {draft.language for draft in found.drafts}],
        tell=progress_of(visit, bench_name(gap_id)), starting=visit.shared.study.faculties() is None,
    )  # fmt: skip


async def gap_events(visit: Visit) -> Response:
    """How far its draft or its publication is."""
    rule, name = POLICY["GET /knowledge/gaps/{id:int}/events"], bench_name(gap_id_of(visit))
    return live(visit, rule, lambda _: progress_of(visit, name), name="job", every=1)


async def dismiss_gap(visit: Visit) -> Response:
    """Say that no article is wanted, and why."""
    gap_id, reason = gap_id_of(visit), visit.form.text("reason", longest=500)
    try:
        await visit.write(lambda session: dismiss(session, gap_id, reason, by=visit.me.email, now=visit.now))
    except GapError as error:
        return visit.go(f"{PAGE}/{gap_id}", f"errors.gap.{error.reason}", trouble=True)
    return visit.go(PAGE, "gaps.dismissed")


async def reopen_gap(visit: Visit) -> Response:
    """Take it up again."""
    gap_id = gap_id_of(visit)
    try:
        await visit.write(lambda session: reopen(session, gap_id, by=visit.me.email, now=visit.now))
    except GapError as error:
        return visit.go(PAGE, f"errors.gap.{error.reason}", trouble=True)
    return visit.go(f"{PAGE}/{gap_id}", "gaps.reopened")


def progress_of(visit: Visit, name: str) -> Mapping[str, Any]:
    """What a page tells of a job; plain values, for JSON."""
    job = visit.shared.bench.job(name)
    if job is None:
        return {"active": False, "kind": "", "step": "", "share": None, "words": "", "trouble": ""}
    return {
        "active": job.active,
        "kind": job.kind,
        "step": _step(job),
        "share": round(100 * job.done / job.total) if job.active and job.total else None,
        "words": _sentence(job, visit.words) if job.active else "",
        "trouble": job.trouble if visit.shared.bench.rested(name) < TOLD_FOR else "",
    }


def _step(job: Job) -> str:
    """Building the index has stages of its own, all one step for who waits."""
    return job.stage if job.stage in {"", "asking_before", "asking_again"} else "indexing"


def _sentence(job: Job, words: Words) -> str:
    name = f"gaps.now.{job.stage or job.kind}"
    said = words(name if name in words else "gaps.now.indexing")
    return words("gaps.of", said=said, done=job.done, total=job.total) if job.total > 1 else said


def bench_name(gap_id: int) -> str:
    """Under which name the work for a gap is."""
    return f"gap {gap_id}"


def gap_id_of(visit: Visit) -> int:
    """The gap in the address."""
    gap_id = int(visit.request.path_params["id"])
    if gap_id >= 2**63:
        raise HTTPException(404)
    return gap_id


def gap_in(session: Session, gap_id: int, visit: Visit) -> Detail:
    """A gap in full; none is a page that is not there."""
    try:
        return detail(session, gap_id, visit.now)
    except GapError:
        raise HTTPException(404) from None


def _found(session: Session, gap_id: int, visit: Visit) -> tuple[Detail, Nearest | None]:
    found = gap_in(session, gap_id, visit)
    return found, _nearest(session, found.gap)


def _nearest(session: Session, gap: Gap) -> Nearest | None:
    row = session.get(ArticleRow, gap.article_key) if gap.article_key else None
    return Nearest(row.title, row.key, row.body[:600]) if row else None


def _questions(asked: Sequence[Asked]) -> list[Question]:
    """The same words once, the most typical first."""
    same: dict[tuple[str, str], list[Asked]] = {}
    for one in asked:
        same.setdefault((" ".join(one.text.casefold().split()), one.language), []).append(one)
    return [
        Question(
            text=group[0].text,
            language=group[0].language,
            times=len(group),
            at=max(one.at for one in group),
            kinds=frozenset().union(*(one.kinds for one in group)),
            requests=tuple(one for one in group if one.request),
        )
        for group in same.values()
    ]


async def _look_again(visit: Visit, faculties: "Faculties") -> None:
    shared, knowledge = visit.shared, faculties.knowledge

    async def work(_: Heard) -> None:
        await refresh(shared.house.database, knowledge, knowledge.embedder, shared.house.clock())
        shared.pulse.beat()

    await shared.bench.begin(LOOKING, "looking", work, wait=QUICK)


def _address(view: str, days: int) -> str:
    return with_query(PAGE, view="" if view == "waiting" else view, days="" if days == DAYS else str(days))


ROUTES = (
    get("/knowledge/gaps", show_gaps),
    post("/knowledge/gaps", look_again),
    get("/knowledge/gaps/events", gaps_events),
    get("/knowledge/gaps/{id:int}", show_gap),
    get("/knowledge/gaps/{id:int}/events", gap_events),
    post("/knowledge/gaps/{id:int}/dismiss", dismiss_gap),
    post("/knowledge/gaps/{id:int}/reopen", reopen_gap),
)
