"""One person's data in the store: which conversations are theirs, since when and until when, and which requests."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.db.models import Conversation, DataWish
from app.desk.models import RequestRow
from app.errors import RecadoError
from app.identity.addresses import normalise_email
from app.identity.models import EmployeeRow, VerifiedSession


class UnknownPersonError(RecadoError):
    """Nobody of that address, id or conversation is known."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in which a conversation was one person's; None = without end on that side."""

    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation as far as it is one person's: the whole of it, unless others proved themselves on that phone."""

    id: int
    stretches: tuple[Stretch, ...]
    is_theirs: bool  # they are the last who proved themselves: phone number and name on WhatsApp are theirs

    @property
    def is_whole(self) -> bool:
        """Nobody else wrote there."""
        return self.stretches == (Stretch(),)

    def during(self, at: InstrumentedAttribute[datetime]) -> ColumnElement[bool]:
        """Rows of a time that is theirs."""
        return or_(*(_within(at, stretch) for stretch in self.stretches))


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody by employee id, or "" for a contact who never proved who they are."""

    employee_id: str
    name: str = ""
    email: str = ""
    talks: tuple[Talk, ...] = ()
    requests: tuple[int, ...] = field(default=())

    @property
    def conversations(self) -> tuple[int, ...]:
        """Numbers of the conversations they had a part in."""
        return tuple(talk.id for talk in self.talks)


def find_person(session: Session, known_as: str) -> Person:
    """Find somebody by e-mail, employee id, or "conversation:7" for a contact; raises `UnknownPersonError`."""
    kind, _, number = known_as.partition(":")
    if kind == "conversation" and number.isdecimal():
        return person_in(session, int(number))
    email = normalise_email(known_as)
    by_email = select(EmployeeRow).where(EmployeeRow.email == email) if email else None
    row = session.scalar(by_email) if by_email is not None else None
    row = row or session.get(EmployeeRow, known_as)
    if row is None:
        raise UnknownPersonError(f"Nobody is known as {known_as!r}: give an e-mail, an employee id or conversation:N.")
    return employee(session, row.id)


def employee(session: Session, employee_id: str) -> Person:
    """An employee with everything that is theirs."""
    row = session.get(EmployeeRow, employee_id)
    sessions = select(VerifiedSession.conversation_id).where(VerifiedSession.employee_id == employee_id)
    wishes = select(DataWish.conversation_id).where(DataWish.employee_id == employee_id)
    own = select(RequestRow.number, RequestRow.conversation_id).where(RequestRow.employee_id == employee_id)
    requests = session.execute(own.order_by(RequestRow.number)).all()
    ids = {int(one) for one in session.scalars(sessions)} | set(session.scalars(wishes))
    ids |= {int(one.conversation_id) for one in requests if one.conversation_id}
    return Person(
        employee_id=employee_id,
        name=row.name if row else "",
        email=(row.email or "") if row else "",
        talks=tuple(_talk(session, one, employee_id) for one in sorted(ids)),
        requests=tuple(one.number for one in requests),
    )


def person_in(session: Session, conversation_id: int) -> Person:
    """Whoever proved themselves last in a conversation, else its contact."""
    contact = session.get(Conversation, conversation_id)
    if contact is None:
        raise UnknownPersonError(f"There is no conversation {conversation_id}.")
    latest = select(VerifiedSession.employee_id).where(VerifiedSession.conversation_id == str(conversation_id))
    employee_id = session.scalar(latest.order_by(VerifiedSession.id.desc()).limit(1))
    if employee_id:
        return employee(session, employee_id)
    return Person("", contact.profile_name, talks=(Talk(conversation_id, (Stretch(),), is_theirs=True),))


def _talk(session: Session, conversation_id: int, employee_id: str) -> Talk:
    """Between the last sign of somebody else and the moment the next one proves themselves, it is theirs."""
    proofs = select(VerifiedSession).where(VerifiedSession.conversation_id == str(conversation_id))
    stretches: list[Stretch] = []
    since: datetime | None = None
    is_theirs = True
    for proof in session.scalars(proofs.order_by(VerifiedSession.id)):
        if proof.employee_id == employee_id:
            is_theirs = True
            continue
        if is_theirs:
            stretches.append(Stretch(since, proof.started_at))
        since, is_theirs = proof.last_seen_at, False
    if is_theirs:
        stretches.append(Stretch(since, None))
    return Talk(conversation_id, tuple(stretches), is_theirs=is_theirs)


def _within(at: InstrumentedAttribute[datetime], stretch: Stretch) -> ColumnElement[bool]:
    ends: list[ColumnElement[bool]] = [true()]
    if stretch.since is not None:
        ends.append(at > stretch.since)
    if stretch.until is not None:
        ends.append(at < stretch.until)
    return and_(*ends)
