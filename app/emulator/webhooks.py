"""Composes the webhooks Meta sends: envelopes, contacts, inbound messages, statuses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.emulator.people import Person
from app.emulator.transcript import Message

Json = dict[str, Any]


@dataclass(frozen=True)
class Line:
    """The business's number as webhooks name it."""

    waba_id: str
    phone_number_id: str
    display_phone_number: str

    @property
    def metadata(self) -> Json:
        """The number, as every webhook value carries it."""
        digits = "".join(char for char in self.display_phone_number if char.isdigit())
        return {"display_phone_number": digits, "phone_number_id": self.phone_number_id}


def contact(person: Person) -> Json:
    """Return a `contacts[]` entry; the number is absent for a BSUID-only person."""
    profile = {"name": person.name} | ({"username": person.username} if person.username else {})
    known: Json = {"profile": profile}
    if person.wa_id:
        known["wa_id"] = person.wa_id
    if person.user_id:
        known["user_id"] = person.user_id
    return known


def inbound(person: Person, message: Message, extra: Json) -> Json:
    """Return the value of one message from a person; `system` messages carry no contacts."""
    sent: Json = {"from": person.wa_id} if person.wa_id else {}
    if person.user_id:
        sent["from_user_id"] = person.user_id
    sent |= {"id": message.wamid, "timestamp": stamp(message.at), "type": message.kind}
    sent[message.kind] = message.content
    value: Json = {"messages": [sent | extra]}
    return value if message.kind == "system" else {"contacts": [contact(person)]} | value


def status(person: Person, message: Message, name: str, at: datetime, errors: Sequence[Json] = ()) -> Json:
    """Return the value of one status; `failed` carries errors and no contacts, as Meta documents."""
    told: Json = {"id": message.wamid, "status": name, "timestamp": stamp(at)}
    if person.wa_id:
        told["recipient_id"] = person.wa_id
    if person.user_id:
        told["recipient_user_id"] = person.user_id
    if "biz_opaque_callback_data" in message.raw:
        told["biz_opaque_callback_data"] = message.raw["biz_opaque_callback_data"]
    if errors:
        return {"statuses": [told | {"errors": list(errors)}]}
    if name in ("sent", "delivered"):
        told["pricing"] = _pricing(message)
    return {"contacts": [contact(person)], "statuses": [told]}


def envelope(line: Line, values: Sequence[Json]) -> Json:
    """Wrap values in one POST body: neighbours of the same people and kind share a change, as batches do."""
    merged: list[Json] = []
    for value in values:
        last = merged[-1] if merged else None
        if last and last.keys() == value.keys() and last.get("contacts") == value.get("contacts"):
            for kind in ("messages", "statuses"):
                last[kind] = last[kind] + value[kind] if kind in value else last.get(kind, [])
            merged[-1] = {key: item for key, item in last.items() if item}
        else:
            merged.append(dict(value))
    common = {"messaging_product": "whatsapp", "metadata": line.metadata}
    changes = [{"field": "messages", "value": common | value} for value in merged]
    halves = [changes[: (len(changes) + 1) // 2], changes[(len(changes) + 1) // 2 :]]
    entries = [{"id": line.waba_id, "changes": half} for half in halves if half]
    return {"object": "whatsapp_business_account", "entry": entries}


def stamp(at: datetime) -> str:
    """Write a moment as Meta does: Unix seconds in a string."""
    return str(int(at.timestamp()))


def _pricing(message: Message) -> Json:
    template = message.kind == "template"
    return {
        "billable": template,
        "pricing_model": "PMP",
        "type": "regular" if template else "free_customer_service",
        "category": "utility" if template else "service",
    }
