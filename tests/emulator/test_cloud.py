"""The Cloud API as the business sees it."""

import asyncio
from typing import Any

import httpx
import pytest

from app.emulator.template import Template


def code(answer: httpx.Response) -> int:
    return int(answer.json()["error"]["code"])


async def test_a_wrong_token_is_answered_401_with_code_190(world: Any) -> None:
    answer = await world.post({"to": "+5511987654321", "text": {"body": "x"}}, token="wrong")
    assert (answer.status_code, code(answer)) == (401, 190)


async def test_a_revoked_token_is_answered_like_a_wrong_one(world: Any) -> None:
    world.emulator.faults.token_revoked = True
    answer = await world.text("+5511987654321")
    assert (answer.status_code, code(answer)) == (401, 190)


async def test_an_accepted_message_is_answered_with_the_canonical_wa_id_and_shown_on_the_phone(world: Any) -> None:
    await world.emulator.say("caio", "oi")
    answer = await world.text("+55 31 98877-6655", "Oi, Caio!")
    assert answer.json()["contacts"] == [{"input": "+55 31 98877-6655", "wa_id": "553188776655"}]
    shown = world.emulator.outbox("caio")
    assert [message.wamid for message in shown] == [answer.json()["messages"][0]["id"]]
    assert shown[0].text == "Oi, Caio!"


async def test_statuses_come_in_order_and_echo_our_callback_data(world: Any) -> None:
    await world.emulator.say("ana", "oi")
    await world.text("+5511987654321", biz_opaque_callback_data="outbox-7")
    await asyncio.sleep(0.05)
    await world.emulator.settled()
    assert [status["status"] for status in world.business.statuses] == ["sent", "delivered", "read"]
    assert {status["biz_opaque_callback_data"] for status in world.business.statuses} == {"outbox-7"}


async def test_a_person_who_never_reads_gives_no_read_status(world: Any) -> None:
    world.emulator.faults.never_read = ["ana"]
    await world.emulator.say("ana", "oi")
    await world.text("+5511987654321")
    world.emulator.read("ana")
    await asyncio.sleep(0.05)
    await world.emulator.settled()
    assert [status["status"] for status in world.business.statuses] == ["sent", "delivered"]


async def test_after_24_hours_only_a_template_is_taken_and_it_does_not_reopen_the_window(world: Any) -> None:
    world.emulator.templates = [Template("agent_replied", "pt_BR", "Resposta no chamado {{1}}.", ("Continuar",))]
    await world.emulator.say("ana", "oi")
    world.clock.move(hours=24, seconds=1)
    assert code(await world.text("+5511987654321")) == 131047
    components = [{"type": "body", "parameters": [{"type": "text", "text": "#1042"}]}]
    template = {"name": "agent_replied", "language": {"code": "pt_BR"}, "components": components}
    assert (await world.post({"to": "+5511987654321", "type": "template", "template": template})).status_code == 200
    assert world.emulator.outbox("ana")[-1].text == "Resposta no chamado #1042."
    assert code(await world.text("+5511987654321")) == 131047
    await world.emulator.tap("ana", "Continuar")
    await world.emulator.settled()
    assert world.business.inbound[-1]["button"] == {"payload": "Continuar", "text": "Continuar"}
    assert (await world.text("+5511987654321")).status_code == 200


async def test_the_shifted_clock_closes_the_window(world: Any) -> None:
    await world.emulator.say("ana", "oi")
    await world.http.post("/emulator/faults", json={"clock_shift_s": 86_401})
    assert code(await world.text("+5511987654321")) == 131047


async def test_a_window_refusal_can_come_by_webhook_without_contacts(world: Any) -> None:
    world.emulator.faults.refuse_by_webhook = True
    assert (await world.text("+5511987654321")).status_code == 200
    await asyncio.sleep(0.05)
    await world.emulator.settled()
    assert "contacts" not in world.business.values[-1]
    assert world.business.statuses[-1]["errors"][0]["code"] == 131047
    assert world.emulator.outbox("ana") == []


async def test_the_46th_message_at_once_meets_the_pair_rate_and_six_seconds_free_one(world: Any) -> None:
    await world.emulator.say("ana", "oi")
    answers = [await world.text("+5511987654321") for _ in range(46)]
    assert [answer.status_code for answer in answers[:45]] == [200] * 45
    assert code(answers[45]) == 131056
    world.clock.move(seconds=6)
    assert (await world.text("+5511987654321")).status_code == 200
    assert code(await world.text("+5511987654321")) == 131056


