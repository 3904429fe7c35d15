"""Macros: answers prepared beforehand for agents, written, tried on an example, taken out of use."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.console.route import get, post
from app.console.visit import Visit
from app.console.wording import LANGUAGES
from app.desk.errors import SettingRefusedError
from app.desk.macros import LONGEST_TEXT, MAY_BECOME, PLACEHOLDERS, Macro, save_macro
from app.desk.models import MacroRow
from app.desk.rules import rules_of

PATH = "/macros"


async def show_macros(visit: Visit) -> Response:
    """All of them, those out of use last."""

    def look(session: Session) -> dict[str, Any]:
        rows = session.scalars(select(MacroRow).order_by(MacroRow.active.desc(), MacroRow.name, MacroRow.id))
        return {"macros": [_facts(row) for row in rows], "rules": rules_of(session)}

    return visit.page("settings/macros.html", **await visit.read(look))


def _facts(row: MacroRow) -> dict[str, Any]:
    shown = ("id", "name", "texts", "queue", "status", "active", "changed_by", "changed_at")
    return {name: getattr(row, name) for name in shown}


async def show_macro(visit: Visit) -> Response:
    """One of them; number 0 is a new one."""
    return await _page(visit)


async def _page(visit: Visit, *, status: int = 200, refused: SettingRefusedError | None = None) -> Response:
    macro_id = int(visit.request.path_params["id"])

    def look(session: Session) -> dict[str, Any]:
        row = session.get(MacroRow, macro_id) if 0 < macro_id < 2**63 else None
        if row is None and macro_id:
            raise HTTPException(404)
        empty = {"id": 0, "name": "", "texts": {}, "queue": "", "status": "", "active": True}
        return {"macro": _facts(row) if row else empty, "rules": rules_of(session)}

    data = await visit.read(look)
    typed = data["macro"] if status == 200 else vars_of(_typed(visit))
    return visit.page(
        "settings/macro.html", status, **data,
        typed=typed, refused=refused, statuses=MAY_BECOME, placeholders=PLACEHOLDERS, longest=LONGEST_TEXT,
    )  # fmt: skip


def vars_of(macro: Macro) -> dict[str, Any]:
    """A macro as its form has it."""
    return {name: getattr(macro, name) for name in ("name", "texts", "queue", "status", "active")}


def _typed(visit: Visit) -> Macro:
    form = visit.form
    texts = {language: form.text(f"text.{language}", longest=LONGEST_TEXT + 1) for language in LANGUAGES}
    return Macro(
        name=form.text("name", longest=200),
        texts={str(language): text for language, text in texts.items()},
        queue=form.text("queue", longest=60),
        status=form.text("status", longest=20),
        active=form.has("active"),
    )


async def save(visit: Visit) -> Response:
    """Keep it."""
    macro_id = int(visit.request.path_params["id"])
    wanted = _typed(visit)
    try:
        await visit.write(
            lambda session: save_macro(session, macro_id or None, wanted, by=visit.me.name, now=visit.now) and None
        )
    except SettingRefusedError as refused:
        if refused.reason == "unknown":
            raise HTTPException(404) from refused
        return await _page(visit, status=422, refused=refused)
    return visit.go(PATH, "macros.saved", name=wanted.name)


ROUTES = (
    get("/macros", show_macros),
    get("/macros/{id:int}", show_macro),
    post("/macros/{id:int}", save),
)
