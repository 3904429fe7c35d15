"""A webhook body taken apart: every entry, change and item as one frozen record, whatever it holds."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Literal, cast, get_args

from pydantic import Field, ValidationError

from app.whatsapp import wire
from app.whatsapp.address import Address, address_of
from app.whatsapp.body import as_text, moment, parsed, word
from app.whatsapp.errors import BadBodyError
from app.whatsapp.incoming import errors_of, incoming
from graph.messages import Incoming
from tools.service_desk import Frozen

SentStatus = Literal["sent", "delivered", "read", "played", "failed"]
NO_ERROR, NOBODY = wire.Error(), wire.Contact()
SENT_STATUSES = frozenset(get_args(SentStatus))


class Message(Frozen):
    """Something somebody sent. `raw` is its JSON as Meta wrote it, `unknown` the fields in it that are new to us."""

    phone_number_id: str  # ours
    bsuid: str
    wa_id: str
    profile_name: str = ""
    username: str = ""
    group_id: str = ""  # set: a group's message, not a conversation with one person
    incoming: Incoming
    unknown: tuple[str, ...] = ()
    raw: str
    trace: str | None = None  # W3C traceparent of the webhook

    @property
    def address(self) -> Address:
        """Where an answer goes."""
        return Address(bsuid=self.bsuid, wa_id=self.wa_id)


class StatusUpdate(Frozen):
    """What became of a message of ours; `opaque` is the `biz_opaque_callback_data` we gave it."""

    phone_number_id: str
    wamid: str
    status: SentStatus
    at: datetime
    opaque: str = ""
    code: int = 0
    title: str = ""
    details: str = ""
    recipient: Address
    raw: str


class Notice(Frozen):
    """Everything else, kept visibly.

    `kind`: "error" (value.errors), "user_changed_number", "user_changed_user_id" and other system changes, the name of
    another subscribed field ("account_update", …), "broken" (an item nobody can read) or "empty".
    """

    kind: str
    waba_id: str = ""
    phone_number_id: str = ""
    id: str = ""  # wamid of a system message
    bsuid: str = ""  # who, before a change
    wa_id: str = ""
    new_bsuid: str = ""
    new_wa_id: str = ""
    code: int = 0
    text: str = ""
    at: datetime
    raw: str


Item = Message | StatusUpdate | Notice


class Delivery(Frozen):
    """One POST of Meta's, in its order."""

    items: tuple[Item, ...]

    def traced(self, trace: str) -> "Delivery":
        """The same, its messages marked with the trace they belong to."""
        marked = {"trace": trace}
        items = (each.model_copy(update=marked) if isinstance(each, Message) else each for each in self.items)
        return self.model_copy(update={"items": tuple(items)})

    @property
    def messages(self) -> tuple[Message, ...]:
        """What people sent."""
        return tuple(item for item in self.items if isinstance(item, Message))

    @property
    def statuses(self) -> tuple[StatusUpdate, ...]:
        """What became of what we sent."""
        return tuple(item for item in self.items if isinstance(item, StatusUpdate))

    @property
    def notices(self) -> tuple[Notice, ...]:
        """The rest."""
        return tuple(item for item in self.items if isinstance(item, Notice))


class Surroundings(Frozen):
    """What a change says about all its items."""

    now: datetime
    waba_id: str
    phone_number_id: str = ""
    contacts: dict[str, wire.Contact] = Field(default_factory=dict)  # by every id they have
    only: wire.Contact | None = None  # when there is just one


def read(raw: bytes, *, now: datetime | None = None) -> Delivery:
    """Take a body apart; raises `BadBodyError` when it is no webhook body at all, and nothing else."""
    body = parsed(raw)
    entries = body.get("entry") if isinstance(body, dict) else None
    if not isinstance(entries, list):
        raise BadBodyError
    now = now or datetime.now(UTC)
    return Delivery(items=tuple(item for entry in entries for item in _entry(entry, now)))


def _entry(entry: Any, now: datetime) -> Iterator[Item]:
    if not isinstance(entry, dict) or not isinstance(entry.get("changes"), list):
        yield _broken(entry, Surroundings(now=now, waba_id=""))
        return
    around = Surroundings(now=now, waba_id=word(entry.get("id")))
    for change in entry["changes"]:
        value = change.get("value") if isinstance(change, dict) else None
        if isinstance(change, dict) and change.get("field") != "messages":
            yield _other(change, around)
        elif isinstance(value, dict):
            yield from _value(value, around)
        else:
            yield _broken(change, around)


def _other(change: dict[str, Any], around: Surroundings) -> Notice:
    value = change.get("value")
    event = value.get("event", value.get("value", "")) if isinstance(value, dict) else ""
    return Notice(
        kind=word(change.get("field"), 64) or "broken",
        waba_id=around.waba_id,
        text=word(event),
        at=around.now,
        raw=as_text(change),
    )


