"""Retention, data wishes, notices and exports: what time does, what a person decides, what the employee is told."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audit.reading import Wish as Search
from app.audit.reading import entries
from app.container import House
from app.db.models import AnswerRecord, Conversation, DataWish, InboxMessage, MediaFile, Notice, OutboxEntry, Turn
from app.desk.models import ERASED, RequestRow
from app.identity.models import VerifiedSession
from app.privacy import retention, wishes
from app.privacy.exporting import gather, pack
from app.privacy.keeper import Keeper, forget_what_is_old
from app.privacy.models import NoticeShown
from app.privacy.notices import accepted, notices_of, shown
from app.privacy.person import employee
from app.privacy.wishes import WishRefusedError
from app.settings import RetentionSettings, Settings
from tests.privacy.people import JOSE, MARIA, NOW, settle_in

KEPT = dict.fromkeys(("messages", "media", "requests", "answers", "turns", "model_calls", "notices", "sessions"), 10)


@pytest.fixture
def house(database, clock, tmp_path) -> House:
    clock.at = NOW
    rules = RetentionSettings(**KEPT, wishes=10)
    return House(Settings(data_dir=tmp_path, retention=rules), database, clock, tmp_path)


async def move_in(house, old: timedelta) -> tuple[int, int]:
    """Maria wrote long ago, José just now."""

    def work(session: Session) -> tuple[int, int]:
        folder = house.settings.data_dir
        maria = settle_in(session, MARIA, folder, NOW - old)
        for row in session.scalars(select(RequestRow).where(RequestRow.number == 1001)):
            row.status = "closed"
        for row in session.scalars(select(VerifiedSession)):
            row.ended_at = row.last_seen_at
        for row in session.scalars(select(DataWish)):
            row.state = "done"
            row.ended_at = row.at
        return maria, settle_in(session, JOSE, folder)

    return await house.database.write(work)


async def count(house, table, *where) -> int:
    return await house.database.read(lambda s: s.scalar(select(func.count()).select_from(table).where(*where)))


async def test_what_is_too_old_goes_and_what_is_not_stays(house):
    maria, jose = await move_in(house, timedelta(days=11))
    gone = await forget_what_is_old(house)
    assert gone["messages"] == 82
    assert (gone["media"], gone["requests"], gone["contacts"], gone["answers"], gone["turns"]) == (1, 1, 1, 1, 1)
    for table in (InboxMessage, OutboxEntry, MediaFile, AnswerRecord, Turn):
        assert await count(house, table, table.conversation_id == maria) == 0
        assert await count(house, table, table.conversation_id == jose) > 0
    assert await count(house, Notice) == 2

    def look(session: Session):
        stranger, known = session.get_one(Conversation, maria), session.get_one(Conversation, jose)
        assert (stranger.wa_id, stranger.checkpoint, stranger.profile_name) == ("", None, "")
        assert known.wa_id == JOSE.word("phone")
        assert session.get_one(RequestRow, 1001).employee_id == ERASED
        assert session.get_one(RequestRow, 1002).title == JOSE.word("title")

    await house.database.read(look)
    assert sorted(path.name for path in (house.settings.data_dir / "media").iterdir()) == [f"{jose}-1"]
    assert sorted(path.name for path in (house.settings.data_dir / "uploads").iterdir()) == ["upload2"]


async def test_what_went_is_counted_in_the_trail(house):
    await move_in(house, timedelta(days=11))
    gone = await forget_what_is_old(house)
    found = await house.database.read(lambda s: entries(s, Search(kind="privacy"), limit=500))
    swept = [row for row in found if row.action == "privacy.swept"]
    told = {row.subject: json.loads(row.details)["count"] for row in swept}
    assert told == gone


async def test_nothing_goes_a_day_early_and_a_second_sweep_finds_nothing(house, clock):
    await move_in(house, timedelta(days=9))
    assert await forget_what_is_old(house) == {}
    clock.pass_by(days=2)
    assert await forget_what_is_old(house) != {}
    assert await forget_what_is_old(house) == {}


async def test_zero_keeps_for_ever(house):
    await move_in(house, timedelta(days=5000))
    for_ever = RetentionSettings(**dict.fromkeys(KEPT, 0), wishes=0)
    settings = house.settings.model_copy(update={"retention": for_ever})
    assert await forget_what_is_old(House(settings, house.database, house.clock, house.data_dir)) == {}


async def test_a_sweep_that_died_is_gone_on_with(house, monkeypatch):
    """Pieces of three rows: after each, the process may end."""
    monkeypatch.setattr(retention, "PIECE", 3)
    maria, _ = await move_in(house, timedelta(days=11))
    before = NOW - timedelta(days=10)
    assert await house.database.write(lambda s: retention.forget_piece(s, "messages", before, NOW)) == 8
    left = await count(house, InboxMessage, InboxMessage.conversation_id == maria)
    assert 0 < left < 40
    await forget_what_is_old(house)
    assert await count(house, InboxMessage, InboxMessage.conversation_id == maria) == 0


async def test_who_waits_for_an_answer_is_not_forgotten(house):
    maria, _ = await move_in(house, timedelta(days=11))

    def reopen(session: Session) -> None:
        session.get_one(RequestRow, 1001).status = "open"

    await house.database.write(reopen)
    await forget_what_is_old(house)
    assert await house.database.read(lambda s: s.get_one(Conversation, maria).wa_id) == MARIA.word("phone")
    assert await count(house, VerifiedSession, VerifiedSession.employee_id == MARIA.employee_id) == 1


async def test_the_sweeper_comes_when_it_is_time(house, clock):
    await move_in(house, timedelta(days=9))
    keeper = Keeper(house)
    await keeper.sweep()
    clock.pass_by(days=2)
    await keeper.sweep()
    assert await count(house, MediaFile) == 1


async def said_to(house, talk: int) -> list[str]:
    rows = select(OutboxEntry).where(OutboxEntry.conversation_id == talk, OutboxEntry.version == wishes.VERSION)
    found = await house.database.read(lambda s: [row.body for row in s.scalars(rows.order_by(OutboxEntry.id))])
    return [body["text"]["body"] for body in found]


async def test_a_wish_is_taken_up_and_refused_and_the_employee_reads_why(house):
    talk = await house.database.write(lambda s: settle_in(s, MARIA, house.settings.data_dir))
    await house.database.write(lambda s: wishes.start(s, 1, "staff 1", NOW))
    await house.database.write(lambda s: wishes.refuse(s, 1, "A lei manda guardar.", "staff 1", NOW))
    said = await said_to(house, talk)
    assert "equipe de privacidade" in said[0]
    assert said[1].endswith("A lei manda guardar.")
    for step in (wishes.start, wishes.order_erasure, wishes.finish_export):
        with pytest.raises(WishRefusedError, match="already"):
            await house.database.write(lambda s, step=step: step(s, 1, "staff 1", NOW))


async def test_a_refusal_needs_a_reason_and_an_export_is_no_erasure(house):
    await house.database.write(lambda s: settle_in(s, MARIA, house.settings.data_dir))
    with pytest.raises(WishRefusedError) as refused:
        await house.database.write(lambda s: wishes.refuse(s, 1, " ", "staff 1", NOW))
    assert refused.value.reason == "no_reason"
    with pytest.raises(WishRefusedError) as refused:
        await house.database.write(lambda s: wishes.finish_export(s, 1, "staff 1", NOW))
    assert refused.value.reason == "other_wish"


async def test_the_last_words_go_out_before_everything_is_erased(house, clock):
    talk = await house.database.write(lambda s: settle_in(s, MARIA, house.settings.data_dir))
    await house.database.write(lambda s: wishes.order_erasure(s, 1, "staff 1", NOW))
    keeper = Keeper(house)
    await keeper.sweep()
    assert "última mensagem" in (await said_to(house, talk))[0]
    await house.database.write(settle_all)
    await keeper.sweep()

    def look(session: Session):
        wish = session.get_one(DataWish, 1)
        assert (wish.state, wish.employee_id, wish.ended_at) == ("done", ERASED, NOW)
        assert session.scalar(select(func.count()).select_from(InboxMessage)) == 0
        assert session.get_one(Conversation, talk).wa_id == ""

    await house.database.read(look)
    erased = (await house.database.read(lambda s: entries(s, Search(kind="privacy"))))[0]
    assert (erased.actor, erased.action, erased.subject) == ("staff 1", "privacy.erased", "wish 1")


def settle_all(session: Session) -> None:
    for entry in session.scalars(select(OutboxEntry)):
        entry.state = "sent"


async def test_last_words_that_cannot_be_sent_hold_nothing_up_for_long(house, clock):
    await house.database.write(lambda s: settle_in(s, MARIA, house.settings.data_dir))
    await house.database.write(lambda s: wishes.order_erasure(s, 1, "staff 1", NOW))
    clock.pass_by(minutes=11)
    await Keeper(house).sweep()
    assert await count(house, InboxMessage) == 0


async def test_whoever_never_proved_who_they_are_takes_nobody_s_requests_along(house, clock):
    talk = await house.database.write(lambda s: settle_in(s, MARIA, house.settings.data_dir))

    def unproven(session: Session) -> None:
        session.get_one(DataWish, 1).employee_id = ""
        wishes.order_erasure(session, 1, "staff 1", NOW)

    await house.database.write(unproven)
    clock.pass_by(minutes=11)
    await Keeper(house).sweep()
    assert await count(house, InboxMessage, InboxMessage.conversation_id == talk) == 0
    assert await house.database.read(lambda s: s.get_one(RequestRow, 1001).employee_id) == MARIA.employee_id


async def test_a_notice_is_accepted_by_proving_who_one_is_after_it(house):
    def work(session: Session):
        talk = Conversation(phone_number_id="1", created_at=NOW)
        session.add(talk)
        session.flush()
        shown(session, talk.id, "1", "es", NOW)
        accepted(session, talk.id, "E1", NOW + timedelta(minutes=1))
        shown(session, talk.id, "2", "es", NOW + timedelta(days=1))
        session.flush()
        return [(one.version, one.employee_id, one.accepted_at) for one in notices_of(session, "E1", [talk.id])]

    found = await house.database.write(work)
    assert found == [("1", "E1", NOW + timedelta(minutes=1)), ("2", "", None)]


async def test_an_export_holds_everything_of_one_person_and_nothing_of_another(house):
    def work(session: Session):
        for who in (MARIA, JOSE):
            settle_in(session, who, house.settings.data_dir)
        return gather(session, employee(session, MARIA.employee_id), NOW)

    told = await house.database.write(work)
    content = pack(house.settings.data_dir, told, "pt-BR")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        data, page = archive.read("data.json").decode(), archive.read("data.html").decode()
        files = {name: archive.read(name) for name in archive.namelist() if name.startswith("files/")}
    for word in (
        "name",
        "place",
        "profile",
        "title",
        "description ",
        "value",
        "said ",
        "heard ",
        "answered ",
        "question",
    ):
        assert MARIA.word(word) in data
    for word in ("title", "said ", "answered "):
        assert MARIA.word(word) in page
    assert JOSE.mark not in data
    assert MARIA.word("noted ") not in data
    assert MARIA.word("checkpoint") not in data
    assert {content[-20:] for content in files.values()} >= {MARIA.word("letter").encode()[-20:]}
    assert len(files) == 2


def test_words_in_an_exported_page_are_no_html(tmp_path):
    hostile = "<script>alert(1)</script>"
    talk = {"wa_id": hostile, "profile_name": hostile, "messages": [{"at": NOW, "by": "you", "text": hostile}],
            "files": [], "questions": []}  # fmt: skip
    told = {
        "made_at": NOW,
        "profile": {"name": hostile},
        "conversations": [talk],
        "requests": [],
        "privacy_notices": [],
    }
    with zipfile.ZipFile(io.BytesIO(pack(tmp_path, told, "xx"))) as archive:
        assert b"<script" not in archive.read("data.html")


def test_notices_of_nobody_are_nobody_s(session):
    session.add(Conversation(phone_number_id="1", created_at=NOW))
    session.flush()
    session.add(NoticeShown(conversation_id=1, version="1", language="en", shown_at=NOW))
    session.flush()
    assert notices_of(session, "", []) == []
