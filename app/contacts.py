"""Whose conversation a message belongs to: contacts by every name Meta gives them."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Row, bindparam, delete, exists, select, update
from sqlalchemy.orm import Session

from app.db.base import Base
from app.db.models import ContactAlias, Conversation, OutboxEntry
from app.identity.sessions import end_session
from app.whatsapp.address import Address, canonical_number
from app.whatsapp.payload import Message
from app.whatsapp.payload import Notice as NoticeItem

CONVERSATION = Base.metadata.tables["conversation"]
Known = Row[str, str, int, str, str, str, bool]  # the columns of KNOWN

# What every message runs is put together once: building and compiling these cost four times what running them does.
KNOWN = (
    select(
        ContactAlias.phone_number_id,
        ContactAlias.alias,
        Conversation.id,
        Conversation.bsuid,
        Conversation.wa_id,
        Conversation.profile_name,
        exists().where(OutboxEntry.conversation_id == Conversation.id, OutboxEntry.state == "held").label("held"),
    )
    .join_from(ContactAlias, Conversation, Conversation.id == ContactAlias.conversation_id)
    .where(ContactAlias.alias.in_(bindparam("aliases", expanding=True)))
)
NAMED = (
    update(CONVERSATION)
    .where(CONVERSATION.c.id == bindparam("conversation_id"))
    .values({name: bindparam(f"new_{name}") for name in ("bsuid", "wa_id", "profile_name")})
)


def contacts_of(session: Session, items: Sequence[Message], now: datetime) -> list[Known]:
    """Each message's conversation, known or new."""
    aliases = [_aliases(item.address) for item in items]
    known = _known(session, {alias for names in aliases for alias in names})
    return [_contact(session, item, names, known, now) for item, names in zip(items, aliases, strict=True)]


def _known(session: Session, aliases: Collection[str]) -> dict[tuple[str, str], Known]:
    rows = session.connection().execute(KNOWN, {"aliases": list(aliases)})
    return {(row.phone_number_id, row.alias): row for row in rows}


def _contact(
    session: Session, item: Message, aliases: Sequence[str], known: dict[tuple[str, str], Known], now: datetime
) -> Known:
    """By phone number first (conflicting ids are not merged), then by BSUID; what is new is added to `known`."""
    names = [(item.phone_number_id, alias) for alias in aliases]
    found = known.get(names[-1]) or known.get(names[0])
    missing = [name for name in names if name not in known]
    if found and not missing:
        return found
    conversation_id = found.id if found else _new_conversation(session, item, now)
    for ours, alias in missing:
        session.add(ContactAlias(phone_number_id=ours, alias=alias, conversation_id=conversation_id))
    session.flush()
    known |= _known(session, [alias for _, alias in names])
    return known[names[-1]]


def _new_conversation(session: Session, item: Message, now: datetime) -> int:
    contact = Conversation(
        phone_number_id=item.phone_number_id,
        bsuid=item.bsuid,
        wa_id=item.wa_id,
        profile_name=item.profile_name,
        created_at=now,
    )
    session.add(contact)
    session.flush()
    return contact.id


def adopt_names(session: Session, contact: Known, item: Message) -> None:
    """Adopt what Meta now calls them; an id it leaves out stays as it was."""
    fresh = {
        "new_bsuid": item.bsuid or contact.bsuid,
        "new_wa_id": item.wa_id or contact.wa_id,
        "new_profile_name": item.profile_name or contact.profile_name,
    }
    if tuple(fresh.values()) != (contact.bsuid, contact.wa_id, contact.profile_name):
        session.connection().execute(NAMED, {"conversation_id": contact.id, **fresh})


def move_contact(session: Session, item: NoticeItem, now: datetime) -> None:
    """The person has a new number or id: the conversation follows, the verified session does not."""
    old, new = (
        _aliases(Address(bsuid=item.bsuid, wa_id=item.wa_id)),
        _aliases(Address(bsuid=item.new_bsuid, wa_id=item.new_wa_id)),
    )
    mine = (ContactAlias.phone_number_id == item.phone_number_id, ContactAlias.alias.in_(old))
    conversation_id = session.scalars(select(ContactAlias.conversation_id).where(*mine)).first()
    if conversation_id is None or not new:
        return
    session.execute(delete(ContactAlias).where(*mine))
    for alias in new:
        taken = session.get(ContactAlias, (item.phone_number_id, alias))
        if taken is None:
            session.add(
                ContactAlias(phone_number_id=item.phone_number_id, alias=alias, conversation_id=conversation_id)
            )
    contact = session.get_one(Conversation, conversation_id)
    contact.bsuid, contact.wa_id = item.new_bsuid, item.new_wa_id or contact.wa_id
    end_session(session, str(conversation_id), because="number_changed", now=now)


def _aliases(address: Address) -> list[str]:
    return [alias for alias in (address.bsuid, canonical_number(address.wa_id) if address.wa_id else "") if alias]
