"""Every message type, status and notice of a webhook body becomes exactly one readable record."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from app.whatsapp.address import Address
from app.whatsapp.errors import BadBodyError
from app.whatsapp.payload import Message, Notice, StatusUpdate, read

NOW = datetime(2026, 11, 23, 13, tzinfo=UTC)
BSUID = "BR.13491208655302741918"
SHOWN = [
    ("text", {"text": {"body": " Olá\n"}}, {"kind": "text", "text": " Olá\n"}),
    ("image", {"image": {"id": "77", "mime_type": "image/jpeg", "caption": "tela"}}, {"kind": "image", "text": "tela"}),
    ("video", {"video": {"id": "77"}}, {"kind": "video"}),
    ("sticker", {"sticker": {"id": "77", "animated": True}}, {"kind": "sticker"}),
    ("document", {"document": {"id": "77", "filename": "a.pdf"}}, {"kind": "document"}),
    ("location", {"location": {"latitude": -23.5, "longitude": -46.6}}, {"text": "-23.500000,-46.600000"}),
    (
        "location",
        {"location": {"latitude": "1", "longitude": 2, "name": "Sede", "address": "Rua 1"}},
        {"kind": "location", "text": "Sede, Rua 1", "detail": "1.000000,2.000000"},
    ),
    (
        "contacts",
        {"contacts": [{"name": {"formatted_name": "Bia"}}, {"name": {"first_name": "Rui"}}], "origin": "other"},
        {"kind": "contacts", "text": "Bia, Rui", "detail": "other"},
    ),
    (
        "interactive",
        {"interactive": {"type": "button_reply", "button_reply": {"id": "yes", "title": "Sim"}}},
        {"kind": "tap", "payload": "yes", "text": "Sim"},
    ),
    (
        "interactive",
        {"interactive": {"type": "list_reply", "list_reply": {"id": "r1", "title": "Rede", "description": "x"}}},
        {"kind": "tap", "payload": "r1", "text": "Rede"},
    ),
    (
        "interactive",
        {"interactive": {"type": "nfm_reply", "nfm_reply": {"name": "flow", "response_json": None}}},
        {"kind": "unsupported", "detail": "nfm_reply"},
    ),
    ("button", {"button": {"payload": "p", "text": "Continuar"}}, {"kind": "tap", "payload": "p", "text": "Continuar"}),
    ("button", {"button": {"text": "Continuar"}}, {"kind": "tap", "payload": "", "text": "Continuar"}),
    ("reaction", {"reaction": {"message_id": "wamid.OUT", "emoji": "👍"}}, {"text": "👍", "quoted": "wamid.OUT"}),
    ("reaction", {"reaction": {"message_id": "wamid.OUT"}}, {"kind": "reaction", "text": ""}),
    ("order", {"order": {"catalog_id": "1", "text": "dois", "product_items": []}}, {"kind": "order", "text": "dois"}),
    ("unsupported", {"errors": [{"code": 131051}], "unsupported": {"type": "poll"}}, {"detail": "poll"}),
    ("unsupported", {"errors": [{"code": 131051, "title": "t"}]}, {"kind": "unsupported", "detail": "131051"}),
    ("unknown", {}, {"kind": "unsupported", "detail": "unknown"}),
    ("hologram", {"hologram": {"id": 1}}, {"kind": "unsupported", "detail": "hologram"}),
    (
        "edit",
        {"edit": {"original_message_id": "wamid.OLD", "message": {"type": "text", "text": {"body": "novo"}}}},
        {"kind": "edit", "text": "novo", "quoted": "wamid.OLD"},
    ),
    ("revoke", {"revoke": {"original_message_id": "wamid.OLD"}}, {"kind": "revoke", "quoted": "wamid.OLD"}),
]


@pytest.mark.parametrize(("kind", "parts", "expected"), SHOWN)
def test_every_type_is_shown_as_what_it_is(envelope, message, kind, parts, expected):
    (item,) = read(envelope(message(kind, **parts)), now=NOW).messages
    assert item.incoming.model_dump(include=set(expected)) == expected
    assert (item.incoming.id, item.incoming.at, item.profile_name) == ("wamid.IN1", NOW, "Ana")
    assert item.address == Address(wa_id="5511987654321")
    assert item.unknown == ()
    assert json.loads(item.raw)["type"] == kind


def test_a_voice_note_keeps_what_is_needed_to_fetch_it(envelope, message):
    audio = {"id": "77", "mime_type": "audio/ogg; codecs=opus", "sha256": "abc=", "voice": True, "url": "https://x"}
    (item,) = read(envelope(message("audio", audio=audio))).messages
    assert item.incoming.media is not None
    assert item.incoming.media.model_dump() == {
        "id": "77", "mime_type": "audio/ogg; codecs=opus", "name": "", "sha256": "abc=", "voice": True,
    }  # fmt: skip
    (old,) = read(envelope(message("voice", voice={"id": "77"}))).messages
    assert old.incoming.kind == "audio"
    assert old.incoming.media is not None
    assert old.incoming.media.voice


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        ("text", {"text": "no object"}),
        ("image", {"image": {"mime_type": "image/png"}}),
        ("location", {"location": {"latitude": "north"}}),
        ("reaction", {}),
        ("interactive", {"interactive": []}),
        ("edit", {"edit": {"original_message_id": "x", "message": 5}}),
        ("contacts", {"contacts": {"name": 1}}),
    ],
)
def test_a_part_nobody_can_read_is_an_unsupported_message_of_a_known_sender(envelope, message, kind, parts):
    (item,) = read(envelope(message(kind, **parts))).messages
    assert (item.incoming.kind, item.incoming.detail) == ("unsupported", kind)
    assert item.wa_id == "5511987654321"


def test_an_answer_knows_what_it_quotes_and_new_fields_are_named(envelope, message):
    (item,) = read(envelope(message(context={"from": "1", "id": "wamid.Q"}, mood="sunny"))).messages
    assert item.incoming.quoted == "wamid.Q"
    assert item.unknown == ("mood",)
    assert json.loads(item.raw)["mood"] == "sunny"
    (odd,) = read(envelope(message(context="?"))).messages
    assert odd.incoming.text == "Oi"


@pytest.mark.parametrize(
    ("head", "contact", "address"),
    [
        ({"from_user_id": BSUID}, {"user_id": BSUID, "profile": {"name": "Ana"}}, Address(bsuid=BSUID)),
        ({"from": BSUID}, {"wa_id": BSUID, "profile": {"name": "Ana"}}, Address(bsuid=BSUID)),
        ({}, {"wa_id": "", "user_id": BSUID, "profile": {"name": "Ana"}}, Address(bsuid=BSUID)),
        (
            {"from": "551187654321", "from_user_id": BSUID},
            {"wa_id": "551187654321", "user_id": BSUID, "profile": {"name": "Ana"}},
            Address(bsuid=BSUID, wa_id="551187654321"),
        ),
        (
            {"from": 5511987654321},
            {"wa_id": "5511987654321", "profile": {"name": "Ana"}},
            Address(wa_id="5511987654321"),
        ),
    ],
)
def test_people_without_a_number_are_known_by_their_bsuid(envelope, message, head, contact, address):
    written = {key: part for key, part in message().items() if key != "from"} | head
    (item,) = read(envelope(written, contacts=[contact])).messages
    assert (item.address, item.profile_name) == (address, "Ana")


def test_a_username_loses_its_at_and_a_strangers_name_is_not_borrowed(envelope, message):
    ana = {"profile": {"name": "Ana", "username": "@ana.souza"}, "wa_id": "5511987654321"}
    (item,) = read(envelope(message(), contacts=[ana])).messages
    assert item.username == "ana.souza"
    (other,) = read(envelope(message(**{"from": "16505551234"}), contacts=[ana])).messages
    assert other.profile_name == ""


def test_a_number_and_a_bsuid_are_not_joined_because_they_stand_in_one_body(envelope, message):
    stranger = {"profile": {"name": "Bia"}, "user_id": BSUID}
    (item,) = read(envelope(message(), contacts=[stranger])).messages
    assert (item.address, item.profile_name) == (Address(wa_id="5511987654321"), "")
    (named,) = read(envelope(message(), contacts=[{"profile": {"name": "Ana"}}])).messages
    assert named.profile_name == "Ana"


def test_a_groups_message_says_so(envelope, message):
    (item,) = read(envelope(message(group_id="HBgL"))).messages
    assert item.group_id == "HBgL"


@pytest.mark.parametrize("timestamp", ["1795438740", 1795438740, 1795438740.0])
def test_times_are_read_as_text_or_number(envelope, message, timestamp):
    (item,) = read(envelope(message(timestamp=timestamp)), now=NOW).messages
    assert item.incoming.at == NOW - timedelta(minutes=1)


@pytest.mark.parametrize("timestamp", ["", None, "soon", 0, -5, 10**30, "1e400", [], "1795438800000", "nan"])
def test_a_time_that_cannot_be_is_now(envelope, message, timestamp):
    (item,) = read(envelope(message(timestamp=timestamp)), now=NOW).messages
    assert item.incoming.at == NOW


def test_nul_and_lone_surrogates_become_storable(envelope, message):
    (item,) = read(envelope(message(text={"body": "a\x00b\ud800c😀"}))).messages
    assert item.incoming.text == "a\ufffdb\ufffdc😀"
    assert item.raw.encode()


@pytest.mark.parametrize("status", ["sent", "delivered", "read", "played", "failed"])
def test_every_status_is_read(envelope, status):
    body = {
        "id": "wamid.OUT", "status": status, "timestamp": "1795438800", "recipient_id": "5511987654321",
        "recipient_user_id": BSUID, "biz_opaque_callback_data": "42", "pricing": {"billable": False},
    }  # fmt: skip
    (item,) = read(envelope(statuses=[body]), now=NOW).statuses
    assert (item.wamid, item.status, item.opaque, item.at, item.code) == ("wamid.OUT", status, "42", NOW, 0)
    assert item.recipient == Address(bsuid=BSUID, wa_id="5511987654321")


def test_a_failure_without_contacts_or_recipient_keeps_its_reason(envelope):
    error = {"code": 131047, "title": "Re-engagement message", "error_data": {"details": "More than 24 hours"}}
    (item,) = read(envelope(statuses=[{"id": "wamid.OUT", "status": "failed", "errors": [error]}])).statuses
    assert (item.code, item.title, item.details) == (131047, "Re-engagement message", "More than 24 hours")
    assert item.recipient == Address()


def test_a_new_number_tells_the_old_and_the_new_one(envelope, message):
    system = {"body": "Ana changed", "type": "user_changed_number", "wa_id": "5521900000000"}
    (item,) = read(envelope(message("system", system=system), contacts=[])).items
    assert isinstance(item, Notice)
    assert (item.kind, item.id, item.wa_id, item.new_wa_id) == (
        "user_changed_number", "wamid.IN1", "5511987654321", "5521900000000",
    )  # fmt: skip


def test_a_new_bsuid_tells_the_old_and_the_new_one(envelope, message):
    system = {"type": "user_changed_user_id", "user_id": "BR.2", "previous_user_id": "BR.1"}
    (item,) = read(envelope(message("system", system=system))).notices
    assert (item.kind, item.bsuid, item.new_bsuid) == ("user_changed_user_id", "BR.1", "BR.2")
    assert item.wa_id == item.new_wa_id == "5511987654321"


def test_errors_and_other_fields_are_notices(envelope):
    (error,) = read(envelope(errors=[{"code": 130429, "title": "Rate limit hit"}])).notices
    assert (error.kind, error.code, error.text) == ("error", 130429, "Rate limit hit")
    (account,) = read(envelope(field="account_update", event="DISABLED_UPDATE")).notices
    assert (account.kind, account.text, account.waba_id) == ("account_update", "DISABLED_UPDATE", "1")
    (template,) = read(envelope(field="message_template_status_update", event="PAUSED")).notices
    assert template.kind == "message_template_status_update"
    (empty,) = read(envelope()).notices
    assert empty.kind == "empty"


def test_one_broken_item_spoils_no_other(envelope, message):
    items = read(
        envelope(message(id="wamid.1"), None, 7, {"id": "wamid.2"}, message(id=""), message(id="wamid.3"))
    ).items
    assert [type(item) for item in items] == [Message, Notice, Notice, Message, Notice, Message]
    assert items[3].incoming.kind == "unsupported"
    statuses = read(envelope(statuses=[{"id": "w", "status": "teleported"}, {"id": "w", "status": "read"}])).items
    assert [type(item) for item in statuses] == [Notice, StatusUpdate]


def test_a_batch_of_a_thousand_loses_nothing_and_keeps_its_order(message):
    def value(entry, change):
        return {"messages": [message(id=f"wamid.{entry}.{change}.{item}") for item in range(10)]}

    def changes(entry):
        return [{"field": "messages", "value": value(entry, change)} for change in range(10)]

    entries = [{"id": str(entry), "changes": changes(entry)} for entry in range(10)]
    found = read(json.dumps({"entry": entries}).encode()).messages
    wanted = [f"wamid.{entry}.{change}.{item}" for entry in range(10) for change in range(10) for item in range(10)]
    assert [item.incoming.id for item in found] == wanted


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"5", b"null", b'"entry"', b"{}", b'{"entry":{}}', b'{"entry":null}', b'{"entry":[\xff]}',
        b'{"entry":[NaN]}', b'{"entry":[1e999]}', b'{"entry":[' + b"9" * 5000 + b"]}", "{}".encode("utf-16"),
        b'{"entry":' + b"[" * 100_000 + b"]" * 100_000 + b"}", b'{"a":' * 100_000,
        b'{"entry":' + b"[" * 80 + b"]" * 80 + b"}",
    ],
)  # fmt: skip
def test_what_is_no_webhook_body_is_refused_without_being_quoted(body):
    with pytest.raises(BadBodyError) as caught:
        read(body)
    assert str(caught.value) == "the body is not a WhatsApp webhook"
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
