"""What employees asked about their data: taken up, refused with a reason, finished; each step is told in the chat."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audit.chain import note
from app.db.models import Conversation, DataWish, OutboxEntry
from app.errors import RecadoError
from app.outbox import UNSETTLED, Slot, put
from app.whatsapp.outbound import render
from graph.messages import Text
from prompts.texts import known_language, say

WAITING = ("new", "started", "erasing")
ANSWER_WITHIN = timedelta(days=15)  # LGPD, art. 19; the GDPR gives a month
LAST_WORDS = timedelta(minutes=10)  # to be delivered before what they are about is erased
VERSION = -14  # of outbox entries that tell of data wishes, no turn's
STEPS = 10  # messages of one wish at most


class WishRefusedError(RecadoError):
    """The wish is not in a state for that; `reason` is a word that pages have a sentence for."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


def wish_of(session: Session, wish_id: int) -> DataWish:
    """One wish, ours until the transaction ends; raises `WishRefusedError`."""
    wish = session.get(DataWish, wish_id, with_for_update=True)
    if wish is None:
        raise WishRefusedError("unknown", f"There is no data wish {wish_id}.")
    return wish


def wishes(session: Session, *, waiting: bool | None = None, limit: int = 200) -> list[DataWish]:
    """Those that wait, oldest first; or those that have ended, newest first; None = all, newest first."""
    found = select(DataWish).limit(limit)
    if waiting:
        found = found.where(DataWish.state.in_(WAITING)).order_by(DataWish.id)
    else:
        found = found.order_by(DataWish.id.desc())
    if waiting is False:
        found = found.where(DataWish.state.not_in(WAITING))
    return list(session.scalars(found))


def count_waiting(session: Session) -> int:
    """How many wait for a person."""
    return session.execute(select(func.count()).where(DataWish.state.in_(WAITING))).scalar_one()


def start(session: Session, wish_id: int, by: str, now: datetime) -> None:
    """Somebody looks into it; the employee is told."""
    wish = _in(session, wish_id, "new")
    wish.state, wish.taken_by, wish.started_at = "started", by, now
    note(session, "privacy.started", f"wish {wish.id}", now)
    _tell(session, wish, 0, "data_started", now)


def refuse(session: Session, wish_id: int, reason: str, by: str, now: datetime) -> None:
    """Say no, and why; the employee reads the reason."""
    wish = _in(session, wish_id, "new", "started")
    if not reason.strip():
        raise WishRefusedError("no_reason", "A refusal needs a reason: the employee reads it.")
    wish.state, wish.reason, wish.taken_by, wish.ended_at = "refused", reason.strip(), by, now
    note(session, "privacy.refused", f"wish {wish.id}", now)
    _tell(session, wish, 1, "data_refused", now, text=reason.strip())


def finish_export(session: Session, wish_id: int, by: str, now: datetime) -> None:
    """Their data were handed to them."""
    wish = _in(session, wish_id, "new", "started")
    if wish.wish != "export":
        raise WishRefusedError("other_wish", "That wish is not for an export.")
    wish.state, wish.taken_by, wish.ended_at = "done", by, now
    _tell(session, wish, 2, "data_exported", now)


def order_erasure(session: Session, wish_id: int, by: str, now: datetime) -> None:
    """Erase them as soon as the last words have gone out."""
    wish = _in(session, wish_id, "new", "started")
    if wish.wish != "erase":
        raise WishRefusedError("other_wish", "That wish is not to be erased.")
    wish.state, wish.taken_by, wish.started_at = "erasing", by, now
    note(session, "privacy.ordered", f"wish {wish.id}", now)
    _tell(session, wish, 3, "data_erased", now)


def due_erasures(session: Session, now: datetime) -> list[int]:
    """Wishes whose last words are out, or have had their time."""
    due = []
    for wish in session.scalars(select(DataWish).where(DataWish.state == "erasing").order_by(DataWish.id)):
        unsent = select(OutboxEntry.id).where(
            OutboxEntry.conversation_id == wish.conversation_id,
            OutboxEntry.kind == "message",
            OutboxEntry.state.in_(UNSETTLED),
        )
        is_late = wish.started_at is None or now - wish.started_at >= LAST_WORDS
        if is_late or session.scalar(unsent.limit(1)) is None:
            due.append(wish.id)
    return due


def ended(session: Session, wish_id: int, now: datetime) -> None:
    """It is erased: the wish itself stays as the proof, without a name."""
    wish = wish_of(session, wish_id)
    wish.state, wish.ended_at = "done", now


def _in(session: Session, wish_id: int, *states: str) -> DataWish:
    wish = wish_of(session, wish_id)
    if wish.state not in states:
        raise WishRefusedError("state", f"Data wish {wish_id} is {wish.state} already.")
    return wish


def _tell(session: Session, wish: DataWish, step: int, key: str, now: datetime, **values: str) -> None:
    """In the chat where they asked; it waits there when the 24 hours are over."""
    language = known_language(session.get_one(Conversation, wish.conversation_id).language)
    messages = render(Text(body=say(language, key, **values)))
    for part, message in enumerate(messages[:STEPS]):
        slot = Slot(wish.conversation_id, VERSION, (wish.id * 4 + step) * STEPS + part)
        put(session, slot, "message", message, now=now)
