"""Our two halves, webhook and client, in a conversation with the emulated WhatsApp over real sockets."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from app.emulator import gestures
from app.emulator.people import Person
from app.emulator.switchboard import Emulator
from app.whatsapp.address import Address
from app.whatsapp.client import CloudApi
from app.whatsapp.errors import ChannelStoppedError, RefusedError, ThrottledError, UnavailableError, WindowClosedError
from app.whatsapp.media import download, upload
from app.whatsapp.outbound import media, reaction, render, template
from app.whatsapp.payload import Delivery, Message
from app.whatsapp.webhook import webhook_app
from graph.messages import Buttons, Choice, Link, Menu, Text

ANA, NOA = Address(wa_id="5511987654321"), Address(bsuid="PT.7")
HELLO = render(Text(body="Olá!"))[0]
CHOICES = tuple(Choice(id=f"c{number}", title=f"Escolha número {number} de três") for number in range(3))


@dataclass
class Line:
    """A business number with its client, and what Meta told it."""

    emulator: Emulator
    api: CloudApi
    taken: list[Delivery] = field(default_factory=list)
    now: datetime = datetime(2026, 11, 23, 9, tzinfo=UTC)

    async def heard(self) -> Message:
        await self.emulator.settled()
        return [message for delivery in self.taken for message in delivery.messages][-1]

    async def states(self) -> list[tuple[str, str]]:
        await self.emulator.settled()
        return [(status.status, status.opaque) for delivery in self.taken for status in delivery.statuses]


@pytest.fixture
async def line(whatsapp, serve) -> AsyncIterator[Line]:
    taken: list[Delivery] = []

    async def accept(delivery: Delivery) -> None:
        taken.append(delivery)

    people = (Person("ana", "Ana", "5511987654321", "BR.1"), Person("noa", "Noa", None, "PT.7", "noa.b"))
    emulator = Emulator(
        "app-secret", "token-of-ours", whatsapp.phone_number_id, whatsapp.waba_id, people=people, clock=lambda: line.now
    )
    emulator.webhook_url = await serve(webhook_app(whatsapp, accept))
    base_url = await serve(emulator.app)
    async with emulator, CloudApi(whatsapp.model_copy(update={"base_url": base_url})) as api:
        line = Line(emulator, api, taken)
        yield line


async def test_words_come_in_and_an_answer_goes_out_and_is_settled_by_its_reference(line):
    await line.emulator.say("ana", "Oi")
    asked = await line.heard()
    assert (asked.incoming.text, asked.profile_name, asked.wa_id) == ("Oi", "Ana", "5511987654321")
    await line.api.mark_read(asked.incoming.id, typing=True)
    accepted = await line.api.send(asked.address, HELLO, opaque="outbox-7")
    assert line.emulator.outbox("ana")[-1].wamid == accepted.wamid
    assert ("sent", "outbox-7") in await line.states()
    assert ("delivered", "outbox-7") in await line.states()


async def test_somebody_without_a_number_is_answered(line):
    await line.emulator.say("noa", "Hi")
    asked = await line.heard()
    assert asked.address == NOA
    assert (await line.api.send(asked.address, HELLO)).user_id == "PT.7"


@pytest.mark.parametrize(
    "reply",
    [
        Text(body="palavra " * 2000),
        Buttons(body="Resolveu? " * 300, choices=CHOICES, footer="Recado " * 20),
        Menu(body="Qual? " * 1000, button="Ver todas as escolhas", choices=CHOICES),
        Link(body="Leia", label="Abrir a página da intranet", url="https://intranet.example/a"),
    ],
)
async def test_every_kind_of_reply_is_taken(line, reply):
    await line.emulator.say("ana", "Oi")
    messages = render(reply)
    for message in messages:
        await line.api.send(ANA, message)
    assert len(line.emulator.outbox("ana")) == len(messages)


async def test_a_tap_brings_back_the_id_of_the_button(line):
    await line.emulator.say("ana", "Oi")
    await line.api.send(ANA, render(Buttons(body="?", choices=CHOICES))[0])
    await line.emulator.tap("ana", "c1")
    tapped = (await line.heard()).incoming
    assert (tapped.kind, tapped.payload) == ("tap", "c1")


async def test_reactions_and_templates_are_taken(line):
    wamid = await line.emulator.say("ana", "Oi")
    await line.api.send(ANA, reaction(wamid, "✅"))
    await line.api.send(ANA, template("hello_world", "en_US"))


async def test_a_picture_comes_in_and_another_goes_out(line, tmp_path):
    await line.emulator.send_file("ana", "image", b"\x89PNG 1", "image/png", caption="olha")
    picture = (await line.heard()).incoming
    assert picture.media is not None
    got = await download(line.api, picture.media.id, tmp_path / "in.png")
    assert (got.path.read_bytes(), got.mime_type, picture.text) == (b"\x89PNG 1", "image/png", "olha")
    ours = await upload(line.api, b"\x89PNG 2", mime_type="image/png", name="out.png")
    for message in media("image", ours, caption="aqui"):
        await line.api.send(ANA, message)


async def test_odd_messages_are_shown_as_what_they_are(line):
    await line.emulator.send("ana", gestures.unsupported("poll"))
    assert (await line.heard()).incoming.detail == "poll"
    await line.emulator.send("ana", gestures.location(-23.5, -46.6, "Sede"))
    assert (await line.heard()).incoming.text == "Sede"
    await line.emulator.send("ana", gestures.contact_card("Bia", "+5511900000000"))
    assert (await line.heard()).incoming.text == "Bia"
    await line.emulator.send("ana", gestures.flow_reply({"a": 1}))
    assert (await line.heard()).incoming.detail == "nfm_reply"


async def test_a_changed_number_is_a_notice_with_the_old_and_the_new_one(line):
    await line.emulator.say("ana", "Oi")
    await line.emulator.change_number("ana", "5521911112222")
    await line.emulator.settled()
    notices = [notice for delivery in line.taken for notice in delivery.notices]
    assert [(notice.wa_id, notice.new_wa_id) for notice in notices if notice.kind == "user_changed_number"] == [
        ("5511987654321", "5521911112222")
    ]


async def test_after_24_hours_only_a_template_goes(line):
    await line.emulator.say("ana", "Oi")
    line.now += timedelta(hours=24, seconds=1)
    with pytest.raises(WindowClosedError):
        await line.api.send(ANA, HELLO)
    await line.api.send(ANA, template("hello_world", "en_US"))


async def test_the_46th_message_in_a_moment_is_throttled_for_this_person_only(line):
    await line.emulator.say("ana", "Oi")
    await line.emulator.say("noa", "Hi")
    for _ in range(45):
        await line.api.send(ANA, HELLO)
    with pytest.raises(ThrottledError) as caught:
        await line.api.send(ANA, HELLO)
    assert caught.value.scope == "recipient"
    await line.api.send(NOA, HELLO)


async def test_bad_days_at_meta_have_their_reactions(line):
    await line.emulator.say("ana", "Oi")
    for fault, kind in (("send_errors", UnavailableError), ("send_throttled", ThrottledError)):
        setattr(line.emulator.faults, fault, 1)
        with pytest.raises(kind):
            await line.api.send(ANA, HELLO)
    line.emulator.faults.send_lost_answers = 1
    with pytest.raises(UnavailableError) as lost:
        await line.api.send(ANA, HELLO, opaque="lost")
    assert lost.value.ambiguous
    assert ("sent", "lost") in await line.states()
    with pytest.raises(RefusedError):
        await line.api.send(Address(wa_id="4930000000"), HELLO)
    line.emulator.faults.token_revoked = True
    with pytest.raises(ChannelStoppedError):
        await line.api.send(ANA, HELLO)
