"""A conversation that a person has, in a real Chromium: what is new comes by itself, what is typed stays."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
import uvicorn
from playwright.async_api import Page, expect
from sqlalchemy.orm import Session
from starlette.applications import Starlette

from app import handovers, outbox
from app.console.entry import desk_routes
from app.container import House
from app.db.engine import open_database
from app.db.models import Conversation, InboxMessage, OutboxEntry
from app.demo.load import COMPANY
from app.desk.catalogue import import_company
from app.identity.employees import import_employees
from app.identity.sessions import start_session
from app.settings import CompanySettings, ConsoleSettings, Settings
from app.staff.accounts import NewStaff, Password, add_staff
from app.staff.passwords import hash_password
from app.whatsapp.outbound import render
from graph.messages import Buttons, Choice, Text
from tests.e2e.test_browser import CHROMIUM, DESKTOP, IN_CI, MISSING
from tests.e2e.test_desk import _page

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(CHROMIUM is None and not IN_CI, reason=MISSING),
]
NARROW = {"width": 390, "height": 844}
PASSWORD = "orchid-lantern-gravel-42"
SUMMARY = "A tela do notebook pisca o tempo todo desde ontem e não dá para trabalhar; já reiniciou duas vezes."


class Desk:
    """The staff pages on loopback, with nothing behind them but the store."""

    def __init__(self, house: House, url: str) -> None:
        self.house, self.url = house, url
        self._seq = 0

    async def hear(self, text: str, *, ago: float = 0, conversation_id: int = 1) -> None:
        """The employee writes."""
        self._seq += 1
        at = datetime.now(UTC) - timedelta(minutes=ago)
        body = {"id": f"w{self._seq}", "kind": "text", "text": text, "at": at.isoformat()}
        row = InboxMessage(
            seq=self._seq,
            wamid=f"w{self._seq}",
            conversation_id=conversation_id,
            body=body,
            received_at=at,
            state="done",
        )
        await self.house.database.write(lambda s: s.add(row))

    async def answer(self, reply: Text | Buttons, *, ago: float, version: int) -> None:
        """The assistant answers, and it is read."""
        at = datetime.now(UTC) - timedelta(minutes=ago)

        def say(session: Session) -> None:
            for part, message in enumerate(render(reply)):
                outbox.put(session, outbox.Slot(1, version, part), "message", message, now=at, state="read")

        await self.house.database.write(say)

    async def deliver(self) -> None:
        """What waits is taken and read."""

        def read(session: Session) -> None:
            for entry in session.query(OutboxEntry).filter_by(state="new"):
                entry.state = "read"

        await self.house.database.write(read)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(stores, tmp_path_factory, free_port) -> AsyncIterator[Desk]:
    folder, port, now = tmp_path_factory.mktemp("desk"), free_port(), datetime.now(UTC)
    database = open_database(stores.sqlite(folder))
    settings = Settings(
        data_dir=folder, console=ConsoleSettings(second_step=()), company=CompanySettings(name="Ipê Energia")
    )
    house = House(settings, database, lambda: datetime.now(UTC), folder)
    kept = Password(hash_password(PASSWORD))

    def found(session: Session) -> None:
        import_company(session, COMPANY, now=now)
        import_employees(session, COMPANY / "employees.csv", now=now)
        for name, role in (("Rafael Tavares", "agent"), ("Lucía Herrera", "admin"), ("Grace Coleman", "auditor")):
            email = f"{name.split()[0].lower()}@ipe.example".replace("í", "i")
            add_staff(session, NewStaff(email, name, (role,), "en", "America/Sao_Paulo"), kept, now)
        for number, (name, employee, reason, ago) in enumerate(
            (
                ("Mari", "E1001", "no_article", 9), ("Otávio", "E1002", "asked", 3),
                ("Diego", "", "codes_failed", 21), ("Bia", "E1003", "tool_failed", 64),
            ), start=1,
        ):  # fmt: skip
            session.add(
                Conversation(
                    id=number, phone_number_id="p", wa_id=f"551199999000{number}", profile_name=name, language="pt-BR",
                    created_at=now, last_inbound_at=now - timedelta(hours=1 if number < 4 else 25),
                )
            )  # fmt: skip
            session.flush()
            if employee:
                start_session(session, str(number), employee, bound_to=f"551199999000{number}", now=now)
            handovers.begin(session, number, reason, SUMMARY if number != 2 else "", now - timedelta(minutes=ago))
        handovers.take(session, 4, handovers.Agent(2, "Lucía Herrera", now - timedelta(minutes=50)))

    await database.write(found)
    config = uvicorn.Config(Starlette(routes=desk_routes(house)), port=port, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.02)
    yield Desk(house, f"http://127.0.0.1:{port}")
    house.presence.end()
    server.should_exit = True
    await serving
    await database.close()


async def _enter(page: Page, desk: Desk, who: str) -> None:
    await page.goto(f"{desk.url}/desk/sign-in")
    await page.get_by_label("E-mail").fill(f"{who}@ipe.example")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.locator("form.form button").click()
    await page.wait_for_url(f"{desk.url}/desk/")


async def test_an_agent_takes_a_conversation_answers_live_and_hands_it_back(desk: Desk, tmp_path):
    await desk.hear("oi, a tela do meu notebook *pisca* o tempo todo", ago=12)
    await desk.answer(
        Buttons(
            body="Não encontrei nada sobre isso nos nossos artigos. Quer que eu abra um chamado?",
            choices=(Choice(id="new||a", title="Abrir chamado"), Choice(id="person||a", title="Falar com alguém")),
        ),
        ago=11, version=1,
    )  # fmt: skip
    await desk.hear("<img src=x onerror=alert(1)> quero falar com alguém", ago=10)
    await desk.answer(Text(body="Passei nossa conversa para alguém da equipe."), ago=9, version=2)
    async with _page(desk.url, DESKTOP) as page:
        await _enter(page, desk, "rafael")
        await page.goto(f"{desk.url}/desk/conversations")
        await page.screenshot(path=tmp_path / "list.png")
        await page.get_by_role("link", name="Mariana Duarte Vilela").click()
        await page.get_by_role("button", name="Take it").click()
        field = page.get_by_label("Your message")
        await field.fill("Estou escrevendo a resp")
        await desk.hear("ainda está aí?")
        await expect(page.locator(".bubble.employee").last).to_contain_text("ainda está aí?")
        await expect(field).to_have_value("Estou escrevendo a resp")
        await page.reload()
        await expect(field).to_have_value("Estou escrevendo a resp")
        await field.fill("Oi, Mariana! Vi que sua tela pisca. *Já* te ajudo.")
        await page.get_by_role("button", name="Send").click()
        await expect(page.locator(".bubble.agent")).to_contain_text("Já te ajudo.")
        await expect(field).to_have_value("")
        await desk.deliver()
        await expect(page.locator(".bubble.agent .fate.read")).to_be_visible()
        await page.screenshot(path=tmp_path / "talk.png", full_page=True)
        await page.get_by_role("link", name="Open a request").click()
        await page.get_by_label("Category").select_option("facilities")
        await page.get_by_role("button", name="Choose").click()
        await page.screenshot(path=tmp_path / "request.png", full_page=True)
        await page.go_back()
        await page.go_back()
        await page.get_by_role("button", name="Hand back to the assistant").click()
        await expect(page.locator("#composer")).to_contain_text("with the assistant again")


async def test_its_pages_fit_a_telephone_in_every_language(desk: Desk, tmp_path):
    async with _page(desk.url, NARROW) as page:
        await _enter(page, desk, "lucia")
        for language in ("pt-BR", "es", "en"):
            await page.locator("[data-menu]").click()
            async with page.expect_navigation():
                await page.locator("#language").select_option(language)
            for name, path in (
                ("list", "/conversations"),
                ("locked", "/conversations/3"),
                ("late", "/conversations/4"),
            ):
                await page.goto(f"{desk.url}/desk{path}")
                assert await page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"], (language, path)
                await page.screenshot(path=tmp_path / f"{name}-{language}.png", full_page=True)
    async with _page(desk.url, DESKTOP, color_scheme="dark") as page:
        await _enter(page, desk, "grace")
        await page.goto(f"{desk.url}/desk/conversations/1")
        await expect(page.locator("#composer")).to_contain_text(re.compile("read this conversation|with the assistant"))
        await page.screenshot(path=tmp_path / "auditor-dark.png", full_page=True)
