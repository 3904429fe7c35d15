"""Macros: answers prepared beforehand, filled with what a request knows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.desk.errors import SettingRefusedError
from app.desk.models import MacroRow, RequestRow
from app.desk.rules import rules_of
from app.identity.employees import employee_by_id
from tools.drafts import plain

PLACEHOLDERS = ("name", "number", "title", "queue", "agent")
BEHIND = re.compile(r"\{([a-z_]*)\}")
LONGEST_NAME = 80  # characters
LONGEST_TEXT = 4_000  # characters in a language
MAY_BECOME = ("", "open", "pending", "waiting", "solved")


@dataclass(frozen=True, slots=True)
class Macro:
    """What a page says of one."""

    name: str
    texts: dict[str, str]
    queue: str = ""
    status: str = ""
    active: bool = True


def macros_for(session: Session, queue: str) -> Sequence[MacroRow]:
    """Those that may be used on a request of this queue, by name."""
    usable = select(MacroRow).where(MacroRow.active, MacroRow.queue.in_(("", queue)))
    return session.scalars(usable.order_by(MacroRow.name, MacroRow.id)).all()


def render_macro(session: Session, macro_id: int, request: RequestRow, language: str, *, agent: str = "") -> str:
    """Fill a macro for a request, in the language or else in Portuguese; "" when there is no such macro any more.

    All placeholders are filled in one pass, so that what an employee wrote is never filled again.
    """
    macro = session.get(MacroRow, macro_id)
    if macro is None or not macro.active:
        return ""
    employee = employee_by_id(session, request.employee_id)
    known = {
        "name": employee.name.split()[0] if employee and employee.name.split() else "",
        "number": f"#{request.number}",
        "title": request.title,
        "queue": rules_of(session).queue_name(request.queue, language),
        "agent": agent,
    }
    words = str(macro.texts.get(language) or macro.texts.get("pt-BR", ""))
    return BEHIND.sub(lambda found: known.get(found[1], found[0]), words)


def save_macro(session: Session, macro_id: int | None, wanted: Macro, *, by: str, now: datetime) -> MacroRow:
    """Keep a new macro or another wording of one; raises `SettingRefusedError`."""
    _check(session, wanted)
    row = session.get(MacroRow, macro_id) if macro_id is not None else MacroRow()
    if row is None:
        raise SettingRefusedError("unknown")
    row.name, row.queue, row.status, row.active = plain(wanted.name), wanted.queue, wanted.status, wanted.active
    row.texts = {language: plain(text) for language, text in wanted.texts.items() if text.strip()}
    row.changed_by, row.changed_at = by, now
    session.add(row)
    session.flush()
    return row


def _check(session: Session, wanted: Macro) -> None:
    if not 0 < len(wanted.name.strip()) <= LONGEST_NAME:
        raise SettingRefusedError("macro_name")
    if not wanted.texts.get("pt-BR", "").strip():
        raise SettingRefusedError("macro_text")
    for text in wanted.texts.values():
        if len(text) > LONGEST_TEXT:
            raise SettingRefusedError("macro_long", most=LONGEST_TEXT)
        strange = [name for name in BEHIND.findall(text) if name not in PLACEHOLDERS]
        if strange:
            raise SettingRefusedError("macro_placeholder", name=strange[0])
    if wanted.queue and rules_of(session).queue(wanted.queue) is None:
        raise SettingRefusedError("queue_unknown", name=wanted.queue)
    if wanted.status not in MAY_BECOME:
        raise SettingRefusedError("macro_status")
