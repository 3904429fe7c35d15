"""Delivery with the emulated WhatsApp at the other end: rates, closed windows, templates, a token taken away."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app import channel, outbox
from app.carriers import MessageCarrier
from app.db.models import Conversation, InboxMessage, OutboxEntry
from app.delivery import Delivery, Rules
from app.emulator.people import Person
from app.emulator.refusal import Refusal
from app.emulator.switchboard import Emulator
from app.emulator.template import Template
from app.inbox import Inbox
from app.rates import OwnRates
from app.whatsapp.client import CloudApi
from app.whatsapp.outbound import render
from app.whatsapp.payload import read
from app.whatsapp.webhook import webhook_app
from app.window import REOPENING, Knock
from graph.messages import Text

LEASE = timedelta(seconds=30)
ANA, NOA = "5511987654321", "5511987654322"
KNOCK = Knock("reply_waiting", {"pt-BR": "pt_BR"}, parameters=2, company="Ipê")
TEMPLATE = Template("reply_waiting", "pt_BR", "Oi {{1}}, a {{2}} respondeu.", ("Ver resposta",))


@dataclass
class Office:
    """The service's mouth and ears, without a mind."""

    emulator: Emulator
    delivery: Delivery
    database: object
    clock: object

    async def hear(self, who: str, words: str = "oi") -> None:
        await self.emulator.say(who, words)
        await self.emulator.settled()

    async def say(self, conversation_id: int, *words: str, version: int = 1) -> str:
        def put(session) -> None:
            messages = [message for text in words for message in render(Text(body=text))]
            for part, message in enumerate(messages):
                outbox.put(session, outbox.Slot(conversation_id, version, part), "message", message, now=self.clock())

        await self.database.write(put)
        return f"c{conversation_id}"

    async def work(self, lane: str, *, seconds: float = 3600) -> None:
        """Handle a lane and come back when it says so, for so long."""
        until = self.clock() + timedelta(seconds=seconds)
        while (pause := await self.delivery.handle(lane)) is not None and self.clock() < until:
            self.clock.pass_by(seconds=max(pause, 0.001))
        await self.emulator.settled()

    def got(self, who: str) -> list[str]:
        return [m.content["body"] for m in self.emulator.outbox(who)]

    async def states(self) -> list[str]:
        return await self.database.read(lambda s: list(s.scalars(select(OutboxEntry.state).order_by(OutboxEntry.id))))


@pytest.fixture
async def open_office(whatsapp, serve, database, clock) -> AsyncIterator:
    people = (Person("ana", "Ana", ANA, "BR.1"), Person("noa", "Noa", NOA, "BR.2"))
    apis = []

    async def open_office(*, knock: Knock | None = None, templates=()) -> Office:
        emulator = Emulator(
            "app-secret", "token-of-ours", whatsapp.phone_number_id, whatsapp.waba_id, people=people, clock=clock,
            templates=templates, reads_by_itself=False,
        )  # fmt: skip
        api = CloudApi(whatsapp.model_copy(update={"base_url": await serve(emulator.app)}))
        rules = Rules(whatsapp.phone_number_id, LEASE, knock)
        office = Office(
            emulator,
            Delivery(database, clock, {"message": MessageCarrier(api)}, OwnRates(80, clock), rules),
            database,
            clock,
        )
        inbox = Inbox(database, clock)
        emulator.webhook_url = await serve(webhook_app(whatsapp, inbox.accept))
        await emulator.start()
        apis.append((api, emulator))
        return office

    yield open_office
    for api, emulator in apis:
        await emulator.stop()
        await api.close()


async def test_a_reply_of_many_parts_refused_in_the_middle_goes_on_at_the_part_that_failed(open_office, monkeypatch):
    office = await open_office()
    await office.hear("ana")
    await office.hear("noa")
    asked, spend = Counter(), office.emulator.rates.spend

    def strict(person, now):
        asked[person] += 1
        if person == "ana" and asked[person] in {3, 4}:
            raise Refusal(131056, "pair rate limit hit")
        spend(person, now)

    monkeypatch.setattr(office.emulator.rates, "spend", strict)
    mine, theirs = await office.say(1, "um", "dois", "três", "quatro"), await office.say(2, "a", "b")
    paused = await office.delivery.handle(mine)
    assert (paused, office.got("ana")) == (1, ["um", "dois"])
    assert await office.delivery.handle(theirs) is None
    assert office.got("noa") == ["a", "b"]
    await office.work(mine)
    assert office.got("ana") == ["um", "dois", "três", "quatro"]
    assert asked == {"ana": 6, "noa": 2}


async def test_a_closed_window_costs_one_refusal_and_one_template_and_an_answer_lets_the_words_out(open_office, woken):
    office = await open_office(knock=KNOCK, templates=[TEMPLATE])
    await office.hear("ana")
    office.clock.pass_by(hours=25)
    lane = await office.say(1, "um", "dois")
    await office.work(lane)
    await office.work(lane)
    assert office.got("ana") == ["Oi Ana, a Ipê respondeu."]
    assert await office.states() == ["held", "held", "delivered"]
    await office.say(1, "três", version=2)
    await office.work(lane)
    await woken()
    await office.emulator.tap("ana", "Ver resposta")
    await office.emulator.settled()
    await office.work(lane)
    assert office.got("ana") == ["Oi Ana, a Ipê respondeu.", "um", "dois", "três"]
    assert await woken() == {"c1"}  # the tap only opens the window: there is nothing to think about
    assert await office.database.read(lambda s: list(s.scalars(select(InboxMessage.state)))) == ["new", "done"]