async def test_the_81st_message_within_a_second_meets_the_throughput(world: Any) -> None:
    for person in ("ana", "caio"):
        await world.emulator.say(person, "oi")
    answers = [await world.text(to) for to in ("+5511987654321", "+553188776655") for _ in range(40)]
    assert {answer.status_code for answer in answers} == {200}
    assert code(await world.text("+5511987654321")) == 130429


async def test_a_bsuid_only_person_is_reached_by_recipient_and_not_by_to(world: Any) -> None:
    await world.emulator.say("noa", "hi")
    await world.emulator.settled()
    received = world.business.values[-1]
    assert "from" not in received["messages"][0]
    assert received["messages"][0]["from_user_id"] == "PT.701422"
    assert received["contacts"] == [{"profile": {"name": "Noa", "username": "noa.b"}, "user_id": "PT.701422"}]
    assert code(await world.text("PT.701422")) == 131026
    answer = await world.post({"recipient": "PT.701422", "type": "text", "text": {"body": "hi"}})
    assert answer.json()["contacts"] == [{"input": "PT.701422", "user_id": "PT.701422"}]


BUTTON = {"type": "reply", "reply": {"id": "a", "title": "A"}}
ROW = {"id": "a", "title": "A"}


def buttons(*replies: dict[str, str], body: str = "?") -> dict[str, Any]:
    action = {"buttons": [{"type": "reply", "reply": reply} for reply in replies]}
    return {"type": "interactive", "interactive": {"type": "button", "body": {"text": body}, "action": action}}


def listing(*rows: dict[str, str], button: str = "See") -> dict[str, Any]:
    action = {"button": button, "sections": [{"title": "S", "rows": list(rows)}]}
    return {"type": "interactive", "interactive": {"type": "list", "body": {"text": "?"}, "action": action}}


@pytest.mark.parametrize(
    ("body", "expected", "named"),
    [
        ({"type": "text", "text": {"body": "x" * 4097}}, 131009, "text.body"),
        ({"type": "text", "text": {"body": "😀" * 2049}}, 131009, "text.body"),
        ({"type": "text", "text": {}}, 131008, "text.body"),
        ({"type": "text", "text": "x"}, 100, "text"),
        ({"type": "carrier-pigeon"}, 100, "type"),
        ({"type": ["text"]}, 100, "type"),
        (buttons(*({"id": str(i), "title": str(i)} for i in range(4))), 131009, "buttons"),
        (buttons({"id": "a", "title": "T" * 21}), 131009, "title"),
        (buttons({"id": "a", "title": "A"}, {"id": "b", "title": "A"}), 131009, "unique"),
        (buttons(ROW, body="x" * 1025), 131009, "body.text"),
        (listing(*({"id": str(i), "title": "T"} for i in range(11))), 131009, "rows"),
        (listing({"id": "a", "title": "T" * 25}), 131009, "title"),
        (listing({"id": "a", "title": "A", "description": "d" * 73}), 131009, "description"),
        (listing(ROW, button="b" * 21), 131009, "button"),
        ({"type": "image", "image": {}}, 131008, "image.id"),
        ({"type": "image", "image": {"id": "404"}}, 131009, "media id"),
        ({"type": "reaction", "reaction": {"message_id": "wamid.x"}}, 131008, "emoji"),
        ({"type": "text", "text": {"body": "x"}, "biz_opaque_callback_data": "x" * 513}, 131009, "biz_opaque"),
    ],
)
async def test_a_broken_limit_is_refused_by_name(world: Any, body: dict[str, Any], expected: int, named: str) -> None:
    await world.emulator.say("ana", "oi")
    answer = await world.post({"to": "+5511987654321"} | body)
    assert (answer.status_code, code(answer)) == (400, expected)
    assert named in answer.json()["error"]["error_data"]["details"]


async def test_bodies_that_are_no_json_object_are_refused(world: Any) -> None:
    for raw in (b"", b"[1]", b"\xff\xfe", b"[" * 200_000, b'"x"'):
        headers = {"Authorization": "Bearer system-user-token"}
        answer = await world.http.post("/v25.0/106540352242922/messages", content=raw, headers=headers)
        assert (answer.status_code, code(answer)) == (400, 100)


async def test_reading_with_typing_marks_earlier_messages_and_shows_typing_until_the_answer(world: Any) -> None:
    await world.emulator.say("ana", "oi")
    wamid = await world.emulator.say("ana", "meu notebook não liga")
    typing = {"status": "read", "message_id": wamid, "typing_indicator": {"type": "text"}}
    assert (await world.post(typing)).json() == {"success": True}
    chat = world.emulator.chat("ana")
    assert [message.state for message in chat.messages] == ["read", "read"]
    assert chat.is_typing(world.clock())
    await world.text("+5511987654321")
    assert not chat.is_typing(world.clock())
    assert code(await world.post({"status": "read", "message_id": "wamid.unknown"})) == 131009


