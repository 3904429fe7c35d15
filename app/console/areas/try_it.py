"""Trying a question as an employee of some groups and language would ask it: what they would read, and why."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from time import perf_counter
from typing import TYPE_CHECKING

from starlette.responses import Response

from app.console.route import get
from app.console.visit import Visit
from app.console.wording import LANGUAGES
from app.knowledge.browsing import groups_named
from retrieval.passage import Language

if TYPE_CHECKING:  # brings models and graph, which the pages do not wait for
    from app.knowledge.trying import Trial
    from app.mind import Faculties

LONGEST = 2000  # characters of a question
PASSAGES = 5
MOST_GROUPS = 50
PATIENCE = 60.0  # seconds for a language model; an employee gets the embedded engine's answer much sooner


@dataclass(frozen=True, slots=True)
class Asked:
    """What the form says."""

    question: str = ""
    language: str = ""  # "" = the one it is written in
    groups: tuple[str, ...] = ()
    model: bool = False


async def show_try(visit: Visit) -> Response:
    """The form, and what came of the question in it."""
    asked = _asked(visit)
    groups = await visit.read(groups_named)
    faculties = visit.shared.study.faculties()
    trial, milliseconds = None, 0.0
    if asked.question and faculties:
        started = perf_counter()
        trial = await _try(faculties, asked)
        milliseconds = (perf_counter() - started) * 1000
    return visit.page(
        "knowledge/try.html",
        asked=asked, groups=groups, starting=faculties is None, trial=trial, milliseconds=milliseconds,
        has_model=bool(faculties and faculties.engines.providers), assistant=visit.shared.house.settings.company,
    )  # fmt: skip


async def _try(faculties: "Faculties", asked: Asked) -> "Trial":
    from app.knowledge.trying import Try, try_out  # noqa: PLC0415 -- brings the graph with it
    from graph.language.ledger import Ledger  # noqa: PLC0415 -- as above

    language: Language | None = next((code for code in LANGUAGES if code == asked.language), None)
    engines = faculties.engines
    engine = engines.for_turn(Ledger(), spent_today=0, waited=timedelta(0)) if asked.model else engines.backup
    wanted = Try(asked.question, language, asked.groups, PASSAGES)
    async with asyncio.timeout(PATIENCE):
        return await try_out(faculties.knowledge, engine, faculties.company, wanted)


def _asked(visit: Visit) -> Asked:
    query = visit.request.query_params
    return Asked(
        question=query.get("q", "").replace("\0", "").strip()[:LONGEST],
        language=query.get("language", visit.me.language)[:10],
        groups=tuple(query.getlist("group")[:MOST_GROUPS]),
        model=query.get("model") == "1",
    )


ROUTES = (get("/knowledge/try", show_try),)
