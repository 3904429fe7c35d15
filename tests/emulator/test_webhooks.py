"""The webhooks the emulator sends."""

import asyncio
import hashlib
import hmac
import json
from typing import Any

from app.emulator import gestures


async def test_a_webhook_is_signed_over_its_raw_bytes(world: Any) -> None:
    await world.emulator.say("ana", "Não consigo acessar o VPN 😕")
    await world.emulator.settled()
    digest = hmac.new(b"app-secret", world.business.bodies[0], hashlib.sha256).hexdigest()
    assert world.business.headers[0]["x-hub-signature-256"] == f"sha256={digest}"
    assert world.business.inbound[0]["text"] == {"body": "Não consigo acessar o VPN 😕"}


async def test_a_webhook_is_retried_until_the_answer_is_200_and_the_order_is_kept(world: Any) -> None:
    world.business.answers = [500, 503, 204, 302]
    first = await world.emulator.say("ana", "um")
    second = await world.emulator.say("ana", "dois")
    await world.emulator.settled()
    assert [message["id"] for message in world.business.inbound] == [first] * 5 + [second]
    assert [message.state for message in world.emulator.chat("ana").messages] == ["delivered", "delivered"]


async def test_webhooks_wait_for_an_address_and_for_a_business_that_is_down(world: Any) -> None:
    url, world.emulator.webhook_url = world.emulator.webhook_url, "http://127.0.0.1:9/none"
    await world.emulator.say("ana", "tem alguém aí?")
    await asyncio.sleep(0.1)
    assert world.business.inbound == []
    world.emulator.webhook_url = url
    await world.emulator.settled()
    assert len(world.business.inbound) == 1


async def test_duplicates_are_the_same_bytes(world: Any) -> None:
    world.emulator.faults.webhook_copies = 3
    await world.emulator.say("ana", "oi")
    await world.emulator.settled()
    assert len(world.business.bodies) == 3
    assert len(set(world.business.bodies)) == 1


async def test_a_batch_holds_several_updates_in_one_post(world: Any) -> None:
    world.emulator.faults.webhook_batch = 100
    for number in range(5):
        await world.emulator.say("ana", str(number))
        await world.emulator.say("lucia", str(number))
    await world.emulator.settled()
    assert len(world.business.bodies) == 1
    assert len(world.business.inbound) == 10
    assert len(json.loads(world.business.bodies[0])["entry"]) == 2


async def test_neighbouring_messages_of_one_person_share_a_change(world: Any) -> None:
    world.emulator.faults.webhook_batch = 100
    wamids = [await world.emulator.say("ana", str(number)) for number in range(3)]
    await world.emulator.settled()
    assert [message["id"] for message in world.business.values[0]["messages"]] == wamids


async def test_shuffled_webhooks_all_arrive(world: Any) -> None:
    world.emulator.faults.webhook_shuffle = True
    wamids = [await world.emulator.say("ana", str(number)) for number in range(12)]
    await world.emulator.settled()
    arrived = [message["id"] for message in world.business.inbound]
    assert sorted(arrived) == sorted(wamids)
    assert arrived != wamids


async def test_taps_carry_id_and_title_and_point_to_their_message(world: Any) -> None:
    await world.emulator.say("ana", "oi")
    replies = [{"type": "reply", "reply": {"id": "confirm:1", "title": "Confirmar"}}]
    buttons = {"type": "button", "body": {"text": "Certo?"}, "action": {"buttons": replies}}
    rows = [{"id": "cat:vpn", "title": "VPN", "description": "Acesso remoto"}]
    chosen = {"type": "list", "body": {"text": "Qual?"}, "action": {"button": "Ver", "sections": [{"rows": rows}]}}
    sent = []
    for interactive in (buttons, buttons, chosen):
        answer = await world.post({"to": "+5511987654321", "type": "interactive", "interactive": interactive})
        sent.append(answer.json()["messages"][0]["id"])
    await world.emulator.tap("ana", "confirm:1")
    await world.emulator.tap("ana", "confirm:1", on=sent[0])
    await world.emulator.tap("ana", "cat:vpn")
    await world.emulator.settled()
    newest, old, row = world.business.inbound[1:]
    assert newest["interactive"] == {"type": "button_reply", "button_reply": {"id": "confirm:1", "title": "Confirmar"}}
    assert [tapped["context"]["id"] for tapped in (newest, old, row)] == [sent[1], sent[0], sent[2]]
    assert row["interactive"]["list_reply"] == rows[0]


async def test_every_kind_of_inbound_message_has_its_documented_shape(world: Any) -> None:
    emulator = world.emulator
    first = await emulator.say("ana", "oi")
    await emulator.say("ana", "sobre isto", quoting=first)
    await emulator.react("ana", "👍", on=first)
    await emulator.react("ana", "", on=first)
    await emulator.send("ana", gestures.location(-23.55, -46.63, "Sede"))
    await emulator.send("ana", gestures.contact_card("João", "+5511900000000"))
    await emulator.send("ana", gestures.unsupported("poll"))
    await emulator.edit("ana", first, "olá")
    await emulator.edit("ana", first, "olá!", coexistence=True)
    await emulator.revoke("ana", first)
    await emulator.settled()
    _, quoting, reaction, removal, place, contacts, poll, plain_edit, edit, revoked = world.business.inbound
    assert quoting["context"] == {"from": "5511987654321", "id": first}
    assert reaction["reaction"] == {"message_id": first, "emoji": "👍"}
    assert removal["reaction"] == {"message_id": first}
    assert place["location"]["name"] == "Sede"
    assert contacts["contacts"][0]["phones"][0]["phone"] == "+5511900000000"
    assert contacts["origin"] == "other"
    assert (poll["errors"][0]["code"], poll["unsupported"]) == (131051, {"type": "poll"})
    assert plain_edit["unsupported"] == {"type": "edit"}
    assert edit["edit"]["message"] == {"type": "text", "text": {"body": "olá!"}}
    assert revoked["revoke"] == {"original_message_id": first}
    assert emulator.chat("ana").find(first).revoked


async def test_a_changed_number_is_told_by_system_messages_without_contacts(world: Any) -> None:
    await world.emulator.change_number("ana", "5511911112222")
    await world.emulator.settled()
    number, rotated = world.business.values
    assert "contacts" not in number
    assert number["messages"][0]["from"] == "5511987654321"
    assert number["messages"][0]["system"]["wa_id"] == "5511911112222"
    assert rotated["messages"][0]["system"]["previous_user_id"] == "BR.447102"
    await world.emulator.say("ana", "número novo")
    await world.emulator.settled()
    assert world.business.inbound[-1]["from"] == "5511911112222"
