"""The index: what is searched, what it is expected to get right, when it answers; going back, building, verifying."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.responses import Response

from app.console.curve import Curve, curve_of
from app.console.progress import progress_of, standing
from app.console.route import get, post
from app.console.visit import Visit
from app.knowledge.errors import SyncError, ThresholdsRefusedError
from app.knowledge.runs import ask
from app.knowledge.thresholds import Effect, checked, choose, chosen, default_thresholds, effect, forget
from retrieval.applies import Thresholds
from retrieval.revision import FOLDER, IndexUnusableError, Manifest, pointed, read_manifest

if TYPE_CHECKING:  # brings models and graph, which the pages do not wait for
    from app.mind import Faculties

PAGE = "/knowledge/index"


@dataclass(frozen=True, slots=True)
class Standing:
    """A revision that lies here."""

    manifest: Manifest
    built_at: datetime
    megabytes: float

    @property
    def articles(self) -> int:
        """In all languages."""
        return sum(count.articles for count in self.manifest.languages.values())

    @property
    def chunks(self) -> int:
        """In all languages."""
        return sum(count.chunks for count in self.manifest.languages.values())


async def show_index(visit: Visit) -> Response:
    """All of it; `answer` and `offer` in the address are thresholds to weigh before they are chosen."""
    return await _page(visit)


async def _page(visit: Visit, findings: list[str] | None = None) -> Response:
    shared, faculties = visit.shared, visit.shared.study.faculties()
    root = shared.house.data_dir / FOLDER
    picked, run = await visit.read(lambda session: (chosen(session), standing(session)))
    default = default_thresholds(shared.house.settings.knowledge)
    force = picked or default
    wanted = _wanted(visit.request.query_params, force)
    current, previous = await asyncio.to_thread(lambda: (_standing(root, "CURRENT"), _standing(root, "PREVIOUS")))
    effects = _effects(faculties, force, wanted)
    return visit.page(
        "knowledge/index.html",
        current=current, previous=previous, force=force, wanted=wanted, is_chosen=picked is not None, default=default,
        effects=effects, curve=_curve(effects), starting=faculties is None, findings=findings,
        trouble=faculties.knowledge.trouble if faculties else "", progress=progress_of(run, visit.words),
    )  # fmt: skip


async def save_thresholds(visit: Visit) -> Response:
    """Answer and offer from these probabilities, or as the settings say; every worker follows within seconds."""
    if visit.form.has("reset"):
        await visit.write(forget)
        return visit.go(PAGE, "index.thresholds_reset")
    wanted = _pair(visit.form.text("answer", longest=10), visit.form.text("offer", longest=10))
    if wanted is None:
        return visit.go(PAGE, "index.thresholds_refused", trouble=True)
    await visit.write(lambda session: choose(session, wanted, visit.now))
    return visit.go(PAGE, "index.thresholds_saved")


async def verify(visit: Visit) -> Response:
    """Whether database, vectors and words hold the same."""
    from app.knowledge.consistency import inconsistencies_in_use  # noqa: PLC0415 -- brings models with it

    faculties = visit.shared.study.faculties()
    if faculties is None:
        return visit.go(PAGE, "index.starting", trouble=True)
    return await _page(visit, await inconsistencies_in_use(visit.shared.house.database, faculties.knowledge))


async def rebuild(visit: Visit) -> Response:
    """Build it again although nothing changed."""
    try:
        await visit.write(lambda session: ask(session, (), by=visit.me.email, now=visit.now, rebuild=True))
    except SyncError:
        return visit.go(PAGE, "sources.busy", trouble=True)
    return visit.go(PAGE)


async def back(visit: Visit) -> Response:
    """Search the previous revision again."""
    from app.knowledge.consistency import go_back  # noqa: PLC0415 -- as above

    house = visit.shared.house
    try:
        revision = await go_back(house.database, house.data_dir, shared=house.shares_index)
    except (IndexUnusableError, SyncError):
        return visit.go(PAGE, "index.no_way_back", trouble=True)
    return visit.go(PAGE, "index.went_back", revision=revision)


def _effects(faculties: "Faculties | None", force: Thresholds, wanted: Thresholds) -> list[Effect]:
    """What is in force, then what is weighed if that is another."""
    calibration = faculties.knowledge.calibration if faculties else None
    if calibration is None:
        return []
    return [effect(calibration, thresholds) for thresholds in dict.fromkeys((force, wanted))]


def _curve(effects: list[Effect]) -> Curve | None:
    if not effects or not effects[0].answering.found.questions:
        return None
    return curve_of(effects[0].curve, effects[-1].thresholds)


def _wanted(query: Mapping[str, str], force: Thresholds) -> Thresholds:
    return _pair(query.get("answer", "")[:10], query.get("offer", "")[:10]) or force


def _pair(answer: str, offer: str) -> Thresholds | None:
    """Percents as the sliders send them."""
    if not all(text.isascii() and text.isdecimal() for text in (answer, offer)):
        return None
    try:
        return checked(int(answer) / 100, int(offer) / 100)
    except ThresholdsRefusedError:
        return None


def _standing(root: Path, pointer: str) -> Standing | None:
    try:
        folder = pointed(root, pointer)
        manifest = read_manifest(folder) if folder else None
    except IndexUnusableError:
        return None
    if folder is None or manifest is None:
        return None
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    built_at = datetime.strptime(manifest.revision.partition("-")[0], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    return Standing(manifest, built_at, size / 1e6)


ROUTES = (
    get("/knowledge/index", show_index),
    post("/knowledge/index/thresholds", save_thresholds),
    post("/knowledge/index/verify", verify),
    post("/knowledge/index/rebuild", rebuild),
    post("/knowledge/index/back", back),
)
