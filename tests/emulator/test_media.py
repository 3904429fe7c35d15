"""Files in both directions."""

import hashlib
from typing import Any

BEARER = {"Authorization": "Bearer system-user-token"}
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100
UPLOAD = "/v25.0/106540352242922/media"


async def uploaded(world: Any, content: bytes, mime_type: str) -> Any:
    files = {"file": ("a.bin", content, mime_type)}
    data = {"messaging_product": "whatsapp", "type": mime_type}
    return await world.http.post(UPLOAD, files=files, data=data, headers=BEARER)


async def test_a_person_s_picture_is_fetched_in_two_steps_with_the_token(world: Any) -> None:
    await world.emulator.send_file("ana", "image", PNG, "image/png", caption="olha")
    await world.emulator.settled()
    image = world.business.inbound[-1]["image"]
    assert image["caption"] == "olha"
    described = (await world.http.get(f"/v25.0/{image['id']}", headers=BEARER)).json()
    assert described["sha256"] == hashlib.sha256(PNG).hexdigest()
    assert described["file_size"] == len(PNG)
    assert (await world.http.get(described["url"])).status_code == 401
    fetched = await world.http.get(described["url"], headers=BEARER)
    assert (fetched.content, fetched.headers["content-type"]) == (PNG, "image/png")


async def test_a_webhook_carries_the_address_once_the_emulator_knows_its_own(world: Any) -> None:
    world.emulator.public_url = world.url
    await world.emulator.send_file("ana", "image", PNG, "image/png")
    await world.emulator.settled()
    url = world.business.inbound[-1]["image"]["url"]
    assert (await world.http.get(url, headers=BEARER)).content == PNG


async def test_the_address_of_a_file_works_for_five_minutes_and_a_new_one_is_given(world: Any) -> None:
    media_id = (await uploaded(world, PNG, "image/png")).json()["id"]
    url = (await world.http.get(f"/v25.0/{media_id}", headers=BEARER)).json()["url"]
    assert (await world.http.get(url.replace("hash=", "hash=0"), headers=BEARER)).status_code == 404
    world.clock.move(minutes=5, seconds=1)
    assert (await world.http.get(url, headers=BEARER)).status_code == 404
    again = (await world.http.get(f"/v25.0/{media_id}", headers=BEARER)).json()["url"]
    assert (await world.http.get(again, headers=BEARER)).content == PNG


async def test_inbound_files_live_seven_days_and_uploaded_ones_thirty(world: Any) -> None:
    await world.emulator.send_file("ana", "audio", b"OggS", "audio/ogg; codecs=opus")
    await world.emulator.settled()
    inbound = world.business.inbound[-1]["audio"]
    assert inbound["voice"] is True
    ours = (await uploaded(world, PNG, "image/png")).json()["id"]
    world.clock.move(days=7, seconds=1)
    gone = await world.http.get(f"/v25.0/{inbound['id']}", headers=BEARER)
    assert (gone.status_code, gone.json()["error"]["error_subcode"]) == (400, 33)
    assert (await world.http.get(f"/v25.0/{ours}", headers=BEARER)).status_code == 200
    world.clock.move(days=23)
    assert (await world.http.get(f"/v25.0/{ours}", headers=BEARER)).status_code == 400


async def test_a_wrong_type_or_an_oversized_or_empty_file_is_refused(world: Any) -> None:
    wrong = await uploaded(world, b"MZ", "application/x-msdownload")
    large = await uploaded(world, b"0" * (5 * 1024 * 1024 + 1), "image/png")
    empty = await uploaded(world, b"", "image/png")
    codes = [answer.json()["error"]["code"] for answer in (wrong, large, empty)]
    assert codes == [131053, 131053, 100]


async def test_an_uploaded_picture_is_sent_by_id_and_shown_on_the_phone(world: Any) -> None:
    await world.emulator.say("ana", "manda a foto")
    media_id = (await uploaded(world, PNG, "image/png")).json()["id"]
    sent = await world.post({"to": "+5511987654321", "type": "image", "image": {"id": media_id, "caption": "aqui"}})
    assert sent.status_code == 200
    assert world.emulator.outbox("ana")[-1].text == "aqui"
    shown = await world.http.get(f"/emulator/people/ana/media/{media_id}")
    assert shown.content == PNG
    assert "sandbox" in shown.headers["content-security-policy"]
