"""What became of what staff wrote to an employee: the outbox's states as staff pages tell them, with plain reasons."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import literal, or_, select
from sqlalchemy.orm import Session

from app.db.models import OutboxEntry
from app.desk.models import RequestEvent
from app.news import NEWS, PARTS
from app.request_mail import BY_MAIL
from app.whatsapp.errors import FILE_GONE, WRONG_SIZE, WRONG_TYPE

State = Literal["waiting", "sent", "delivered", "read", "held", "failed", "nobody"]
"""`delivery.state.STATE` says it on a page. held: the 24 h are over; nobody: no phone may be told."""

STATES: dict[str, State] = {
    "new": "waiting", "sending": "waiting", "sent": "sent", "delivered": "delivered", "read": "read", "held": "held",
    "failed": "failed", "dead": "failed", "dropped": "failed",
}  # fmt: skip
WORST_FIRST: tuple[State, ...] = ("failed", "held", "waiting", "sent", "delivered", "read")
WHY: dict[int, str] = {
    **dict.fromkeys((131026, 131021), "not_reachable"),
    131030: "test_number",
    131047: "window",
    **dict.fromkeys((131050, 131049, 130472), "declined"),
    **dict.fromkeys((131051, 131052, 131053), "file"),
    **dict.fromkeys((4, 80007, 130429, 131048, 131056, 131064), "too_fast"),
    **dict.fromkeys((190, 3, 10, *range(200, 300), 131005), "access"),
    **dict.fromkeys((368, 131031, 130497), "policy"),
    131042: "billing",
    **dict.fromkeys((131045, 133010, 131037), "number"),
    **dict.fromkeys((1, 2, 131000, 131016, 131057, 133004), "their_trouble"),
    **dict.fromkeys((132000, 132001, 132005, 132007, 132012, 132015, 132016, 132068, 132069), "template"),
}
"""By WhatsApp's code, the name of its reason in plain words: `delivery.why.NAME`."""

OURS = {WRONG_TYPE: "file_type", WRONG_SIZE: "file_size", FILE_GONE: "file_gone"}


@dataclass(frozen=True, slots=True)
class FileDelivered:
    """What became of one file of a reply; `why` as in `Delivered`."""

    attachment_id: int
    state: State
    why: str = ""


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of one reply: as its worst part fared. `why` is a name for `delivery.why.NAME`, "" = no trouble.

    `detail` is what WhatsApp said, in its own words; `mail` what became of the copy by mail, "" = none was asked for.
    """

    state: State
    why: str = ""
    detail: str = ""
    files: tuple[FileDelivered, ...] = ()
    mail: State | Literal[""] = ""


def delivery_of(session: Session, event_ids: Iterable[int]) -> dict[int, Delivered]:
    """What became of each of these events of requests; those that are not for the requester are left out."""
    wanted = list(event_ids)
    if not wanted:
        return {}
    events = select(RequestEvent.id, RequestEvent.told_at, RequestEvent.tell).where(RequestEvent.id.in_(wanted))
    said, mailed = _entries(session, NEWS, wanted), _entries(session, BY_MAIL, wanted)
    return {
        event_id: _delivered(said.get(event_id, ()), mailed.get(event_id, ()), is_told=told_at is not None)
        for event_id, told_at, tell in session.execute(events)
        if tell or event_id in mailed
    }


def why_not(error: str) -> str:
    """The name of the reason for an outbox entry's error: by WhatsApp's code, or by what we found ourselves."""
    code, _, words = error.partition(" ")
    if not error:
        return ""
    if code.isdecimal() and int(code):
        return WHY.get(int(code), "other")
    return OURS.get(words, "other")


def _entries(session: Session, version: int, ids: Iterable[int]) -> dict[int, list[OutboxEntry]]:
    """By event, its parts in their order."""
    theirs = [OutboxEntry.part.between(event_id * PARTS, event_id * PARTS + PARTS - 1) for event_id in ids]
    found: dict[int, list[OutboxEntry]] = {}
    if theirs:
        of_the_desk = OutboxEntry.version < literal(0, literal_execute=True)  # spelt out: a partial index serves it
        wanted = (of_the_desk, OutboxEntry.version == version, or_(*theirs))
        for entry in session.scalars(select(OutboxEntry).where(*wanted).order_by(OutboxEntry.part)):
            found.setdefault(entry.part // PARTS, []).append(entry)
    return found


def _delivered(said: Sequence[OutboxEntry], mailed: Sequence[OutboxEntry], *, is_told: bool) -> Delivered:
    mail: State | Literal[""] = _worst(mailed) if mailed else ""
    if not said:
        return Delivered(mail or ("nobody" if is_told else "waiting"), mail=mail)
    state = _worst(said)
    trouble = next((entry.error for entry in said if STATES[entry.state] == state and entry.error), "")
    files = tuple(
        FileDelivered(int(entry.body["attachment"]), STATES[entry.state], _why(entry))
        for entry in said
        if entry.kind == "file"
    )
    return Delivered(state, why_not(trouble) if state in ("failed", "held") else "", trouble, files, mail)


def _why(entry: OutboxEntry) -> str:
    return why_not(entry.error) if STATES[entry.state] in ("failed", "held") else ""


def _worst(entries: Sequence[OutboxEntry]) -> State:
    states = {STATES[entry.state] for entry in entries}
    return next(state for state in WORST_FIRST if state in states)
