"""The staff pages over HTTP in one process, and browsers that behave like browsers."""

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy.orm import Session
from starlette.applications import Starlette

from app.console.entry import desk_routes
from app.container import House
from app.db.engine import Database
from app.demo.load import COMPANY
from app.desk.catalogue import import_company
from app.desk.requests import create_request
from app.identity.employees import employee_by_id, import_employees
from app.settings import CompanySettings, ConsoleSettings, KnowledgeSettings, OidcSettings, Settings
from app.staff.accounts import NewStaff, Password, add_staff
from app.staff.passwords import hash_password
from app.staff.roles import ROLES
from tests.tools.service_desk_contract import NOW
from tools.service_desk import Draft

PASSWORD = "orchid-lantern-gravel-42"
KEPT = hash_password(PASSWORD)
ORIGIN = "http://127.0.0.1"


class Browser(httpx.AsyncClient):
    """Sends forms as a browser does: with the token of the page, an Origin and its Sec-Fetch-Site."""

    async def press(self, page: str, action: str, **fields: object) -> httpx.Response:
        """Open a page, fill its form and send it to `action`."""
        token = token_in((await self.get(f"/desk{page}")).text)
        return await self.send_form(action, {"_token": token, **fields})

    async def send_form(self, action: str, fields: dict[str, object], **headers: str) -> httpx.Response:
        told = {"Origin": str(self.base_url).rstrip("/"), "Sec-Fetch-Site": "same-origin"} | headers
        return await self.post(f"/desk{action}", data=fields, headers=told)

    async def sign_in(self, who: str, password: str = PASSWORD, *, after: str = "") -> httpx.Response:
        return await self.press("/sign-in", "/sign-in", email=address(who), password=password, next=after)


def address(who: str) -> str:
    return who if "@" in who else f"{who}@ipe.example"


def token_in(html: str) -> str:
    found = re.search(r'name="_token" value="([0-9a-f]{64})"', html)
    assert found, html
    return found[1]


@dataclass
class Office:
    """The pages of a company with one person of each role, `ROLE@ipe.example`."""

    house: House
    clock: object
    open: Callable[..., Browser]

    async def staff(self) -> dict[str, int]:
        from app.staff.accounts import all_staff

        return await self.house.database.read(lambda s: {row.email.split("@")[0]: row.id for row in all_staff(s)})


@pytest.fixture
def rules() -> ConsoleSettings:
    """The settings of the pages; a test may override it."""
    return ConsoleSettings(second_step=())


@pytest.fixture
def oidc() -> OidcSettings:
    """The company's own sign-in; none, unless a test has one."""
    return OidcSettings()


@pytest.fixture
async def office(database: Database, clock, rules, oidc, tmp_path) -> AsyncIterator[Office]:
    knowledge = KnowledgeSettings(page_folders=(Path("/srv"),))
    settings = Settings(
        data_dir=tmp_path / "keys",
        console=rules,
        oidc=oidc,
        company=CompanySettings(name="Ipê"),
        knowledge=knowledge,
    )
    house = House(settings, database, clock, tmp_path)
    house.presence.works = True  # and its worker never comes: what needs a mind says that it is starting

    def found(session: Session) -> None:
        for role in ROLES:
            new = NewStaff(address(role), f"Somebody of {role}", (role,), "en", "America/Sao_Paulo")
            add_staff(session, new, Password(KEPT), datetime(2026, 1, 1, tzinfo=UTC))

    await database.write(found)
    app = Starlette(routes=desk_routes(house))
    browsers: list[Browser] = []

    def open_browser(origin: str = ORIGIN, address: str = "10.0.0.1", **more: object) -> Browser:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(address, 1234))
        browsers.append(Browser(transport=transport, base_url=origin, headers={"Accept-Language": "en"}, **more))
        return browsers[-1]

    yield Office(house, clock, open_browser)
    for browser in browsers:
        await browser.aclose()


@pytest.fixture
def browser(office: Office) -> Browser:
    return office.open()


REQUEST = Draft(
    category_id="access-password", title="Sem acesso", description="esqueci a senha", values={"system": "windows"}
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
            told = {"employee": employee, "conversation_id": None, "draft": REQUEST, "reference": f"r{count}"}
            create_request(session, **told, now=NOW - timedelta(hours=count))

    await office.house.database.write(furnish)
    return office


@pytest.fixture
async def admin(furnished: Office) -> Browser:
    browser = furnished.open()
    await browser.sign_in("admin")
    return browser
