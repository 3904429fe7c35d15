"""People acting by Python and by HTTP, and the events the phone page lives on."""

import asyncio
import json
from typing import Any

import pytest

from app.emulator.gestures import UnknownGestureError


async def test_replies_waits_for_what_comes_after_the_newest_message(world: Any) -> None:
    await world.emulator.say("ana", "oi")
    await world.text("+5511987654321", "antes")
    await world.emulator.say("ana", "e agora?")

    async def answer() -> None:
        for words in ("um", "dois"):
            await asyncio.sleep(0.05)
            await world.text("+5511987654321", words)

    answering = asyncio.create_task(answer())
    assert [message.text for message in await world.emulator.replies("ana")] == ["um", "dois"]
    await answering


async def test_replies_says_how_many_came_when_too_few_did(world: Any) -> None:
    await world.emulator.say("ana", "oi")
    with pytest.raises(TimeoutError, match="0 of 1"):
        await world.emulator.replies("ana", timeout=0.05)


async def test_tapping_what_nobody_offers_names_what_is_offered(world: Any) -> None:
    with pytest.raises(UnknownGestureError, match="no message offers 'x'"):
        await world.emulator.tap("ana", "x")


async def test_a_page_acts_by_http(world: Any) -> None:
    path = "/emulator/people/ana/messages"
    first = (await world.http.post(path, json={"type": "text", "text": "oi"})).json()["wamid"]
    files = {"file": ("foto.png", b"\x89PNG", "image/png")}
    await world.http.post(path, data={"kind": "image", "caption": "tela"}, files=files)
    await world.http.post(path, json={"type": "reaction", "on": first, "emoji": "🎉"})
    await world.emulator.settled()
    listed = (await world.http.get(path)).json()["messages"]
    assert [(message["kind"], message["text"]) for message in listed] == [("text", "oi"), ("image", "tela")]
    assert listed[0]["reactions"] == ["🎉"]
    assert [message["type"] for message in world.business.inbound] == ["text", "image", "reaction"]


@pytest.mark.parametrize(
    "asked",
    [
        {"type": "tap", "id": "nothing"},
        {"type": "text"},
        {"type": "telepathy"},
        {"type": "location", "latitude": "north"},
        {"type": "location", "latitude": "nan", "longitude": 0},
        {"type": "change_number", "wa_id": "12"},
        {"type": "text", "text": "\ud800"},
        [1],
    ],
)
async def test_a_gesture_that_makes_no_sense_is_answered_400(world: Any, asked: Any) -> None:
    answer = await world.http.post("/emulator/people/ana/messages", content=json.dumps(asked))
    assert answer.status_code == 400
    assert answer.json()["error"]


async def test_an_unknown_person_is_answered_404(world: Any) -> None:
    assert (await world.http.get("/emulator/people/nobody/messages")).status_code == 404


async def test_another_site_cannot_act_as_a_person(world: Any) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}
    answer = await world.http.post("/emulator/people/ana/messages", json={"text": "x"}, headers=headers)
    assert answer.status_code == 403
    assert world.emulator.chat("ana").messages == []


async def test_unread_messages_are_counted_until_the_page_shows_them(world: Any) -> None:
    await world.emulator.say("ana", "oi")
    await world.text("+5511987654321")

    def unread() -> int:
        return next(person["unread"] for person in world.emulator.roster()["people"] if person["id"] == "ana")

    assert unread() == 1
    await world.http.post("/emulator/people/ana/read")
    assert unread() == 0


async def test_events_tell_messages_typing_and_people(world: Any) -> None:
    async with world.http.stream("GET", "/phone/events") as stream:
        lines = stream.aiter_lines()
        assert await anext(line async for line in lines if line.startswith("event")) == "event: people"
        wamid = await world.emulator.say("ana", "<b>oi</b>")
        assert await anext(line async for line in lines if line == "event: message")
        told = json.loads((await anext(lines)).removeprefix("data: "))
    assert (told["person"], told["message"]["wamid"], told["message"]["text"]) == ("ana", wamid, "<b>oi</b>")
