"""A conversation as people read it, put together from the inbox and the outbox: kept once, not twice."""

from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app.db.models import InboxMessage, OutboxEntry
from graph.language.port import Line

# What every turn reads is put together once: building and compiling these costs more than running them.
HEARD = (
    select(InboxMessage.body, InboxMessage.received_at, InboxMessage.seq)
    .where(InboxMessage.conversation_id == bindparam("conversation_id"), InboxMessage.seq < bindparam("before"))
    .order_by(InboxMessage.seq.desc())
    .limit(bindparam("limit"))
)
SAID = (
    select(OutboxEntry.body, OutboxEntry.created_at, OutboxEntry.id)
    .where(OutboxEntry.conversation_id == bindparam("conversation_id"), OutboxEntry.kind == "message")
    .order_by(OutboxEntry.id.desc())
    .limit(bindparam("limit"))
)
LAST_SENT = select(OutboxEntry.wamid).where(
    OutboxEntry.conversation_id == bindparam("conversation_id"),
    OutboxEntry.version == bindparam("version"),
    OutboxEntry.kind == "message",
    OutboxEntry.wamid.is_not(None),
)


def recent(session: Session, conversation_id: int, *, before: int, limit: int) -> tuple[Line, ...]:
    """The last `limit` lines before inbox row `before`, oldest first."""
    wanted = {"conversation_id": conversation_id, "before": before, "limit": limit}
    heard, said = session.connection().execute(HEARD, wanted), session.connection().execute(SAID, wanted)
    lines = [((at, 0, seq), Line(by="employee", text=body.get("text", ""))) for body, at, seq in heard]
    lines += [((at, 1, entry_id), Line(by="bot", text=words(body))) for body, at, entry_id in said]
    lines.sort(key=lambda item: item[0])
    return tuple(line for _, line in lines[-limit:])


def newest(session: Session, conversation_id: int, *, limit: int) -> tuple[Line, ...]:
    """The last `limit` lines there are, oldest first."""
    return recent(session, conversation_id, before=2**62, limit=limit)


def last_sent(session: Session, conversation_id: int, version: int) -> tuple[str, ...]:
    """Message ids of what the newest turn said."""
    wanted = {"conversation_id": conversation_id, "version": version}
    return tuple(wamid for wamid in session.connection().execute(LAST_SENT, wanted).scalars() if wamid)


def words(message: dict[str, Any]) -> str:
    """The readable words of a Cloud API message object."""
    kind = message.get("type", "")
    content = message.get(kind, {})
    if kind == "text":
        return str(content.get("body", ""))
    if kind == "interactive":
        return str(content.get("body", {}).get("text", ""))
    if kind == "template":
        return f"[{content.get('name', '')}]"
    return ""
