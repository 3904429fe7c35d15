"""Whatever JSON stands inside the envelope, every item is accounted for and nothing but `BadBodyError` is raised."""

import json

from hypothesis import given
from hypothesis import strategies as st

from app.whatsapp.body import parsed
from app.whatsapp.errors import BadBodyError
from app.whatsapp.payload import Message, read

ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
TYPES = st.sampled_from(
    ["text", "image", "audio", "voice", "location", "contacts", "interactive", "button", "reaction", "order", "system",
     "unsupported", "edit", "revoke", "new"]
)  # fmt: skip
KEYS = st.sampled_from(
    ["from", "from_user_id", "id", "timestamp", "context", "errors", "text", "image", "audio", "voice", "location",
     "contacts", "interactive", "button", "reaction", "order", "system", "unsupported", "edit", "revoke", "group_id",
     "status", "recipient_id", "body", "profile", "wa_id", "user_id", "message", "original_message_id", "origin"]
)  # fmt: skip
PART = ANY | st.dictionaries(KEYS, ANY, max_size=4)
MESSAGE = ANY | st.builds(
    lambda parts, kind, name: {"id": name, "from": "5511987654321", "type": kind} | parts,
    st.dictionaries(KEYS, PART, max_size=5),
    TYPES,
    st.text(max_size=4),
)
STATUS = ANY | st.fixed_dictionaries({"id": st.text(max_size=4), "status": st.sampled_from(["read", "failed", "x"])})
VALUE = st.fixed_dictionaries(
    {},
    optional={
        "metadata": PART,
        "contacts": ANY | st.lists(PART, max_size=2),
        "messages": st.lists(MESSAGE, min_size=1, max_size=3),
        "statuses": st.lists(STATUS, min_size=1, max_size=3),
        "errors": st.lists(ANY, min_size=1, max_size=2),
    },
)
CHANGE = st.builds(lambda value: {"field": "messages", "value": value}, VALUE)
ENTRY = st.builds(lambda changes: {"id": "1", "changes": changes}, st.lists(CHANGE, max_size=3))


def items_in(entries):
    values = [change["value"] for entry in entries for change in entry["changes"]]
    return sum(max(sum(len(value.get(key, [])) for key in ("messages", "statuses", "errors")), 1) for value in values)


@given(st.lists(ENTRY, max_size=3))
def test_there_are_as_many_records_as_items(entries):
    delivery = read(json.dumps({"entry": entries}).encode())
    assert len(delivery.items) == items_in(entries)
    assert len(delivery.messages) + len(delivery.statuses) + len(delivery.notices) == len(delivery.items)


@given(st.lists(ENTRY, max_size=3))
def test_every_record_can_be_stored_and_read_again(entries):
    for item in read(json.dumps({"entry": entries}).encode()).items:
        assert "\x00" not in item.model_dump_json()
        assert type(item).model_validate_json(item.model_dump_json()) == item
        assert not isinstance(item, Message) or item.address.key


@given(ANY | st.builds(lambda entry: {"entry": entry}, ANY | st.lists(ANY | st.builds(lambda c: {"changes": c}, ANY))))
def test_any_json_is_read_or_refused(body):
    try:
        delivery = read(json.dumps(body).encode())
    except BadBodyError:
        assert not isinstance(body, dict) or not isinstance(body.get("entry"), list)
    else:
        assert len(delivery.items) >= sum(not isinstance(entry, dict) for entry in body["entry"])


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(raw):
    try:
        read(raw)
    except BadBodyError:
        return
    assert b"entry" in raw or b"\\u" in raw


@given(ANY | st.lists(st.characters(categories=["Cs", "Cc"])), st.booleans())
def test_nothing_that_a_database_refuses_is_left_in_a_body(body, as_written):
    def values(value):
        inner = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []
        yield value
        for one in inner:
            yield from values(one)

    raw = json.dumps([body], ensure_ascii=not as_written).encode("utf8", "replace")
    found = list(values(parsed(raw)))
    texts = "".join(value for value in found if isinstance(value, str))
    assert "\x00" not in texts
    assert texts.encode().decode() == texts
    assert not any(isinstance(value, dict) and None in value.values() for value in found)
