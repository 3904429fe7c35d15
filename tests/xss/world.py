"""A company whose every field that somebody from outside fills holds a payload: by real webhooks, and by rows."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import AnswerRecord, Conversation, DataWish, HandOffNote, Notice, OutboxEntry
from app.desk.finding import keep_words
from app.desk.history import Act, attach_file, record
from app.desk.models import CategoryRow, RequestRow
from app.identity.models import EmployeeRow, VerifiedSession, to_employee
from app.knowledge.gap_models import GapQuestion, GapRow
from app.knowledge.models import ArticleRow
from app.whatsapp.signature import sign

TOGETHER = 8  # payloads of one conversation or one request: their page shows all of them
FIRST = 90_000  # numbers of requests begin here
NOW = datetime.now(UTC)
WHATSAPP = (
    "profile name", "text", "quoted text", "image caption", "document name", "document caption", "contact name",
    "contact organisation", "contact phone", "location name", "location address", "location url", "button text",
    "button payload", "button reply title", "button reply id", "list reply title", "list reply description",
    "reaction", "order text", "product id", "referral headline", "referral body", "unknown type",
)  # fmt: skip
ROWS = (
    "employee name", "employee department", "employee place", "request title", "description", "form value", "evidence",
    "comment", "note", "rating comment", "attachment name", "hand-off summary", "article title", "article body",
    "article owner", "question", "gap name", "undelivered reply", "error told by Meta", "notice",
)  # fmt: skip


def messages(payload: str, number: int) -> Iterator[dict[str, Any]]:
    """One message of every kind that carries words."""
    kinds: tuple[tuple[str, Any], ...] = (
        ("text", {"body": payload}),
        ("image", {"id": f"m{number}", "mime_type": payload[:80], "caption": payload}),
        ("document", {"id": f"d{number}", "mime_type": "application/pdf", "filename": payload, "caption": payload}),
        ("contacts", [{"name": {"formatted_name": payload, "first_name": payload}, "org": {"company": payload},
                       "phones": [{"phone": payload, "wa_id": payload}]}]),
        ("location", {"latitude": 1.0, "longitude": 2.0, "name": payload, "address": payload, "url": payload}),
        ("button", {"text": payload, "payload": payload}),
        ("interactive", {"type": "button_reply", "button_reply": {"id": payload, "title": payload}}),
        ("interactive", {"type": "list_reply",
                         "list_reply": {"id": payload, "title": payload, "description": payload}}),
        ("reaction", {"message_id": f"wamid.{number}.0", "emoji": payload}),
        ("order", {"catalog_id": payload, "text": payload,
                   "product_items": [{"product_retailer_id": payload, "quantity": 1, "item_price": 1}]}),
        ("mystery", {"body": payload, payload: payload}),
    )  # fmt: skip
    for place, (kind, content) in enumerate(kinds):
        message = {"id": f"wamid.{number}.{place}", "timestamp": str(int(NOW.timestamp())), "type": kind, kind: content}
        if kind == "text":
            message |= {"context": {"id": payload, "from": payload}}
            message |= {"referral": {"headline": payload, "body": payload, "source_url": payload, "source_type": "ad"}}
        yield message


async def write_in(url: str, secret: str, number_id: str, payloads: Sequence[str]) -> None:
    """Everybody writes, by signed webhooks as Meta sends them."""
    async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
        for number, payload in enumerate(payloads):
            who = f"55119{10_000_000 + number // TOGETHER:08d}"
            contacts = [{"profile": {"name": payload}, "wa_id": who}]
            value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": number_id}, "contacts": contacts}
            value["messages"] = [{"from": who, **message} for message in messages(payload, number)]
            change = {"field": "messages", "value": value}
            body = {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}
            raw = json.dumps(body).encode()
            headers = {"Content-Type": "application/json", "X-Hub-Signature-256": sign(secret, raw)}
            answer = await http.post(f"{url}/whatsapp/webhook", content=raw, headers=headers)
            assert answer.status_code == 200, answer.text


def fill(session: Session, payloads: Sequence[str]) -> None:
    """Rows of everything else: people, requests, hand-offs, articles, gaps, what did not go out."""
    talks = list(
        session.scalars(select(Conversation.id).where(Conversation.wa_id.like("551191%")).order_by(Conversation.id))
    )
    category = session.scalars(select(CategoryRow.id).limit(1)).one()
    for number, payload in enumerate(payloads):
        talk = talks[number // TOGETHER]
        _request(session, number, payload, talk, category)
        if number % TOGETHER == 0:
            _together(session, number, payloads[number : number + TOGETHER], talk)
        _knowledge(session, number, payload, talk)
        session.add(
            OutboxEntry(conversation_id=talk, version=-9, part=number, lane=f"c{talk}", kind="message", state="dead",
                        body={"type": "text", "text": {"body": payload}}, error=payload, created_at=NOW)
        )  # fmt: skip
        session.add(Notice(key=f"xss{number}", kind="error", body={"title": payload, payload: payload}, at=NOW))


def _request(session: Session, number: int, payload: str, talk: int, category: str) -> None:
    row = EmployeeRow(id=f"xss{number}", name=payload, email=f"xss{number}@ipe.example", department=payload,
                      location=payload, groups=[payload])  # fmt: skip
    request = RequestRow(
        number=FIRST + number, reference=f"xss{number}", employee_id=row.id, conversation_id=str(talk),
        category_id=category, title=payload, description=payload, fields={"field": payload},
        evidence={"field": payload}, language="pt-BR", queue="ti-suporte", priority="medium", status="open",
        location=payload, created_at=NOW + timedelta(seconds=number), updated_at=NOW + timedelta(seconds=number),
        rating=1, first_response_due=NOW, resolution_due=NOW, rating_comment=payload,
    )  # fmt: skip
    session.add_all((row, request))
    session.flush()
    keep_words(session, request, to_employee(row))


def _together(session: Session, number: int, group: Sequence[str], talk: int) -> None:
    """One request and one conversation whose pages show all payloads of the group."""
    request = session.get_one(RequestRow, FIRST + number)
    record(session, request, Act("employee", group[0], NOW), "created", group[0])
    for payload in group:
        for kind, by in (("comment", "employee"), ("comment", "agent"), ("note", "agent")):
            event = record(session, request, Act(by, payload, NOW), kind, payload)  # type: ignore[arg-type]
            event.tell = False
        attach_file(session, event, path="nowhere", name=payload)
    for payload in group:
        session.add(HandOffNote(conversation_id=talk, reason="asked", summary=payload, at=NOW, ended_at=NOW))
    session.add(HandOffNote(conversation_id=talk, reason="asked", summary="\n".join(group), at=NOW))
    session.get_one(Conversation, talk).handed_over = True
    session.add(VerifiedSession(conversation_id=str(talk), employee_id=f"xss{number}", bound_to="x", started_at=NOW,
                                last_seen_at=NOW))  # fmt: skip
    session.add(DataWish(conversation_id=talk, employee_id=f"xss{number}", wish="erase", at=NOW, reason=group[0]))


def _knowledge(session: Session, number: int, payload: str, talk: int) -> None:
    article = ArticleRow(
        key=f"xss{number}@en", id=f"xss{number}", language="en", title=payload, body=f"# {payload}\n\n{payload}",
        url="", audience=[payload], keywords=[payload], owner=payload, sha256="x", source=f"xss:{payload}",
        created_at=NOW, updated_at=NOW,
    )  # fmt: skip
    session.add(article)
    gap = GapRow(name=payload, changed_at=NOW, created_at=NOW, article_title=payload, verdict="missing")
    answer = AnswerRecord(conversation_id=talk, key=f"xss{number}", question=payload, article_id="", outcome="nothing",
                          probability=0.0, language="en", groups=[payload], at=NOW)  # fmt: skip
    session.add_all((gap, answer))
    session.flush()
    session.add(GapQuestion(record_id=answer.id, gap_id=gap.id))
