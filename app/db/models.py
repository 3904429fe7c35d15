"""The tables of a message's way: conversations, inbox, turns, outbox, media. Features keep theirs beside their code."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, partial


class Conversation(Base):
    """One contact on one of our numbers. `version` counts turns; `checkpoint` is the dialogue after the last one."""

    __tablename__ = "conversation"

    id: Mapped[int] = mapped_column(primary_key=True)
    phone_number_id: Mapped[str]
    bsuid: Mapped[str] = mapped_column(default="")
    wa_id: Mapped[str] = mapped_column(default="")
    profile_name: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=0)
    checkpoint: Mapped[bytes | None]
    handed_over: Mapped[bool] = mapped_column(default=False)
    last_inbound_at: Mapped[datetime | None]  # opens the 24 h service window
    created_at: Mapped[datetime]

    @property
    def bound_to(self) -> str:
        """What a verified session is bound to: the BSUID, which changes with the number, or else the number."""
        return self.bsuid or self.wa_id


class ContactAlias(Base):
    """A name under which a contact is known on one of our numbers: BSUID or canonical phone number."""

    __tablename__ = "contact_alias"

    phone_number_id: Mapped[str] = mapped_column(primary_key=True)
    alias: Mapped[str] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))


class InboxMessage(Base):
    """One message of an employee, kept before it is acknowledged. `seq` is the order of arrival."""

    __tablename__ = "inbox"
    __table_args__ = (
        Index("inbox_by_conversation", "conversation_id", "seq"),
        Index("inbox_waiting", "conversation_id", **partial("state = 'new'")),
        Index("inbox_parked", "seq", **partial("state = 'dead'")),
    )

    seq: Mapped[int] = mapped_column(primary_key=True)
    wamid: Mapped[str] = mapped_column(unique=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    body: Mapped[dict[str, Any]]  # graph.messages.Incoming
    received_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default="new")  # new, done, dead
    tries: Mapped[int] = mapped_column(default=0)
    version: Mapped[int | None]  # the turn that took it up
    trace: Mapped[str | None]  # W3C traceparent of the webhook that brought it


class Notice(Base):
    """What Meta told us that is no message: errors, account news, items nobody can read. Kept, and shown."""

    __tablename__ = "notice"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    body: Mapped[dict[str, Any]]
    at: Mapped[datetime]


class Turn(Base):
    """One burst of messages, thought about once: by which engine, with which texts, and how long each stage took."""

    __tablename__ = "turn"
    __table_args__ = (Index("turn_by_time", "at"),)

    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    engine: Mapped[str]
    intents: Mapped[str]  # space between them
    prompts: Mapped[str]  # name@version+sha of the texts used
    milliseconds: Mapped[dict[str, Any]]  # stage -> ms


class OutboxEntry(Base):
    """Something that must happen outside, in the order of its lane.

    States: new → sending → sent → delivered → read; failed (refused by the other side), held (window closed: waits for
    the employee), dead (given up after too many tries), dropped (by a person). `recado outbox` replays them.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("conversation_id", "version", "part"),
        Index("outbox_waiting", "lane", "id", **partial("state IN ('new', 'sending')")),
        Index("outbox_by_conversation", "conversation_id", "id"),
        Index("outbox_troubled", "state", "id", **partial("state IN ('held', 'failed', 'dead')")),
        Index("outbox_between_turns", "version", "part", **partial("version < 0")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    version: Mapped[int]  # the turn that wanted it; negative: news of the desk and the like, no turn
    part: Mapped[int]
    lane: Mapped[str]  # one thing at a time in each lane: "c7" messages, "m7" mail, "f7" files to fetch
    kind: Mapped[str]  # message, file (an upload and its message), mail (a code), comment_mail, fetch
    body: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(default="new")
    tries: Mapped[int] = mapped_column(default=0)
    resends: Mapped[int] = mapped_column(default=0)  # sent again although the first may have arrived
    not_before: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]  # while sending: when to believe that no answer will come
    wamid: Mapped[str | None] = mapped_column(index=True)
    error: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    trace: Mapped[str | None]  # W3C traceparent of what wanted it


class ChannelState(Base):
    """How one number of ours stands with WhatsApp, for all processes: nothing is sent before `closed_until`."""

    __tablename__ = "channel_state"

    phone_number_id: Mapped[str] = mapped_column(primary_key=True)
    stopped_because: Mapped[str] = mapped_column(default="")  # "" = messages are taken
    closed_until: Mapped[datetime | None]
    at: Mapped[datetime]  # of the last change


class MediaFile(Base):
    """A file an employee sent, fetched outside the turn. `path` is below the data directory once it is `stored`."""

    __tablename__ = "media_file"

    wamid: Mapped[str] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    media_id: Mapped[str]
    mime_type: Mapped[str]
    name: Mapped[str]
    path: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="waiting")  # waiting, stored, failed
    error: Mapped[str] = mapped_column(default="")


class HandOffNote(Base):
    """Why a conversation went to a person, for whoever takes it; open until it is handed back."""

    __tablename__ = "hand_off"
    __table_args__ = (
        Index("hand_off_by_time", "at"),
        Index("hand_off_open", "conversation_id", **partial("ended_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), index=True)
    reason: Mapped[str]
    summary: Mapped[str]
    at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    taken_by: Mapped[int | None]  # of staff
    taken_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]  # the employee was told that nobody has taken it yet
    silence_told_at: Mapped[datetime | None]  # and that whoever took it takes long to answer


class HandOffEvent(Base):
    """What happened while a person had a conversation, in order: what they wrote (`word`), and every step around it."""

    __tablename__ = "hand_off_event"
    __table_args__ = (
        Index("hand_off_event_by_hand_off", "hand_off_id", "kind", "id"),
        Index("hand_off_event_by_conversation", "conversation_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    hand_off_id: Mapped[int] = mapped_column(ForeignKey("hand_off.id"))
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    kind: Mapped[str]  # app.handovers.Step
    staff_id: Mapped[int | None]  # None: the employee did it, or the house itself
    author: Mapped[str] = mapped_column(default="")
    text: Mapped[str] = mapped_column(default="")
    reference: Mapped[str | None] = mapped_column(unique=True)  # of the form it came by: done once
    at: Mapped[datetime]


class AnswerRecord(Base):
    """What became of a question, one row an outcome: the knowledge manager's evidence."""

    __tablename__ = "answer_record"
    __table_args__ = (
        Index("answer_record_by_time", "at"),
        Index("answer_record_by_article", "article_id", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    key: Mapped[str] = mapped_column(default="")  # of the question: its outcomes share it
    question: Mapped[str]  # without personal data
    language: Mapped[str] = mapped_column(default="")
    groups: Mapped[list[str]] = mapped_column(default=list)  # the employee's, at that time
    article_id: Mapped[str]
    articles: Mapped[list[str]] = mapped_column(default=list)  # all that were shown
    outcome: Mapped[str]  # answered, offered, outside, nothing, resolved, not_resolved, request
    probability: Mapped[float]
    reference: Mapped[str] = mapped_column(default="")  # of the request it ended in
    at: Mapped[datetime]


class DataWish(Base):
    """An employee asked to see or erase their data; a person takes it from here.

    States: new → started → done, or refused with a reason that the employee is told.
    """

    __tablename__ = "data_wish"

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    employee_id: Mapped[str]
    wish: Mapped[str]  # export, erase
    at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default="new")
    reason: Mapped[str] = mapped_column(default="")
    taken_by: Mapped[str] = mapped_column(default="")  # as the audit trail calls them
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
