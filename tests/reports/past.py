"""Small made-up histories, written as the desk writes them."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.db.models import AnswerRecord, Conversation
from app.desk.models import CategoryRow, DeskDocument, RequestEvent, RequestRow
from app.desk.rules import DeskRules
from app.identity.models import EmployeeRow
from tools.service_desk import Category

WORDS = {"pt-BR": "Senha", "es": "Clave", "en": "Password"}
RULES = DeskRules.model_validate(
    {
        "calendars": {
            "office": {
                "timezone": "America/Sao_Paulo",
                "hours": {
                    day: [["08:00", "18:00"]] for day in ("monday", "tuesday", "wednesday", "thursday", "friday")
                },
            }
        },
        "queues": [{"id": "ti", "name": WORDS, "calendar": "office"}],
        "promises": {"medium": {"first_response": 4, "resolution": 24}},
    }
)


def found_desk(session: Session) -> None:
    """Rules, one branch of the catalogue with a leaf, two employees in two places."""
    session.add(DeskDocument(name="rules", body=RULES.model_dump_json()))
    for position, (name, parent) in enumerate((("it", ""), ("password", "it"), ("office", ""))):
        spec = Category(id=name, parent=parent, name=WORDS, description=WORDS, queue="ti").model_dump(mode="json")
        session.add(CategoryRow(id=name, position=position, spec=spec))
    session.add_all(
        EmployeeRow(id=name, name=name, email=f"{name}@ipe.example", location=place)
        for name, place in (("ana", "Recife"), ("rui", "Manaus"))
    )
    session.flush()


def request(session: Session, number: int, at: datetime, *steps: tuple[str, datetime], **more: object) -> RequestRow:
    """A request opened at `at` that went through `steps` (status, when); its row is as the last one left it."""
    values: dict[str, object] = {
        "number": number, "reference": f"r{number}", "employee_id": "ana", "category_id": "password", "title": "t",
        "description": "esqueci a senha", "fields": {}, "evidence": {}, "language": "pt-BR", "queue": "ti",
        "priority": "medium", "status": "new", "created_at": at, "updated_at": at,
        "first_response_due": at + timedelta(hours=4), "resolution_due": at + timedelta(days=2),
    }  # fmt: skip
    row = RequestRow(**{**values, **more})
    session.add(row)
    session.flush()
    session.add(RequestEvent(number=number, kind="created", by="employee", at=at))
    for status, when in steps:
        session.add(RequestEvent(number=number, kind="status", by="agent", status=status, at=when))
        row.status = status
        row.solved_at = when if status == "solved" else row.solved_at if status == "closed" else None
    session.flush()
    return row


def conversation(session: Session, at: datetime) -> int:
    """A new one."""
    row = Conversation(phone_number_id="1", bsuid=f"b{at.timestamp()}", created_at=at)
    session.add(row)
    session.flush()
    return row.id


def question(
    session: Session, who: int, key: str, *outcomes: tuple[str, datetime], text: str = "", article: str = ""
) -> None:
    """Records of one question, in their order."""
    for outcome, at in outcomes:
        session.add(
            AnswerRecord(
                conversation_id=who, key=key, question=text or key, language="pt-BR", groups=[], article_id=article,
                articles=[article] if article else [], outcome=outcome, probability=0.8, at=at,
            )
        )  # fmt: skip
    session.flush()
