"""Erasing one person: nothing of them is left in any byte, everybody else is untouched, what is counted stays."""

from pathlib import Path

import pytest
from sqlalchemy import func, inspect, select, text
from sqlalchemy.orm import Session

from app import outbox
from app.audit.verification import verify
from app.db.models import Conversation, DataWish, InboxMessage
from app.desk.agents import agent_comment
from app.desk.models import ERASED, OutageFollower, RequestEvent, RequestRow
from app.identity.models import EmployeeRow, VerifiedSession
from app.privacy.erasing import Order, erase
from app.privacy.exporting import gather
from app.privacy.person import Person, Stretch, Talk, UnknownPersonError, employee, find_person
from app.thinking.models import ModelCallRow
from tests.privacy.people import JOSE, MARIA, NOW, settle_in
from tools.service_desk import DeskRefusedError

ORDER = Order("staff 1", "wish 1", directory=True)


def places_of(mark: str, house) -> list[str]:
    """Where the mark stands, in any case: in files of the data directory byte by byte, or in any row of any table."""
    found = [
        str(path.relative_to(house.settings.data_dir)).removesuffix("-wal")
        for path in house.settings.data_dir.rglob("*")
        if path.is_file() and mark.lower().encode() in path.read_bytes().lower()
    ]
    if house.database.is_shared:
        with house.database.engine.connect() as connection:
            for table in inspect(connection).get_table_names():
                rows = connection.execute(text(f'SELECT row_to_json(t)::text FROM "{table}" t')).scalars()  # noqa: S608
                found += [table for row in rows if mark.lower() in row.lower()]
    return sorted(set(found))


async def move_in(house) -> dict[str, int]:
    def work(session: Session) -> dict[str, int]:
        return {who.mark: settle_in(session, who, house.settings.data_dir) for who in (MARIA, JOSE)}

    return await house.database.write(work)


async def test_no_byte_of_an_erased_person_is_left(house):
    await move_in(house)
    before = places_of(MARIA.mark, house)
    assert len(before) >= (15 if house.database.is_shared else 3)
    kept = places_of(JOSE.mark, house)

    person = await house.database.read(lambda s: find_person(s, MARIA.email))
    erased = await erase(house, person, ORDER)

    assert places_of(MARIA.mark, house) == []
    assert places_of(JOSE.mark, house) == kept
    assert (erased.conversations, erased.messages, erased.requests, erased.answers) == (1, 80, 1, 1)
    assert erased.files == 2


async def test_others_lose_nothing(house):
    await move_in(house)
    jose = await house.database.read(lambda s: gather(s, employee(s, JOSE.employee_id), NOW))
    person = await house.database.read(lambda s: employee(s, MARIA.employee_id))
    await erase(house, person, ORDER)
    assert await house.database.read(lambda s: gather(s, employee(s, JOSE.employee_id), NOW)) == jose
    assert sorted(path.name for path in (house.settings.data_dir / "uploads").iterdir()) == ["upload2"]


async def test_what_is_counted_stays_without_them(house):
    talk = (await move_in(house))[MARIA.mark]
    person = await house.database.read(lambda s: employee(s, MARIA.employee_id))
    await erase(house, person, ORDER)

    def look(session: Session):
        row = session.get_one(RequestRow, 1001)
        kinds = session.scalars(select(RequestEvent.kind).where(RequestEvent.number == 1001).order_by(RequestEvent.id))
        assert (row.employee_id, row.status, row.queue, row.rating) == (ERASED, "cancelled", "it", 4)
        assert list(kinds) == ["created", "comment", "note", "breached", "breached", "status"]
        assert session.scalar(select(func.count()).select_from(OutageFollower)) == 2
        calls = select(func.count()).select_from(ModelCallRow).where(ModelCallRow.conversation_id == talk)
        assert session.scalar(calls) == 1
        wish = session.scalars(select(DataWish).where(DataWish.conversation_id == talk)).one()
        assert wish.employee_id == ERASED

    await house.database.read(look)


async def test_the_trail_holds_and_says_what_was_erased(house):
    await move_in(house)
    person = await house.database.read(lambda s: employee(s, MARIA.employee_id))
    await erase(house, person, ORDER)
    verdict = await house.database.read(verify)
    assert verdict.holds
    assert verdict.erased >= 4


async def test_who_works_here_stays_in_the_directory(house):
    await move_in(house)
    person = await house.database.read(lambda s: employee(s, MARIA.employee_id))
    await erase(house, person, Order("staff 1", "person"))
    row = await house.database.read(lambda s: s.get(EmployeeRow, MARIA.employee_id))
    assert row.email == MARIA.email
    again = await house.database.read(lambda s: employee(s, MARIA.employee_id))
    assert (again.talks, again.requests) == ((), ())


async def test_erasing_twice_does_no_harm(house):
    await move_in(house)
    person = await house.database.read(lambda s: employee(s, MARIA.employee_id))
    await erase(house, person, ORDER)
    assert (await erase(house, person, ORDER)).messages == 0
    assert places_of(MARIA.mark, house) == []


