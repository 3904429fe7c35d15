"""The queue that the demo begins with, at whatever hour it is started."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import ways
from app.container import House
from app.db.models import Conversation, HandOffNote, OutboxEntry
from app.demo.load import load_company
from app.demo.phones import tell_when_they_wrote
from app.demo.queue import load_queue
from app.demo.run import phone_people
from app.demo.staff import load_staff
from app.desk.listing import Scene, Wish, count
from app.desk.models import RequestEvent, RequestRow
from app.desk.requests import FIRST_NUMBER
from app.emulator.switchboard import Emulator
from app.settings import MailSettings, Settings

MONDAY_MORNING = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
SUNDAY_NIGHT = datetime(2026, 12, 27, 5, 0, tzinfo=UTC)  # between two holidays


@pytest.fixture
def store_url(stores, tmp_path) -> str:
    """Its functions are tried on both stores in tests/desk."""
    return stores.sqlite(tmp_path)


@pytest.fixture(params=[MONDAY_MORNING, SUNDAY_NIGHT], ids=["monday", "sunday night"])
async def house(request, database, clock, tmp_path) -> House:
    clock.at = request.param
    mail = MailSettings(host="127.0.0.1", sender="recado@ipe.example")
    house = House(Settings(data_dir=tmp_path, mail=mail), database, clock, tmp_path)
    await load_company(house)
    await load_staff(house)
    await load_queue(house)
    return house


async def test_every_state_is_there_and_something_presses(house, clock):
    def look(session: Session) -> None:
        rows = session.scalars(select(RequestRow).order_by(RequestRow.number)).all()
        assert [row.number for row in rows] == list(range(FIRST_NUMBER, FIRST_NUMBER + len(rows)))
        assert {row.status for row in rows} == {"new", "open", "pending", "waiting", "solved", "cancelled"}
        assert {row.language for row in rows} == {"pt-BR", "es", "en"}
        assert len({row.queue for row in rows}) > 5
        assert all(row.updated_at <= clock() for row in rows)
        pressing = (Wish(due="overdue"), Wish(due="at_risk"), Wish(unanswered=True), Wish(assignee="nobody"))
        counts = [count(session, wish, Scene(0, clock())) for wish in pressing]
        assert all(counts), counts

    await house.database.read(look)


async def test_nothing_of_the_past_is_told_now_but_an_agents_words_would_arrive(house, clock):
    def look(session: Session) -> None:
        assert set(session.scalars(select(OutboxEntry.state))) <= {"read", "sent"}
        assert session.scalar(select(RequestEvent.id).where(RequestEvent.tell, RequestEvent.told_at.is_(None))) is None
        note = session.scalars(select(HandOffNote).where(HandOffNote.ended_at.is_(None))).one()
        assert session.get(Conversation, note.conversation_id).handed_over
        row = session.scalars(select(RequestRow).where(RequestRow.status == "waiting")).one()
        assert ways.phone_of(session, row.employee_id).conversation is not None

    await house.database.read(look)


async def test_a_second_start_adds_nothing_and_changes_nothing(house):
    events = select(func.count()).select_from(RequestEvent)
    before = await house.database.read(lambda s: s.scalar(events))
    await load_queue(house)
    assert await house.database.read(lambda s: s.scalar(events)) == before


async def test_whoever_waits_can_be_written_to_in_the_emulated_whatsapp(house: House):
    emulator = Emulator("secret", "token", "1", "2", "http://127.0.0.1:1/", phone_people())
    assert not emulator.chat("taina").window_open(house.clock())
    await house.database.read(lambda s: tell_when_they_wrote(s, emulator))

    assert emulator.chat("taina").window_open(house.clock())
