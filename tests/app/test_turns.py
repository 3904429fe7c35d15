import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from app import letters
from app.db.models import AnswerRecord, Conversation, HandOffNote, InboxMessage, OutboxEntry, Turn
from app.demo.load import COMPANY
from app.desk.catalogue import import_company
from app.desk.models import RequestRow
from app.effects import Scene
from app.errors import StaleTurnError, StoreUnavailableError
from app.identity.employees import import_employees
from app.identity.gate import IdentityOutcome
from app.identity.sessions import start_session
from app.mailboxes import Mailbox, Unread, load, seconds_to_settle
from app.settings import IdentitySettings, TurnSettings
from app.thinking.patience import Patience
from app.turns import TurnDesk, Turns
from app.wakeups import Wakeups
from graph.checkpoint import CorruptCheckpointError
from graph.messages import Incoming, Text
from graph.turn import Thought
from tools.effects import AnswerOutcome, CommentRequest, CreateRequest, HandOff, IdentityEffect
from tools.service_desk import Draft

DRAFT = Draft(
    category_id="facilities",
    title="Crachá não abre",
    description="meu crachá não abre a porta",
    values={"location": "sao-paulo", "what": "badge"},
)


class ScriptedAgent:
    """Thinks what it is told; remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[bytes | None, list[str]]] = []
        self.replies = ("oi!",)
        self.effects: tuple = ()
        self.troubles: list[Exception] = []
        self.meanwhile = None

    async def think(self, checkpoint, burst, context) -> Thought:
        self.asked.append((checkpoint, [message.text for message in burst]))
        if self.troubles:
            raise self.troubles.pop(0)
        if self.meanwhile is not None:
            await self.meanwhile()
        replies = tuple(Text(body=words) for words in self.replies)
        return Thought(replies, self.effects, b"after", "pt-BR", ("ask",), "scripted")


@pytest.fixture
def agent() -> ScriptedAgent:
    return ScriptedAgent()


@pytest.fixture
async def turns(database, clock, agent):
    await database.write(
        lambda s: s.add(Conversation(id=1, phone_number_id="p", wa_id="5511999990001", created_at=clock()))
    )

    def scene(mailbox: Mailbox, thought: Thought, now) -> Scene:
        return Scene(
            mailbox.conversation_id, mailbox.version + 1, mailbox.bound_to, mailbox.principal, thought.language,
            now, "replies/pt-BR@1", IdentitySettings(),
        )  # fmt: skip

    house = TurnDesk(
        database=database,
        agent=agent,
        context_for=lambda mailbox, now: mailbox,
        scene_for=scene,
        show_typing=lambda wamid: None,
        clock=clock,
        settings=TurnSettings(settle=timedelta(0), tries=3),
        identity=IdentitySettings(),
        patience=Patience(database, lambda wamid: None, clock, timedelta(seconds=20)),
    )
    return Turns(house)


@pytest.fixture
def hear(database, clock):
    async def hear(*words: str, kind: str = "text", conversation_id: int = 1) -> None:
        for word in words:
            message = Incoming(id=f"w-{word}", kind=kind, text=word, at=clock())
            row = InboxMessage(
                wamid=message.id,
                conversation_id=conversation_id,
                body=message.model_dump(mode="json"),
                received_at=clock(),
            )
            await database.write(lambda s, row=row: s.add(row))

    return hear


@pytest.fixture
async def ana(database, clock) -> None:
    def found(session) -> None:
        import_company(session, COMPANY, now=clock())
        import_employees(session, COMPANY / "employees.csv", now=clock())
        start_session(session, "1", "E1001", bound_to="5511999990001", now=clock())

    await database.write(found)


async def rows(database, column) -> list:
    return await database.read(lambda s: list(s.scalars(select(column))))


async def test_a_burst_is_thought_about_once_and_answered_once(turns, hear, agent, database, woken):
    await hear("oi", "minha vpn", "caiu")
    assert await turns.handle("1") is None
    assert agent.asked == [(None, ["oi", "minha vpn", "caiu"])]
    assert await rows(database, InboxMessage.state) == ["done"] * 3
    assert [body["text"]["body"] for body in await rows(database, OutboxEntry.body)] == ["oi!"]
    assert await woken() == {"c1"}


async def test_words_that_came_out_of_order_are_read_as_they_were_written(turns, hear, agent, clock):
    clock.pass_by(seconds=2)
    await hear("caiu")
    clock.pass_by(seconds=-1)
    await hear("minha vpn")
    await turns.handle("1")
    assert agent.asked == [(None, ["minha vpn", "caiu"])]


async def test_a_turn_takes_so_many_messages_and_the_rest_are_the_next_one(turns, hear, agent, database):
    words = [f"{n:03}" for n in range(120)]
    await hear(*words)
    assert [await turns.handle("1") for _ in range(4)] == [0.0, 0.0, None, None]
    assert [heard for _, heard in agent.asked] == [words[:50], words[50:100], words[100:]]
    assert await rows(database, Conversation.version) == [3]


async def test_whoever_has_more_to_say_waits_behind_the_others(turns, hear, agent, database, clock):
    turns._slots = asyncio.Semaphore(1)
    for n in (2, 3):
        await database.write(
            lambda s, n=n: s.add(Conversation(id=n, phone_number_id="p", wa_id=f"551199999000{n}", created_at=clock()))
        )
    await hear(*[f"{n:03}" for n in range(101)])
    await hear("oi", conversation_id=2)
    await hear("olá", conversation_id=3)
    mailboxes = Wakeups(turns.handle)
    for key in ("1", "2", "3"):
        mailboxes.wake(key)
    async with asyncio.timeout(60):
        while not mailboxes.idle:
            await asyncio.sleep(0.01)
    assert sorted(words[0] for _, words in agent.asked[:3]) == ["000", "oi", "olá"]
    assert [words[0] for _, words in agent.asked[3:]] == ["050", "100"]


async def test_a_full_turn_waits_for_no_more_words(clock):
    message = Incoming(id="w", kind="text", text="oi", at=clock())
    assert seconds_to_settle([Unread(1, message, clock(), 0)] * 50, clock(), TurnSettings()) == 0


async def test_a_parked_message_that_is_replayed_is_thought_about_again_and_happens_once(
    turns, hear, agent, database, clock, ana
):
    await hear("veneno")
    agent.troubles = [KeyError("veneno")] * 3
    agent.effects = (CreateRequest(draft=DRAFT, nonce="n1"),)
    for _ in range(4):
        await turns.handle("1")
    assert await rows(database, InboxMessage.state) == ["dead"]
    for _ in range(2):
        await database.write(lambda s: letters.replay_parked(s, 1, clock()))
        await turns.handle("1")
        await database.write(lambda s: setattr(s.get_one(InboxMessage, 1), "state", "dead"))
    assert len(await rows(database, RequestRow.number)) == 1
    assert await rows(database, Conversation.handed_over) == [False]


async def test_a_clock_set_back_makes_nobody_wait_for_it(clock):
    message = Incoming(id="w", kind="text", text="oi", at=clock())
    later = clock() + timedelta(days=1)
    assert seconds_to_settle([Unread(1, message, clock(), 0)], clock(), TurnSettings()) == 1.5
    assert seconds_to_settle([Unread(1, message, later, 0)], clock(), TurnSettings()) == 0


async def test_a_database_that_takes_nothing_is_no_fault_of_the_message(turns, hear, agent, database):
    await hear("oi")
    agent.troubles = [StoreUnavailableError("locked")] * 7
    for _ in range(7):
        assert await turns.handle("1") is not None
    assert await rows(database, InboxMessage.tries) == [0]


async def test_the_next_turn_is_thought_from_what_the_last_one_left(turns, hear, agent, database):
    await hear("um")
    await turns.handle("1")
    await hear("dois")
    await turns.handle("1")
    assert [checkpoint for checkpoint, _ in agent.asked] == [None, b"after"]
    assert await rows(database, Turn.version) == [1, 2]


async def test_words_are_waited_for_but_a_tap_is_not(turns, hear, agent, clock, monkeypatch):
    pauses: list[float] = []
    mine, real = asyncio.current_task(), asyncio.sleep

    async def sleep(seconds: float) -> None:
        if asyncio.current_task() is not mine:  # servers of other tests sleep too
            await real(seconds)
            return
        pauses.append(seconds)
        clock.pass_by(seconds=seconds)

    object.__setattr__(turns._house, "settings", TurnSettings())
    monkeypatch.setattr("app.turns.asyncio.sleep", sleep)
    await hear("oi")
    await turns.handle("1")
    assert pauses == [pytest.approx(1.5)]
    await hear("tap", kind="tap")
    await turns.handle("1")
    assert len(pauses) == 1


async def test_a_flood_of_messages_is_not_waited_for_for_ever(turns, hear, agent, clock, monkeypatch):
    pauses: list[float] = []
    mine, real = asyncio.current_task(), asyncio.sleep

    async def sleep(seconds: float) -> None:
        if asyncio.current_task() is not mine:  # servers of other tests sleep too
            await real(seconds)
            return
        pauses.append(seconds)
        clock.pass_by(seconds=seconds)
        await hear(f"mais {len(pauses)}")

    object.__setattr__(turns._house, "settings", TurnSettings())
    monkeypatch.setattr("app.turns.asyncio.sleep", sleep)
    await hear("oi")
    await turns.handle("1")
    assert sum(pauses) <= 6


async def test_a_turn_that_was_overtaken_is_thought_again_and_happens_once(turns, hear, agent, database):
    await hear("oi")

    async def overtake() -> None:
        agent.meanwhile = None
        await database.write(lambda s: setattr(s.get_one(Conversation, 1), "version", 7))

    agent.meanwhile = overtake
    assert await turns.handle("1") == 0
    await turns.handle("1")
    assert len(agent.asked) == 2
    assert await rows(database, OutboxEntry.version) == [8]


async def test_when_an_effect_is_stale_nothing_of_the_turn_happened(turns, hear, agent, database, monkeypatch):
    await hear("123456")
    agent.effects = (IdentityEffect(data={"op": "right"}), AnswerOutcome(question="q", outcome="answered"))
    stale = [StaleTurnError("the code was used")]

    def apply(*args, **kwargs):
        if stale:
            raise stale.pop()
        return IdentityOutcome()

    monkeypatch.setattr("app.effects.apply_identity", apply)
    assert await turns.handle("1") == 0
    await turns.handle("1")
    assert len(agent.asked) == 2
    assert await rows(database, Turn.version) == [1]
    assert len(await rows(database, AnswerRecord.id)) == 1


async def test_a_confirmed_draft_makes_one_request_and_its_number_is_told(turns, hear, agent, database, ana):
    agent.effects, agent.replies = (CreateRequest(nonce="n1", draft=DRAFT),), ()
    await hear("confirmar")
    await turns.handle("1")
    await hear("confirmar de novo")
    await turns.handle("1")
    assert await rows(database, RequestRow.number) == [1001]
    assert all("#1001" in body["text"]["body"] for body in await rows(database, OutboxEntry.body))


async def test_a_draft_of_somebody_who_is_not_verified_makes_no_request(turns, hear, agent, database):
    agent.effects = (CreateRequest(nonce="n1", draft=DRAFT),)
    await hear("confirmar")
    await turns.handle("1")
    assert await rows(database, RequestRow.number) == []


async def test_what_the_desk_refuses_is_told_and_the_rest_of_the_turn_stands(turns, hear, agent, database, ana):
    agent.effects = (
        CommentRequest(number="4242", text="oi"),
        CreateRequest(nonce="n1", draft=DRAFT.model_copy(update={"category_id": "nonsense"})),
        CreateRequest(nonce="n2", draft=DRAFT),
    )
    await hear("confirmar")
    await turns.handle("1")
    assert await rows(database, RequestRow.reference) == ["n2"]
    assert len(await rows(database, OutboxEntry.id)) == 4


async def test_a_failing_turn_is_tried_again_later_and_loses_nothing(turns, hear, agent, database):
    await hear("oi")
    agent.troubles = [RuntimeError("boom")]
    assert await turns.handle("1") == 2.0
    assert await rows(database, OutboxEntry.id) == []
    assert await turns.handle("1") is None
    assert await rows(database, InboxMessage.state) == ["done"]


async def test_a_turn_that_fails_every_time_is_handed_to_a_person_and_the_next_one_goes_on(
    turns, hear, agent, database
):
    await hear("veneno")
    agent.troubles = [RuntimeError("boom")] * 3
    while await turns.handle("1") is not None:
        pass
    assert await rows(database, InboxMessage.state) == ["dead"]
    assert await rows(database, HandOffNote.summary) == ["veneno"]
    assert await rows(database, Conversation.handed_over) == [True]
    assert len(await rows(database, OutboxEntry.id)) == 1
    await hear("oi")
    await turns.handle("1")
    assert await rows(database, InboxMessage.state) == ["dead", "done"]


async def test_a_turn_that_takes_too_long_is_given_up_and_tried_again(turns, hear, agent, database):
    async def hang() -> None:
        agent.meanwhile = None
        await asyncio.sleep(60)

    object.__setattr__(turns._house, "settings", TurnSettings(settle=timedelta(0), deadline=timedelta(seconds=0.05)))
    agent.meanwhile = hang
    await hear("oi")
    assert await turns.handle("1") is not None
    await turns.handle("1")
    assert await rows(database, InboxMessage.state) == ["done"]


async def test_a_checkpoint_nobody_can_read_starts_the_dialogue_afresh(turns, hear, agent, database):
    await database.write(lambda s: setattr(s.get_one(Conversation, 1), "checkpoint", b"\xc1"))
    agent.troubles = [CorruptCheckpointError("no")]
    await hear("oi")
    await turns.handle("1")
    assert [checkpoint for checkpoint, _ in agent.asked] == [b"\xc1", None]
    assert await rows(database, InboxMessage.state) == ["done"]


async def test_a_conversation_handed_to_a_person_stays_so_and_the_note_says_why(turns, hear, agent, database, ana):
    agent.effects = (HandOff(reason="asked", summary="quer falar com alguém"),)
    await hear("atendente")
    await turns.handle("1")
    assert await rows(database, HandOffNote.reason) == ["asked"]
    assert await rows(database, Conversation.handed_over) == [True]


async def test_what_was_said_lately_is_told_in_its_order(turns, hear, agent, database, clock):
    await hear("um")
    await turns.handle("1")
    clock.pass_by(seconds=1)
    await hear("dois")
    await turns.handle("1")
    clock.pass_by(seconds=1)
    await hear("três")
    mailbox = await database.read(lambda s: load(s, 1, clock(), IdentitySettings()))
    assert [(line.by, line.text) for line in mailbox.recent] == [
        ("employee", "um"), ("bot", "oi!"), ("employee", "dois"), ("bot", "oi!"),
    ]  # fmt: skip