async def test_a_reaction_is_shown_on_its_target_and_yields_only_sent(world: Any) -> None:
    wamid = await world.emulator.say("ana", "obrigada!")
    await world.post({"to": "+5511987654321", "type": "reaction", "reaction": {"message_id": wamid, "emoji": "👍"}})
    await asyncio.sleep(0.05)
    await world.emulator.settled()
    assert world.emulator.chat("ana").find(wamid).reactions == {"business": "👍"}
    assert [status["status"] for status in world.business.statuses] == ["sent"]


async def test_the_next_sends_fail_as_told_and_then_work(world: Any) -> None:
    await world.emulator.say("ana", "oi")
    told = await world.http.post("/emulator/faults", json={"send_errors": 1, "send_throttled": 1})
    assert told.json()["send_errors"] == 1
    answers = [await world.text("+5511987654321") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [500, 429, 200]
    assert code(answers[1]) == 130429
    assert len(world.emulator.outbox("ana")) == 1


async def test_a_lost_answer_leaves_the_message_delivered(world: Any) -> None:
    await world.emulator.say("ana", "oi")
    world.emulator.faults.send_lost_answers = 1
    with pytest.raises(httpx.RemoteProtocolError):
        await world.text("+5511987654321", biz_opaque_callback_data="outbox-9")
    await world.emulator.settled()
    assert len(world.emulator.outbox("ana")) == 1
    assert world.business.statuses[0]["biz_opaque_callback_data"] == "outbox-9"


async def test_a_hanging_send_ends_with_the_callers_patience_and_sends_nothing(world: Any) -> None:
    await world.emulator.say("ana", "oi")
    world.emulator.faults.send_hangs = 1
    with pytest.raises(httpx.ReadTimeout):
        await world.http.post(
            "/v25.0/106540352242922/messages",
            json={"messaging_product": "whatsapp", "to": "+5511987654321", "text": {"body": "x"}},
            headers={"Authorization": "Bearer system-user-token"},
            timeout=0.2,
        )
    assert world.emulator.outbox("ana") == []


async def test_a_status_can_come_before_the_answer(world: Any) -> None:
    await world.emulator.say("ana", "oi")
    world.emulator.faults.status_before_answer = True
    wamid = (await world.text("+5511987654321")).json()["messages"][0]["id"]
    assert [status["id"] for status in world.business.statuses] == [wamid] * 3


async def test_an_unknown_fault_is_refused_and_changes_nothing(world: Any) -> None:
    answer = await world.http.post("/emulator/faults", json={"send_errors": 3, "gremlins": 1})
    assert answer.status_code == 400
    assert "gremlins" in answer.json()["error"]
    assert world.emulator.faults.send_errors == 0


async def test_another_objects_id_is_answered_as_unknown(world: Any) -> None:
    headers = {"Authorization": "Bearer system-user-token"}
    answer = await world.http.post("/v25.0/999/messages", json={}, headers=headers)
    assert (answer.status_code, answer.json()["error"]["error_subcode"]) == (400, 33)


async def test_the_account_s_standing_can_be_changed_and_put_back_by_http(world: Any) -> None:
    await world.http.post("/emulator/account", json={"quality_rating": "RED", "management_refused": 200})
    headers = {"Authorization": "Bearer system-user-token"}
    number = (await world.http.get("/v25.0/106540352242922?fields=quality_rating", headers=headers)).json()
    refused = await world.http.get("/v25.0/102290129340398/message_templates", headers=headers)
    assert number == {"quality_rating": "RED", "id": "106540352242922"}
    assert (refused.status_code, code(refused)) == (403, 200)
    assert (await world.http.delete("/emulator/account")).json()["quality_rating"] == "GREEN"


async def test_a_field_that_the_number_does_not_have_is_refused_as_meta_does(world: Any) -> None:
    refused = await world.http.get(
        "/v25.0/106540352242922?fields=shoe_size", headers={"Authorization": "Bearer system-user-token"}
    )
    assert code(refused) == 100


@pytest.mark.parametrize(("status", "wanted"), [("REJECTED", 132001), ("PAUSED", 132015), ("DISABLED", 132016)])
async def test_a_template_that_is_not_approved_is_not_sent(world: Any, status: str, wanted: int) -> None:
    world.emulator.templates = [Template("hello", "en", "Hi", status=status)]
    sent = await world.post({"to": "5511987654321", "type": "template",
                             "template": {"name": "hello", "language": {"code": "en"}}})  # fmt: skip
    assert code(sent) == wanted
