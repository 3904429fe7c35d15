"""The settings pages: every one opens in every language, for whoever may."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.demo.load import COMPANY
from app.desk.catalogue import import_company
from app.desk.requests import create_request
from app.identity.employees import employee_by_id, import_employees
from tests.console.conftest import Browser, Office
from tests.tools.service_desk_contract import NOW
from tools.service_desk import Draft

PAGES = (
    "/queues", "/queues/it-desk", "/routing", "/routing/0", "/routing/3", "/routing/try", "/priority", "/priority/0",
    "/priority/3", "/hours", "/hours/sao-paulo", "/hours/new", "/macros", "/macros/0", "/outages", "/outages/new",
    "/outages/vpn-recife", "/catalogue", "/catalogue/new", "/catalogue/access-password", "/catalogue/it",
    "/catalogue/access-password/fields/system", "/catalogue/access-password/fields/new", "/catalogue/file",
    "/catalogue/try", "/employees", "/employees?q=mari", "/employees/one/E1001", "/employees/list",
)  # fmt: skip


def vpn(description: str = "a VPN cai") -> Draft:
    values = {"location": "manaus", "system": "windows"}
    return Draft(
        category_id="access-password", title="Sem acesso", description=description, values={"system": values["system"]}
    )


@pytest.fixture
async def furnished(office: Office) -> Office:
    """The demo company with three requests of one employee."""

    def furnish(session: Session) -> None:
        import_employees(session, COMPANY / "employees.csv", now=NOW)
        import_company(session, COMPANY, now=NOW)
        employee = employee_by_id(session, "E1001")
        assert employee is not None
        for count in range(3):
            told = {"employee": employee, "conversation_id": None, "draft": vpn(), "reference": f"r{count}"}
            create_request(session, **told, now=NOW - timedelta(hours=count))

    await office.house.database.write(furnish)
    return office


@pytest.fixture
async def admin(furnished: Office) -> Browser:
    browser = furnished.open()
    await browser.sign_in("admin")
    return browser


@pytest.mark.parametrize("language", ["en", "pt-BR", "es"])
async def test_every_settings_page_opens_in_every_language(admin: Browser, language):
    await admin.press("/account", "/account", name="Somebody", language=language, timezone="America/Sao_Paulo")
    wrong = []
    for page in PAGES:
        answer = await admin.get(f"/desk{page}")
        if answer.status_code != 200 or f'lang="{language}"' not in answer.text[:200]:
            wrong.append((page, answer.status_code))
    assert wrong == []