async def test_an_agent_who_answers_afterwards_is_told_and_a_note_is_taken(house):
    await move_in(house)
    person = await house.database.read(lambda s: employee(s, MARIA.employee_id))
    await erase(house, person, ORDER)

    def comment(public: bool):
        return lambda s: agent_comment(s, "1001", "hello", author="Ana", public=public, now=NOW)

    with pytest.raises(DeskRefusedError):
        await house.database.write(comment(public=True))
    await house.database.write(comment(public=False))


async def test_a_send_under_way_while_everything_is_erased_ends_quietly(house):
    talk = (await move_in(house))[MARIA.mark]
    slot = outbox.Slot(talk, 2, 0)
    await house.database.write(lambda s: outbox.put(s, slot, "message", {"type": "text"}, now=NOW))
    claim = await house.database.write(lambda s: outbox.claim(s, f"c{talk}", NOW, house.settings.delivery.lease))
    person = await house.database.read(lambda s: employee(s, MARIA.employee_id))
    await erase(house, person, ORDER)
    await house.database.write(lambda s: outbox.settle(s, claim.id, wamid=f"wamid.{MARIA.mark}"))
    await house.database.write(lambda s: outbox.put_off(s, claim.id, until=NOW, error=""))
    await house.database.write(lambda s: outbox.end(s, claim.id, state="failed", error=""))
    assert places_of(MARIA.mark, house) == []


async def test_on_a_phone_that_changed_hands_only_ones_own_time_is_erased(house):
    """Maria's number was given to José: his words stay, and so does the contact."""
    from datetime import timedelta

    talk = (await move_in(house))[MARIA.mark]
    later = NOW + timedelta(days=30)

    def hand_on(session: Session) -> None:
        session.get_one(Conversation, talk).wa_id = JOSE.word("phone2")
        mine = select(VerifiedSession).where(VerifiedSession.conversation_id == str(talk))
        session.scalars(mine).one().ended_at = NOW
        session.flush()
        session.add(VerifiedSession(conversation_id=str(talk), employee_id=JOSE.employee_id, bound_to="b",
                                    started_at=later, last_seen_at=later))  # fmt: skip
        session.add(InboxMessage(wamid="wamid.jose", conversation_id=talk, received_at=later, state="done",
                                 body={"text": JOSE.word("later")}))  # fmt: skip

    await house.database.write(hand_on)
    maria = await house.database.read(lambda s: employee(s, MARIA.employee_id))
    assert maria.talks == (Talk(talk, (Stretch(None, later),), is_theirs=False),)
    await erase(house, maria, ORDER)

    def look(session: Session):
        left = session.scalars(select(InboxMessage.wamid).where(InboxMessage.conversation_id == talk))
        assert list(left) == ["wamid.jose"]
        assert session.get_one(Conversation, talk).wa_id == JOSE.word("phone2")

    await house.database.read(look)


async def test_somebody_unknown_is_an_answer(house):
    for who in ("nobody@ipe.example", "X9", "conversation:99", ""):
        with pytest.raises(UnknownPersonError):
            await house.database.read(lambda s, who=who: find_person(s, who))


async def test_a_contact_who_never_proved_who_they_are_is_erased_by_conversation(house):
    def write(session: Session) -> int:
        talk = Conversation(phone_number_id="1", wa_id="QzStrangerQz", created_at=NOW)
        session.add(talk)
        session.flush()
        body = {"text": "QzStrangerQz"}
        session.add(InboxMessage(wamid="wamid.s", conversation_id=talk.id, received_at=NOW, body=body))
        return talk.id

    talk = await house.database.write(write)
    person = await house.database.read(lambda s: find_person(s, f"conversation:{talk}"))
    assert person == Person("", "", talks=(Talk(talk, (Stretch(),), is_theirs=True),))
    await erase(house, person, ORDER)
    assert places_of("QzStrangerQz", house) == []


def test_every_table_with_words_of_people_is_known_here():
    """A new table or column has to be thought of: is it erased, or can it hold nobody's data?"""
    from app.db.schema import metadata

    people = Path(__file__).with_name("people.py").read_text(encoding="utf8")
    models = {mapper.class_.__name__: mapper.class_.__tablename__ for mapper in _mappers()}
    filled = {table for name, table in models.items() if f"{name}(" in people} | {
        "desk_event",
        "desk_attachment",
        "audit_entry",
    }
    assert {*metadata().tables} - filled - OF_NOBODY == set()


def _mappers():
    from app.db.base import Base

    return Base.registry.mappers


OF_NOBODY = {
    "article", "channel_state", "desk_category", "desk_category_version", "desk_counter", "desk_document",
    "desk_macro", "desk_outage", "desk_queue_member", "desk_rules_version", "desk_view", "index_piece", "index_pointer",
    "index_revision", "knowledge_gap_draft", "knowledge_run", "knowledge_source", "knowledge_thresholds", "send_rate",
    "staff", "staff_attempt", "staff_identity", "staff_recovery_code", "staff_session",
}  # fmt: skip