def _value(value: dict[str, Any], around: Surroundings) -> Iterator[Item]:
    around = _introduced(value, around)
    found = False
    for name, make in (("messages", _message), ("statuses", _status), ("errors", _error)):
        items = value.get(name, [])
        for item in items if isinstance(items, list) else [{name: items}]:
            found = True
            yield _kept(make, item, around)
    if not found:
        yield Notice(
            kind="empty",
            waba_id=around.waba_id,
            phone_number_id=around.phone_number_id,
            at=around.now,
            raw=as_text(value),
        )


def _kept(make: Any, item: Any, around: Surroundings) -> Item:
    """One item; a broken one is kept as such and spoils no other."""
    try:
        made: Item = make(item, around)
    except ValidationError:
        return _broken(item, around)
    return made


def _introduced(value: dict[str, Any], around: Surroundings) -> Surroundings:
    contacts = []
    named = value.get("contacts")
    for contact in named if isinstance(named, list) else ():
        try:
            contacts.append(wire.Contact.model_validate(contact))
        except ValidationError:
            continue
    metadata = value.get("metadata")
    return Surroundings(
        now=around.now,
        waba_id=around.waba_id,
        phone_number_id=word(metadata.get("phone_number_id")) if isinstance(metadata, dict) else "",
        contacts={name: one for one in contacts for name in (one.wa_id, one.user_id) if name},
        only=contacts[0] if len(contacts) == 1 else None,
    )


def _message(item: Any, around: Surroundings) -> Item:
    head = wire.Message.model_validate(item)
    if head.type == "system":
        return _change(head, item, around)
    contact = _contact(head, around)
    who = address_of(head.from_user_id, contact.user_id, head.sender, contact.wa_id)
    if not who.key:
        return _broken(item, around)
    return Message(
        phone_number_id=around.phone_number_id,
        bsuid=who.bsuid,
        wa_id=who.wa_id,
        profile_name=contact.profile.name[:256],
        username=contact.profile.username.removeprefix("@")[:256],
        group_id=head.group_id[:256],
        incoming=incoming(head, item, moment(head.timestamp, around.now)),
        unknown=tuple(name[:64] for name in sorted(head.model_extra or {}) if name not in {head.type, "origin"}),
        raw=as_text(item),
    )


def _contact(head: wire.Message, around: Surroundings) -> wire.Contact:
    """Who wrote it: by their ids; the only one named counts without, unless both sides have some.

    Two ids are never joined because they stand in one body: that would make two people one.
    """
    contact = around.contacts.get(head.from_user_id) or around.contacts.get(head.sender)
    if contact is None and around.only is not None:
        apart = (head.from_user_id or head.sender) and (around.only.user_id or around.only.wa_id)
        contact = None if apart else around.only
    return contact or NOBODY


def _change(head: wire.Message, item: dict[str, Any], around: Surroundings) -> Notice:
    part = wire.SystemPart.model_validate(item.get("system", {}))
    old = address_of(part.previous_user_id, head.from_user_id, head.sender)
    stays = head.sender if part.type == "user_changed_user_id" else ""  # a new id does not take the number away
    new = address_of(part.user_id, part.wa_id, part.new_wa_id, stays)
    return Notice(
        kind=part.type,
        waba_id=around.waba_id,
        phone_number_id=around.phone_number_id,
        id=head.id,
        bsuid=old.bsuid,
        wa_id=old.wa_id,
        new_bsuid=new.bsuid,
        new_wa_id=new.wa_id,
        text=part.body,
        at=moment(head.timestamp, around.now),
        raw=as_text(item),
    )


def _status(item: Any, around: Surroundings) -> Item:
    status = wire.Status.model_validate(item)
    if status.status not in SENT_STATUSES:
        return _broken(item, around)
    error = next(iter(errors_of(status.errors)), NO_ERROR)
    return StatusUpdate(
        phone_number_id=around.phone_number_id,
        wamid=status.id,
        status=cast("SentStatus", status.status),
        at=moment(status.timestamp, around.now),
        opaque=status.biz_opaque_callback_data[:512],
        code=error.code,
        title=error.title,
        details=error.details,
        recipient=address_of(status.recipient_user_id, status.recipient_participant_id, status.recipient_id),
        raw=as_text(item),
    )


def _error(item: Any, around: Surroundings) -> Notice:
    error = wire.Error.model_validate(item)
    return Notice(
        kind="error",
        waba_id=around.waba_id,
        phone_number_id=around.phone_number_id,
        code=error.code,
        text=error.details,
        at=around.now,
        raw=as_text(item),
    )


def _broken(item: Any, around: Surroundings) -> Notice:
    return Notice(
        kind="broken",
        waba_id=around.waba_id,
        phone_number_id=around.phone_number_id,
        at=around.now,
        raw=as_text(item),
    )