async def test_words_that_answer_a_template_let_out_what_was_held_and_are_thought_about(open_office, woken):
    office = await open_office(knock=KNOCK, templates=[TEMPLATE])
    await office.hear("ana")
    office.clock.pass_by(hours=25)
    lane = await office.say(1, "um")
    await office.work(lane)
    await woken()
    await office.hear("ana", "sim?")
    await office.work(lane)
    assert office.got("ana") == ["Oi Ana, a Ipê respondeu.", "um"]
    assert "t1" in await woken()


async def test_the_next_closed_window_has_a_template_of_its_own(open_office):
    office = await open_office(knock=KNOCK, templates=[TEMPLATE])
    for version in (1, 2):
        await office.hear("ana")
        await office.work("c1")
        office.clock.pass_by(hours=25)
        await office.work(await office.say(1, f"palavra {version}", version=version))
    assert office.got("ana") == ["Oi Ana, a Ipê respondeu.", "palavra 1", "Oi Ana, a Ipê respondeu."]


async def test_a_template_that_is_refused_is_not_tried_again_and_the_words_stay(open_office):
    office = await open_office(knock=KNOCK, templates=[Template("another", "pt_BR", "Oi")])
    await office.hear("ana")
    office.clock.pass_by(hours=25)
    lane = await office.say(1, "um")
    for _ in range(3):
        await office.work(lane)
        office.clock.pass_by(hours=1)
    assert await office.states() == ["held", "failed"]
    tries = await office.database.read(lambda s: list(s.scalars(select(OutboxEntry.tries))))
    assert tries == [1, 1]


async def test_a_window_told_closed_by_webhook_is_treated_alike(open_office, woken):
    office = await open_office(knock=KNOCK, templates=[TEMPLATE])
    await office.hear("ana")
    office.clock.pass_by(hours=25)
    office.emulator.faults.refuse_by_webhook = True
    lane = await office.say(1, "um")
    await woken()
    await office.work(lane)
    assert await woken() == {lane}
    await office.work(lane)
    assert office.got("ana")[-1] == "Oi Ana, a Ipê respondeu."
    assert (await office.states())[0] == "held"


async def test_without_a_template_words_are_kept_for_the_employee_or_the_agent(open_office):
    office = await open_office()
    await office.hear("ana")
    office.clock.pass_by(hours=25)
    await office.work(await office.say(1, "um"))
    assert (office.got("ana"), await office.states()) == ([], ["held"])


async def test_the_template_speaks_the_language_of_the_conversation(open_office):
    knock = Knock("reply_waiting", {"es": "es_MX"}, parameters=1)
    office = await open_office(knock=knock, templates=[Template("reply_waiting", "es_MX", "Hola {{1}}")])
    await office.hear("ana")
    await office.database.write(lambda s: setattr(s.get_one(Conversation, 1), "language", "es"))
    office.clock.pass_by(hours=25)
    await office.work(await office.say(1, "uno"))
    assert office.got("ana") == ["Hola Ana"]
    assert await office.database.read(
        lambda s: s.scalars(select(OutboxEntry.part).where(OutboxEntry.version == REOPENING)).one()
    )


async def test_a_token_taken_away_fails_nothing_and_one_entry_a_minute_asks_for_all(open_office):
    office = await open_office()
    await office.hear("ana")
    await office.hear("noa")
    office.emulator.faults.token_revoked = True
    lanes = [await office.say(1, "um"), await office.say(2, "dois")]
    for _ in range(30):  # ten minutes
        for lane in lanes:
            await office.delivery.handle(lane)
        office.clock.pass_by(seconds=20)
    stands = await office.database.read(lambda s: channel.standing(s, office.delivery._rules.number))
    assert stands.stopped_because.startswith("190")
    assert await office.states() == ["new", "new"]
    asked = await office.database.read(lambda s: sum(s.scalars(select(OutboxEntry.tries))))
    assert 8 <= asked <= 11
    office.emulator.faults.token_revoked = False
    office.clock.pass_by(seconds=120)
    for lane in lanes:
        await office.work(lane)
    stands = await office.database.read(lambda s: channel.standing(s, office.delivery._rules.number))
    assert (stands.stopped_because, office.got("ana"), office.got("noa")) == ("", ["um"], ["dois"])


async def test_an_account_blocked_by_webhook_stops_the_channel_too(open_office, whatsapp):
    office = await open_office()
    await office.hear("ana")
    await office.work(await office.say(1, "um"))
    inbox = Inbox(office.database, office.clock)
    wamid = office.emulator.outbox("ana")[0].wamid
    await office.database.write(lambda s: setattr(s.get_one(OutboxEntry, 1), "state", "sent"))
    await inbox.accept(read(blocked(whatsapp.phone_number_id, wamid), now=office.clock()))
    stands = await office.database.read(lambda s: channel.standing(s, whatsapp.phone_number_id))
    assert stands.stopped_because.startswith("131031")
    assert await office.states() == ["new"]


def blocked(number: str, wamid: str) -> bytes:
    import json

    status = {"id": wamid, "status": "failed", "timestamp": "1795438800", "recipient_id": ANA}
    status["errors"] = [{"code": 131031, "title": "Business Account locked"}]
    value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": number}, "statuses": [status]}
    changes = [{"field": "messages", "value": value}]
    return json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": changes}]}).encode()


async def test_a_template_that_could_not_go_before_the_employee_wrote_is_not_sent_any_more(open_office):
    office = await open_office(knock=KNOCK, templates=[TEMPLATE])
    await office.hear("ana")
    office.clock.pass_by(hours=25)
    await office.delivery.handle(await office.say(1, "um"))
    await office.emulator.settled()  # its statuses are told before it is made to wait again
    await office.database.write(
        lambda s: s.execute(update(OutboxEntry).where(OutboxEntry.version == REOPENING).values(state="new"))
    )
    await office.hear("ana")
    await office.work("c1")
    assert await office.states() == ["delivered", "dropped"]
