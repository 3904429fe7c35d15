"""Two employees whose every field and file carries a mark of their own, in every table that may hold one."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from app.audit.chain import note
from app.db.models import (
    AnswerRecord,
    ContactAlias,
    Conversation,
    DataWish,
    HandOffEvent,
    HandOffNote,
    InboxMessage,
    MediaFile,
    Notice,
    OutboxEntry,
    Turn,
)
from app.desk.history import Act, attach_file, record
from app.desk.models import CategoryRow, OutageFollower, OutageRow, RequestRow, RequestWords, StagedFile
from app.identity.models import EmployeeRow, OneTimeCode, VerifiedSession, WrongCode
from app.knowledge.gap_models import GapProof, GapQuestion, GapRow
from app.privacy.models import NoticeShown
from app.thinking.models import ModelCallRow

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Marked:
    """Somebody whose words all begin with `mark`."""

    mark: str
    number: int  # tells their rows from others'

    def word(self, name: str) -> str:
        return f"{self.mark}{name}"

    @property
    def employee_id(self) -> str:
        return self.word("id")

    @property
    def email(self) -> str:
        return f"{self.mark}mail@ipe.example".lower()


MARIA, JOSE = Marked("QzMariaQz", 1), Marked("QzJoseQz", 2)


def settle_in(session: Session, who: Marked, folder: Path, at: datetime = NOW) -> int:
    """Give them a row in every table and files on disk; returns their conversation."""
    word, n = who.word, who.number
    session.add(
        EmployeeRow(id=who.employee_id, name=word("name"), email=who.email, location=word("place"),
                    department=word("department"), groups=[word("group")])
    )  # fmt: skip
    talk = Conversation(
        phone_number_id="1", bsuid=word("bsuid"), wa_id=word("phone"), profile_name=word("profile"), language="pt-BR",
        checkpoint=word("checkpoint").encode() * 500, last_inbound_at=at, created_at=at,
    )  # fmt: skip
    session.add(talk)
    session.flush()
    _talk(session, who, talk.id, folder, at)
    _identity(session, who, talk.id, at)
    _request(session, who, talk.id, folder, at)
    _answers(session, who, talk.id, at)
    session.add(DataWish(conversation_id=talk.id, employee_id=who.employee_id, wish="erase", at=at))
    session.add(StagedFile(id=word("file"), kind="employees", name=word("list.csv"), text=f"id,email\n1,{who.email}",
                           staff_id=1, at=at))  # fmt: skip
    session.add(NoticeShown(conversation_id=talk.id, employee_id=who.employee_id, version="1", language="en",
                            shown_at=at, accepted_at=at))  # fmt: skip
    note(session, "privacy.exported", f"conversation {talk.id}", at, employee=who.employee_id, name=word("trail"))
    note(session, "request.comment", f"request {1000 + n}", at, by="employee", author=word("trail2"))
    session.flush()
    return talk.id


def _talk(session: Session, who: Marked, talk: int, folder: Path, at: datetime) -> None:
    word = who.word
    session.add_all(
        ContactAlias(phone_number_id="1", alias=word(alias), conversation_id=talk) for alias in ("phone", "bsuid")
    )
    for part in range(40):  # long enough for pages of its own and for overflow pages
        session.add(
            InboxMessage(wamid=f"wamid.{word(f'in{part}')}", conversation_id=talk, received_at=at, state="done",
                         body={"id": f"wamid.{word(f'in{part}')}", "text": word("said ") * 200})
        )  # fmt: skip
        session.add(
            OutboxEntry(conversation_id=talk, version=1, part=part, lane=f"c{talk}", kind="message", state="read",
                        body={"type": "text", "text": {"body": word("heard ") * 200}}, created_at=at,
                        wamid=f"wamid.{word(f'out{part}')}", error=word("error"))
        )  # fmt: skip
    path = folder / "media" / f"{talk}-1"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"\xff\xd8\xff" + word("photo").encode())
    session.flush()
    session.add(MediaFile(wamid=f"wamid.{word('in0')}", conversation_id=talk, media_id=word("media"),
                          mime_type="image/jpeg", name=word("f"), path=f"media/{talk}-1", state="stored"))  # fmt: skip
    session.add(
        Turn(conversation_id=talk, version=1, at=at, engine="offline", intents="ask", prompts="", milliseconds={})
    )
    handed = HandOffNote(conversation_id=talk, reason="asked", summary=word("summary"), at=at, ended_at=at)
    session.add(handed)
    session.flush()
    session.add(HandOffEvent(hand_off_id=handed.id, conversation_id=talk, kind="word", staff_id=1, author="Ana",
                             text=word("spoken"), at=at))  # fmt: skip
    session.add(HandOffEvent(hand_off_id=handed.id, conversation_id=talk, kind="called", author=word("caller"), at=at))
    session.add(ModelCallRow(conversation_id=talk, version=1, at=at, purpose="answer", prompt="", model="m",
                             provider="p", outcome="ok", tokens_in=1, tokens_out=1, tokens_cached=0,
                             milliseconds=1.0, cost=0.1))  # fmt: skip
    session.add(Notice(key=word("key"), kind="error", body={"from": word("phone"), "text": word("raw")}, at=at))
    session.add(Notice(key=word("key2"), kind="x", body={"about": f"wamid.{word('in3')}", "text": word("raw")}, at=at))


def _identity(session: Session, who: Marked, talk: int, at: datetime) -> None:
    word = who.word
    session.add(VerifiedSession(conversation_id=str(talk), employee_id=who.employee_id, bound_to=who.word("bsuid"),
                                started_at=at, last_seen_at=at + timedelta(hours=1)))  # fmt: skip
    session.add(OneTimeCode(ref=who.word("ref"), conversation_id=str(talk), email_key=who.word("key"),
                            employee_id=who.employee_id, hash=word("hash"), issued_at=at, expires_at=at))  # fmt: skip
    session.add(WrongCode(email_key=who.word("wrong"), conversation_id=str(talk), at=at))


def _request(session: Session, who: Marked, talk: int, folder: Path, at: datetime) -> None:
    word, number = who.word, 1000 + who.number
    if session.get(CategoryRow, "vpn") is None:
        session.add(CategoryRow(id="vpn", position=0, spec={}))
        session.add(OutageRow(id="mail", spec={}))
        session.flush()
    row = RequestRow(
        number=number, reference=f"nonce{who.number}", employee_id=who.employee_id, conversation_id=str(talk),
        category_id="vpn", title=word("title"), description=word("description ") * 300, fields={"host": word("value")},
        evidence={"host": word("evidence")}, language="pt-BR", queue="it", priority="normal", status="open",
        location=word("site"), created_at=at, updated_at=at, first_response_due=at, resolution_due=at,
        rating=4, rating_comment=word("rating"),
    )  # fmt: skip
    session.add(row)
    session.flush()
    kept = session.get(RequestWords, number) or RequestWords(number=number)
    kept.words, kept.person = word("found"), word("finder")
    session.add(kept)
    record(session, row, Act("employee", word("author"), at), "created", word("created"))
    event = record(session, row, Act("agent", "Ana", at), "comment", word("answered "))
    record(session, row, Act("agent", "Ana", at), "note", word("noted "))
    path = folder / "uploads" / f"upload{who.number}"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(word("letter").encode())
    attach_file(session, event, path=f"uploads/upload{who.number}", name=word("letter.pdf"))
    attach_file(session, event, wamid=f"wamid.{word('in0')}")
    session.add(OutageFollower(outage_id="mail", employee_id=who.employee_id, reference=f"c{talk}.1.1", at=at))


def _answers(session: Session, who: Marked, talk: int, at: datetime) -> None:
    gap = GapRow(name=who.word("gap"), changed_at=at, created_at=at)
    answer = AnswerRecord(conversation_id=talk, key=who.word("key"), question=who.word("question"), article_id="",
                          outcome="nothing", probability=0.1, groups=[who.word("group")], at=at)  # fmt: skip
    session.add_all((gap, answer))
    session.flush()
    session.add(GapQuestion(record_id=answer.id, gap_id=gap.id))
    session.add(GapProof(record_id=answer.id, gap_id=gap.id, before_band="none", before_probability=0.0,
                         before_article=who.word("before"), after_band="none", after_probability=0.0,
                         after_article="", at=at))  # fmt: skip
