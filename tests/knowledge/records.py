"""Records of what became of questions, as turns keep them, and requests that agents solved."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.db.models import AnswerRecord, Conversation
from app.desk.models import CategoryRow, RequestEvent, RequestRow
from app.identity.models import EmployeeRow
from tools.service_desk import Category


def conversation(session: Session, now: datetime) -> int:
    row = Conversation(phone_number_id="1", created_at=now)
    session.add(row)
    session.flush()
    return row.id


def asked(session: Session, text: str, *outcomes: str, at: datetime, who: int = 0, **more: object) -> int:
    """Keep a question with its outcomes; returns its first record's id. `who`: a conversation, 0 = a new one."""
    who = who or conversation(session, at)
    rows = [
        AnswerRecord(
            **{"conversation_id": who, "key": text[:12], "question": text, "language": "pt-BR", "article_id": "",
               "probability": 0.1, "at": at, "outcome": outcome, **more}
        )
        for outcome in outcomes or ("nothing",)
    ]  # fmt: skip
    session.add_all(rows)
    session.flush()
    return rows[0].id


def solved(
    session: Session, number: int, reference: str, *comments: str, at: datetime, language: str = "pt-BR",
    groups: tuple[str, ...] = (), status: str = "solved",
) -> None:  # fmt: skip
    """A request of Ana Souza's that Marina Prado solved with these public comments."""
    if session.get(EmployeeRow, "e1") is None:
        session.add(EmployeeRow(id="e1", name="Ana Souza", email="ana.souza@ipe.example"))
    category = "open" if not groups else "-".join(groups)
    if session.get(CategoryRow, category) is None:
        words = {"pt-BR": "x", "es": "x", "en": "x"}
        spec = Category(id=category, name=words, description=words, queue="TI", groups=groups)
        session.add(CategoryRow(id=category, position=1, spec=spec.model_dump(mode="json")))
    session.flush()
    session.add(
        RequestRow(
            number=number, reference=reference, employee_id="e1", category_id=category, title="t", description="d",
            fields={}, evidence={}, language=language, queue="TI", priority="normal", status=status, created_at=at,
            updated_at=at, first_response_due=at, resolution_due=at, solved_at=at,
        )
    )  # fmt: skip
    session.flush()
    for text in comments:
        session.add(RequestEvent(number=number, kind="comment", by="agent", author="Marina Prado", text=text, at=at))
    session.flush()
