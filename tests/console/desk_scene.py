"""A desk with people, two queues and requests, for tests of the queue's pages."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.db.models import Conversation
from app.demo.load import COMPANY
from app.desk.catalogue import import_company
from app.desk.requests import create_request
from app.identity.employees import employee_by_id, import_employees
from app.identity.sessions import start_session
from tools.service_desk import Draft

PHONE = "5511999990001"


def furnish(session: Session, now: datetime) -> None:
    """The demo's company; Mariana (E1001) has proven who she is in conversation 1 and just wrote."""
    import_company(session, COMPANY, now=now)
    import_employees(session, COMPANY / "employees.csv", now=now)
    session.add(
        Conversation(id=1, phone_number_id="p", wa_id=PHONE, language="pt-BR", created_at=now, last_inbound_at=now)
    )
    session.flush()
    start_session(session, "1", "E1001", bound_to=PHONE, now=now)


def ask(session: Session, now: datetime, title: str = "Crachá não abre", **more: object) -> int:
    """Open a request; `employee` is an id, the rest belongs to its draft."""
    employee = employee_by_id(session, str(more.pop("employee", "E1001")))
    values = {"location": "recife", "what": "badge"}
    draft = Draft.model_validate(
        {"category_id": "facilities", "title": title, "description": f"{title}, desde cedo", "values": values} | more
    )
    assert employee is not None
    receipt = create_request(
        session, employee=employee, conversation_id="1", draft=draft, reference=f"{title} {now}", now=now
    )
    return int(receipt.number)
