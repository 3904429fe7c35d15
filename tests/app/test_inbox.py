import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from app import outbox
from app.db.models import ContactAlias, Conversation, InboxMessage, MediaFile, Notice, OutboxEntry
from app.identity.models import EmployeeRow, VerifiedSession
from app.inbox import Inbox
from app.whatsapp.payload import read

NUMBER = "106540352242922"


def envelope(*messages: dict, statuses=(), contacts=(), field: str = "messages") -> bytes:
    import json

    value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": NUMBER}}
    value |= {"messages": list(messages)} if messages else {}
    value |= {"statuses": list(statuses)} if statuses else {}
    value |= {"contacts": list(contacts)} if contacts else {}
    return json.dumps(
        {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{"field": field, "value": value}]}]}
    ).encode()


def text(wamid: str, words: str = "oi", **sender: str) -> dict:
    return {"id": wamid, "timestamp": "1795430000", "type": "text", "text": {"body": words}} | (
        sender or {"from": "5511999990001"}
    )


@pytest.fixture
def accept(database, clock):
    inbox = Inbox(database, clock)

    async def accept(raw: bytes) -> None:
        await inbox.accept(read(raw, now=clock()))

    return accept


async def rows(database, column) -> list:
    return await database.read(
        lambda s: list(s.scalars(select(column).order_by(*column.class_.__mapper__.primary_key)))
    )


async def test_a_message_is_kept_and_its_conversation_woken(database, accept, woken):
    await accept(envelope(text("w1", "olá")))
    assert [body["text"] for body in await rows(database, InboxMessage.body)] == ["olá"]
    assert await woken() == {"t1"}


async def test_a_message_delivered_fifty_times_at_once_is_kept_once(database, accept, woken):
    await asyncio.gather(*[accept(envelope(text("w1"))) for _ in range(50)])
    assert await rows(database, InboxMessage.wamid) == ["w1"]
    assert await woken() == {"t1"}


async def test_every_message_of_a_batch_of_a_thousand_is_kept_in_order(database, accept):
    await accept(envelope(*[text(f"w{n}", **{"from": f"55119{n % 50:08d}"}) for n in range(1000)]))
    assert await rows(database, InboxMessage.wamid) == [f"w{n}" for n in range(1000)]
    assert len(await rows(database, Conversation.id)) == 50


@pytest.mark.parametrize(
    ("one", "other"),
    [("559295550103", "5592995550103"), ("5215512345678", "525512345678"), ("541112345678", "5491112345678")],
)
async def test_two_spellings_of_one_number_are_one_contact(database, accept, one, other):
    await accept(envelope(text("w1", **{"from": one})))
    await accept(envelope(text("w2", **{"from": other})))
    assert len(await rows(database, Conversation.id)) == 1


async def test_somebody_without_a_number_is_known_by_their_user_id_and_later_by_both(database, accept):
    await accept(envelope(text("w1", from_user_id="BR.77")))
    await accept(envelope(text("w2", from_user_id="BR.77", **{"from": "5511999990001"})))
    await accept(envelope(text("w3")))
    assert len(await rows(database, Conversation.id)) == 1
    assert sorted(await rows(database, ContactAlias.alias)) == ["5511999990001", "BR.77"]


async def test_ids_of_two_different_people_are_not_merged(database, accept):
    await accept(envelope(text("w1", from_user_id="BR.77")))
    await accept(envelope(text("w2", **{"from": "5511999990001"})))
    await accept(envelope(text("w3", from_user_id="BR.77", **{"from": "5511999990001"})))
    assert await rows(database, InboxMessage.conversation_id) == [1, 2, 2]


async def verified(database, clock) -> None:
    def prove(session) -> None:
        session.add(EmployeeRow(id="E1", name="Ana", email="ana@ipe.example"))
        session.flush()
        session.add(
            VerifiedSession(
                conversation_id="1", employee_id="E1", bound_to="BR.77", started_at=clock(), last_seen_at=clock()
            )
        )

    await database.write(prove)


async def test_a_changed_number_keeps_the_conversation_and_ends_the_verified_session(database, accept, clock):
    await accept(envelope(text("w1", from_user_id="BR.77", **{"from": "5511999990001"})))
    await verified(database, clock)
    change = {"id": "w2", "from": "5511999990001", "timestamp": "1795430000", "type": "system"}
    change["system"] = {"type": "user_changed_user_id", "user_id": "BR.88", "previous_user_id": "BR.77", "body": "…"}
    await accept(envelope(change))
    await accept(envelope(text("w3", from_user_id="BR.88")))
    assert await rows(database, InboxMessage.conversation_id) == [1, 1]
    assert await rows(database, VerifiedSession.ended_because) == ["number_changed"]


async def test_a_status_settles_the_entry_it_belongs_to_and_leaves_no_row(database, accept, clock, woken):
    await accept(envelope(text("w1")))
    await database.write(lambda s: outbox.put(s, outbox.Slot(1, 1, 0), "message", {"type": "text"}, now=clock()))
    lane = await database.write(lambda s: outbox.claim(s, "c1", clock(), timedelta(seconds=30)))
    status = {
        "id": "out1",
        "status": "delivered",
        "timestamp": "1795430000",
        "biz_opaque_callback_data": f"ob:{lane.id}",
    }
    await woken()
    await accept(envelope(statuses=[status]))
    assert await rows(database, OutboxEntry.state) == ["delivered"]
    assert await woken() == {"c1"}
    assert await rows(database, Notice.id) == []


@pytest.mark.parametrize("opaque", ["ob:", "ob:x", "ob:-1", "ob:99999999999999999999", "ob:424242", "?", ""])
async def test_a_status_of_something_unknown_changes_nothing(database, accept, opaque):
    status = {"id": "out1", "status": "read", "timestamp": "1795430000", "biz_opaque_callback_data": opaque}
    await accept(envelope(statuses=[status]))
    assert await rows(database, OutboxEntry.state) == []


async def test_what_nobody_can_read_is_kept_once_as_a_notice(database, accept):
    for _ in range(2):
        await accept(envelope({"garbage": True}, field="account_update"))
    assert await rows(database, Notice.kind) == ["account_update"]


async def test_a_message_in_a_group_starts_no_conversation(database, accept, woken):
    await accept(envelope(text("w1", from_user_id="BR.77") | {"group_id": "g1"}))
    assert await rows(database, Conversation.id) == []
    assert await rows(database, Notice.kind) == ["group_message"]
    assert await woken() == set()


async def test_a_picture_is_put_on_the_list_of_files_to_fetch(database, accept, woken):
    picture = {"id": "w1", "from": "5511999990001", "timestamp": "1795430000", "type": "image"}
    picture["image"] = {"id": "m1", "mime_type": "image/jpeg", "sha256": "x", "caption": "olha"}
    await accept(envelope(picture))
    await accept(envelope(picture))
    assert await rows(database, MediaFile.media_id) == ["m1"]
    assert await woken() == {"t1", "f1"}


async def test_held_replies_go_out_once_the_employee_writes_again(database, accept, clock, woken):
    await accept(envelope(text("w1")))
    await database.write(lambda s: outbox.put(s, outbox.Slot(1, 1, 0), "message", {"type": "text"}, now=clock()))
    claim = await database.write(lambda s: outbox.claim(s, "c1", clock(), timedelta(seconds=30)))
    await database.write(lambda s: outbox.end(s, claim.id, state="held", error="131047"))
    await woken()
    await accept(envelope(text("w2")))
    assert await rows(database, OutboxEntry.state) == ["new"]
    assert await woken() == {"t1", "c1"}
