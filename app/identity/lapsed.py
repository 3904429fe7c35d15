"""Codes that were asked for and never typed: the employee is told once, kindly, what to do.

A mail server that rejects a code's mail is never told of by itself: only a known address can be rejected, so the news
would say that the address is known. When the code has lapsed, everybody who still waits is told the same, whether the
address was unknown, rejected the mail, or got it. Whoever proved before that the address is theirs is told at once.
"""

from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import String, cast, exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import outbox
from app.db.models import Conversation, InboxMessage, OutboxEntry
from app.identity.models import OneTimeCode, VerifiedSession
from app.whatsapp.outbound import render
from graph.messages import Text
from prompts.texts import known_language, say

CODE_NEWS = -3  # version of outbox entries about codes; their part is the code's
STILL_NEWS = timedelta(hours=1)  # later it would only puzzle


def tell_lapsed(session: Session, now: datetime) -> None:
    """Tell everybody whose newest code has lapsed unused and who has not written since they asked for it."""
    wrote = exists().where(
        InboxMessage.conversation_id == Conversation.id, InboxMessage.received_at > OneTimeCode.issued_at
    )
    lapsed = (
        select(OneTimeCode, Conversation)
        .join(Conversation, OneTimeCode.conversation_id == cast(Conversation.id, String))
        .where(
            OneTimeCode.expires_at <= now,
            OneTimeCode.expires_at > now - STILL_NEWS,
            OneTimeCode.used_at.is_(None),
            OneTimeCode.replaced_at.is_(None),
            OneTimeCode.expired_at.is_(None),
            Conversation.handed_over.is_(False),
            ~wrote,
        )
    )
    for code, conversation in session.execute(lapsed).all():
        _tell(session, code, conversation, "code_lapsed", now)


def tell_rejected(session: Session, ref: str, now: datetime) -> None:
    """The mail server will not take this code's mail: told at once to whoever proved that the address is theirs."""
    code = session.scalars(select(OneTimeCode).where(OneTimeCode.ref == ref)).first()
    if code is None or code.replaced_at is not None or code.used_at is not None:
        return
    conversation = session.get_one(Conversation, int(code.conversation_id))
    proved = exists().where(
        VerifiedSession.conversation_id == code.conversation_id,
        VerifiedSession.employee_id == code.employee_id,
        VerifiedSession.bound_to == conversation.bound_to,
    )
    if session.scalar(select(proved)):
        _tell(session, code, conversation, "code_rejected", now)


def _tell(session: Session, code: OneTimeCode, conversation: Conversation, text: str, now: datetime) -> None:
    """Once for each code: the entry's place in the outbox is taken once, by whichever process is first."""
    slot = outbox.Slot(conversation.id, CODE_NEWS, code.id)
    told = (OutboxEntry.conversation_id == slot.conversation_id, OutboxEntry.version == slot.version)
    if session.scalar(select(exists().where(*told, OutboxEntry.part == slot.part))):
        return
    (message,) = render(Text(body=say(known_language(conversation.language), text)))
    with suppress(IntegrityError), session.begin_nested():
        outbox.put(session, slot, "message", message, now=now)
