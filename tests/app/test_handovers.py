"""Hand-offs on both stores: one agent at a time, their words in order, everything told once."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from app import handovers
from app.conversations import hand_offs
from app.db.models import Conversation, HandOffEvent, HandOffNote, InboxMessage, OutboxEntry
from app.demo.load import COMPANY
from app.desk.catalogue import import_company
from app.desk.models import RequestRow
from app.handovers import HANDED_OVER, Agent, HandOffRefusedError, Words
from app.identity.employees import import_employees
from app.identity.limits import is_locked
from app.identity.models import OneTimeCode, WrongCode
from app.identity.sessions import start_session
from app.outbox import release_held
from app.patience import tell_waiting, unanswered_since
from app.settings import HandoverSettings, IdentitySettings, Settings
from app.staff.models import StaffRow
from app.talk import mark_of, talk_of
from app.window import Knock, reopen
from tools.service_desk import Draft

NOON = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)  # a Monday, at work in São Paulo
NIGHT = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
PATIENCE = HandoverSettings(patience_minutes=10, patience_minutes_out_of_hours=5, silence_minutes=20)
LAURA, PEDRO, GONE, KEEPER = 1, 2, 3, 4
BADGE = Draft(
    category_id="facilities",
    title="Crachá não abre",
    description="meu crachá não abre a porta",
    values={"location": "sao-paulo", "what": "badge"},
)


def agent(staff_id: int, at: datetime = NOON, reference: str | None = None) -> Agent:
    return Agent(staff_id, {LAURA: "Laura Lima", PEDRO: "Pedro Paz"}[staff_id], at, reference)


@pytest.fixture
async def desk(database):
    """A conversation that somebody handed over, and who might take it."""

    def found(session) -> None:
        import_company(session, COMPANY, now=NOON)
        for staff_id, name, roles, active in (
            (LAURA, "Laura Lima", ["agent"], True), (PEDRO, "Pedro Paz", ["agent"], True),
            (GONE, "Gil Gone", ["agent"], False), (KEEPER, "Kai Keeper", ["knowledge"], True),
        ):  # fmt: skip
            session.add(
                StaffRow(
                    id=staff_id, email=f"{staff_id}@ipe.example", name=name, password_hash="", password_at=NOON,
                    roles=roles, language="pt-BR", timezone="America/Sao_Paulo", active=active, created_at=NOON,
                )
            )  # fmt: skip
        session.add(
            Conversation(
                id=1,
                phone_number_id="p",
                wa_id="5511999990001",
                language="pt-BR",
                created_at=NOON,
                last_inbound_at=NOON,
            )
        )
        session.flush()
        handovers.begin(session, 1, "asked", "quer falar com alguém", NOON)

    await database.write(found)
    return database


async def said(database) -> list[str]:
    """What the outbox holds for the employee, in order."""
    rows = await database.read(lambda s: list(s.scalars(select(OutboxEntry).order_by(OutboxEntry.id))))
    return [_words(row.body) for row in rows]


def _words(body: dict) -> str:
    kind = body["type"]
    return (
        body[kind]["body"] if kind == "text" else body[kind]["body"]["text"] if kind == "interactive" else f"[{kind}]"
    )


async def refused(database, step) -> HandOffRefusedError:
    with pytest.raises(HandOffRefusedError) as told:
        await database.write(step)
    return told.value


async def test_who_takes_it_is_announced_once_and_the_next_is_told_who_has_it(desk):
    await desk.write(lambda s: handovers.take(s, 1, agent(LAURA)))
    await desk.write(lambda s: handovers.take(s, 1, agent(LAURA)))
    late = await refused(desk, lambda s: handovers.take(s, 1, agent(PEDRO)))

    assert (late.reason, late.values) == ("taken", {"name": "Laura Lima"})
    told = await said(desk)
    assert len(told) == 1
    assert "Laura Lima" in told[0]


async def test_of_two_who_take_it_at_once_one_has_it(desk):
    tries = [desk.write(lambda s, who=who: handovers.take(s, 1, agent(who))) for who in (LAURA, PEDRO)]
    results = await asyncio.gather(*tries, return_exceptions=True)

    assert sorted(type(result).__name__ for result in results) == ["HandOffRefusedError", "NoneType"]
    holder = await desk.read(lambda s: s.scalar(select(HandOffNote.taken_by)))
    loser = next(result for result in results if result is not None)
    assert loser.values["name"] == {LAURA: "Laura Lima", PEDRO: "Pedro Paz"}[holder]


async def test_words_go_out_once_with_the_agents_name_and_long_ones_in_parts(desk):
    await desk.write(lambda s: handovers.take(s, 1, agent(LAURA)))
    long = "palavra " * 900
    for reference, text in (("a", "Olá!"), ("a", "Olá!"), ("b", long)):
        await desk.write(
            lambda s, text=text, ref=reference: handovers.write(s, 1, Words(text), agent(LAURA, NOON, ref))
        )

    told = (await said(desk))[1:]
    assert told[0] == "*Laura Lima*:\nOlá!"
    assert len(told) == 3
    assert all(len(part) <= 4096 for part in told)
    assert " ".join(told[1:]).split()[2:] == long.split()


@pytest.mark.parametrize(
    ("who", "text", "reason"),
    [(PEDRO, "oi", "not_yours"), (LAURA, " \n", "empty"), (LAURA, "x" * 8001, "long"), (LAURA, "\0", "empty")],
)
async def test_words_that_are_nobodys_empty_or_too_long_are_refused(desk, who, text, reason):
    await desk.write(lambda s: handovers.take(s, 1, agent(LAURA)))

    assert (await refused(desk, lambda s: handovers.write(s, 1, Words(text), agent(who)))).reason == reason
    assert len(await said(desk)) == 1


async def test_nobody_writes_before_taking_it_nor_after_it_is_over(desk):
    assert (await refused(desk, lambda s: handovers.write(s, 1, Words("oi"), agent(LAURA)))).reason == "untaken"
    await desk.write(lambda s: handovers.hand_back(s, 1, agent(LAURA)))

    assert (await refused(desk, lambda s: handovers.write(s, 1, Words("oi"), agent(LAURA)))).reason == "over"
    assert (await refused(desk, lambda s: handovers.take(s, 1, agent(LAURA)))).reason == "over"


async def test_after_the_24_hours_words_are_refused_or_kept_until_they_write(desk):
    later = NOON + timedelta(hours=24)
    await desk.write(lambda s: handovers.take(s, 1, agent(LAURA, later)))
    assert await said(desk) == []  # an announcement alone makes nobody write again

    assert (await refused(desk, lambda s: handovers.write(s, 1, Words("oi"), agent(LAURA, later)))).reason == "window"
    await desk.write(lambda s: handovers.write(s, 1, Words("oi", later=True), agent(LAURA, later)))
    states = select(OutboxEntry.version, OutboxEntry.state)
    assert (await desk.read(lambda s: s.execute(states).all())) == [(HANDED_OVER, "held")]
    assert await desk.write(lambda s: reopen(s, 1, Knock("come_back"), later))
    await desk.write(lambda s: release_held(s, 1))
    assert (HANDED_OVER, "new") in await desk.read(lambda s: [tuple(row) for row in s.execute(states)])


async def test_handing_back_is_announced_and_the_assistant_speaks_again(desk):
    await desk.write(lambda s: handovers.take(s, 1, agent(LAURA)))
    await desk.write(lambda s: handovers.hand_back(s, 1, agent(LAURA)))

    assert "devolveu a conversa" in (await said(desk))[-1]
    assert await desk.read(lambda s: s.get(Conversation, 1).handed_over) is False
    assert await desk.read(lambda s: s.scalar(select(HandOffNote.ended_at))) == NOON


async def test_only_its_holder_hands_it_back(desk):
    await desk.write(lambda s: handovers.take(s, 1, agent(LAURA)))

    assert (await refused(desk, lambda s: handovers.hand_back(s, 1, agent(PEDRO)))).reason == "not_yours"


async def test_it_is_passed_to_a_colleague_who_answers_people(desk):
    await desk.write(lambda s: handovers.take(s, 1, agent(LAURA)))
    for nobody in (GONE, KEEPER, 99):
        failed = await refused(desk, lambda s, to=nobody: handovers.transfer(s, 1, to, agent(LAURA), seen=LAURA))
        assert failed.reason == "colleague"
    await desk.write(lambda s: handovers.transfer(s, 1, PEDRO, agent(LAURA), seen=LAURA))

    assert "Pedro Paz" in (await said(desk))[-1]
    late = await refused(desk, lambda s: handovers.transfer(s, 1, LAURA, agent(LAURA), seen=LAURA))
    assert (late.reason, late.values["name"]) == ("taken", "Pedro Paz")


async def test_a_request_is_opened_in_their_name_only_when_they_are_verified(desk):
    await desk.write(lambda s: handovers.take(s, 1, agent(LAURA)))

    def opened(session, reference="r"):
        return handovers.open_request(session, 1, BADGE, agent(LAURA, NOON, reference), IdentitySettings())

    assert (await refused(desk, opened)).reason == "stranger"

    def verify(session) -> None:
        import_employees(session, COMPANY / "employees.csv", now=NOON)
        start_session(session, "1", "E1001", bound_to="5511999990001", now=NOON)

    await desk.write(verify)
    number = await desk.write(opened)
    assert await desk.write(opened) == number
    rows = await desk.read(lambda s: list(s.execute(select(RequestRow.number, RequestRow.conversation_id))))
    assert [tuple(row) for row in rows] == [(int(number), "1")]
    assert sum(f"#{number}" in words for words in await said(desk)) == 1


async def test_wrong_codes_are_forgiven_by_whoever_vouches(desk):
    assert (await refused(desk, lambda s: handovers.let_try_again(s, 1, agent(LAURA)))).reason == "no_code"

    def fail(session) -> None:
        session.add(
            OneTimeCode(
                ref="r", conversation_id="1", email_key="k", hash="", issued_at=NOON, expires_at=NOON, employee_id=None
            )
        )
        session.add_all([WrongCode(email_key="k", conversation_id="1", at=NOON) for _ in range(10)])

    await desk.write(fail)
    assert await desk.read(lambda s: is_locked(s, "k", NOON, IdentitySettings()))
    await desk.write(lambda s: handovers.let_try_again(s, 1, agent(LAURA)))

    assert not await desk.read(lambda s: is_locked(s, "k", NOON, IdentitySettings()))
    assert "e-mail" in (await said(desk))[-1]
    assert await desk.read(lambda s: s.get(Conversation, 1).handed_over) is False


async def hear(database, at: datetime, text: str, kind: str = "text") -> None:
    body = {"id": text, "kind": kind, "text": text, "at": at.isoformat()}
    row = InboxMessage(wamid=f"w{at}{text}", conversation_id=1, body=body, received_at=at)
    await database.write(lambda s: s.add(row))


@pytest.mark.parametrize(
    ("at", "minutes", "words"),
    [(NOON, 10, "A equipe atende até"), (NIGHT, 5, "responde por aqui a partir de ter., 24/11 às 08:00")],
)
async def test_whoever_waits_for_long_is_told_once_when_somebody_comes(desk, at, minutes, words):
    def handed(session) -> None:
        session.scalar(select(HandOffNote)).at = at
        session.get(Conversation, 1).last_inbound_at = at

    await desk.write(handed)
    soon, late = at + timedelta(minutes=minutes, seconds=-1), at + timedelta(minutes=minutes)
    assert await desk.write(lambda s: tell_waiting(s, PATIENCE, soon)) == 0
    at_once = [desk.write(lambda s: tell_waiting(s, PATIENCE, late)) for _ in range(4)]
    assert sum(await asyncio.gather(*at_once)) == 1
    assert await desk.write(lambda s: tell_waiting(s, PATIENCE, late + timedelta(hours=2))) == 0

    told = await said(desk)
    assert len(told) == 1
    assert words in told[0]
    body = await desk.read(lambda s: s.scalar(select(OutboxEntry.body)))
    ids = [button["reply"]["id"] for button in body["interactive"]["action"]["buttons"]]
    assert ids == ["leave||", "assistant||"]


async def test_nobody_is_told_of_waiting_whose_window_is_closed_or_who_is_talked_to(desk):
    assert await desk.write(lambda s: tell_waiting(s, PATIENCE, NOON + timedelta(hours=30))) == 0
    await desk.write(lambda s: handovers.take(s, 1, agent(LAURA)))
    await desk.write(lambda s: handovers.write(s, 1, Words("oi"), agent(LAURA)))

    assert await desk.write(lambda s: tell_waiting(s, PATIENCE, NOON + timedelta(hours=2))) == 0


async def test_a_holders_silence_is_told_once_and_shown(desk):
    await desk.write(lambda s: handovers.take(s, 1, agent(LAURA)))
    await desk.write(lambda s: handovers.write(s, 1, Words("já vejo"), agent(LAURA, NOON + timedelta(minutes=1))))
    await hear(desk, NOON + timedelta(minutes=2), "👍", "reaction")
    note = select(HandOffNote)
    assert await desk.read(lambda s: unanswered_since(s, s.scalar(note))) is None
    await hear(desk, NOON + timedelta(minutes=3), "e aí?")
    late = NOON + timedelta(minutes=23)
    assert await desk.write(lambda s: tell_waiting(s, PATIENCE, late - timedelta(seconds=1))) == 0
    assert await desk.write(lambda s: tell_waiting(s, PATIENCE, late)) == 1
    assert await desk.write(lambda s: tell_waiting(s, PATIENCE, late + timedelta(minutes=30))) == 0

    assert "Laura Lima" in (await said(desk))[-1]
    (line,) = await desk.read(lambda s: hand_offs(s, Settings(handover=PATIENCE), late))
    assert line.is_silent
    assert line.since == NOON + timedelta(minutes=3)


async def test_the_list_has_whoever_nobody_has_first_and_then_who_waits_longest(desk):
    def more(session) -> None:
        for number in (2, 3):
            session.add(Conversation(id=number, phone_number_id="p", wa_id=f"55{number}", created_at=NOON))
            session.flush()
            handovers.begin(session, number, "no_article", "", NOON - timedelta(minutes=number))
        handovers.take(session, 3, agent(LAURA))

    await desk.write(more)
    found = await desk.read(lambda s: hand_offs(s, Settings(), NOON))

    assert [(line.conversation_id, line.holder) for line in found] == [(2, ""), (1, ""), (3, "Laura Lima")]


async def test_a_conversation_reads_in_its_order_with_an_agents_words_as_one(desk):
    await hear(desk, NOON, "preciso de ajuda")
    await desk.write(lambda s: handovers.take(s, 1, agent(LAURA, NOON + timedelta(seconds=1))))
    before = await desk.read(lambda s: mark_of(s, 1))
    words = Words("palavra " * 900)
    await desk.write(lambda s: handovers.write(s, 1, words, agent(LAURA, NOON + timedelta(seconds=2))))

    def fail_the_second(session) -> None:
        *_, last = session.scalars(select(OutboxEntry).order_by(OutboxEntry.id))
        last.state, last.error = "failed", "131026 not on WhatsApp"

    await desk.write(fail_the_second)
    lines, has_older = await desk.read(lambda s: talk_of(s, 1, most=10))

    assert [(line.side, line.kind) for line in lines] == [
        ("employee", "text"), ("event", "taken"), ("bot", "text"), ("agent", "word"),
    ]  # fmt: skip
    assert (lines[-1].author, lines[-1].state, has_older) == ("Laura Lima", "failed", False)
    assert await desk.read(lambda s: mark_of(s, 1)) != before


async def test_whoever_calls_the_assistant_back_ends_it_for_the_agent(desk):
    await desk.write(lambda s: handovers.take(s, 1, agent(LAURA)))
    await desk.write(lambda s: handovers.call_back(s, 1, NOON))

    kinds = await desk.read(lambda s: list(s.scalars(select(HandOffEvent.kind).order_by(HandOffEvent.id))))
    assert kinds == ["taken", "called_back"]
    assert await desk.read(lambda s: s.scalar(select(HandOffNote.ended_at))) == NOON


async def test_a_conversation_that_a_person_has_stays_theirs_when_something_fails_in_it(desk):
    await desk.write(lambda s: handovers.take(s, 1, agent(LAURA)))
    await desk.write(lambda s: handovers.begin(s, 1, "tool_failed", "veneno", NOON))

    assert await desk.read(lambda s: list(s.scalars(select(HandOffNote.reason)))) == ["asked"]
