"""`recado demo`: the whole service against an emulated WhatsApp and a mailbox, for a made-up company."""

import asyncio
import secrets
import shutil
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr
from rich.console import Console
from starlette.responses import RedirectResponse
from starlette.routing import BaseRoute, Route

from app.console.entry import DemoAccount, desk_routes
from app.container import House, open_house
from app.demo.history import load_history
from app.demo.load import COMPANY, load_company, load_knowledge
from app.demo.phones import tell_when_they_wrote
from app.demo.queue import load_queue
from app.demo.staff import load_staff
from app.emulator.mailbox import Mailbox
from app.emulator.people import Person
from app.emulator.routes import emulator_routes
from app.emulator.switchboard import Emulator
from app.log import set_up_logging
from app.serve import SWITCH_SECONDS, listen, run_async
from app.settings import (
    CompanySettings,
    ConsoleSettings,
    EvaluationSettings,
    MailSettings,
    RetentionSettings,
    Settings,
    WhatsAppSettings,
)
from app.tracing import TRACES
from app.yaml_text import read_yaml

PHONE_NUMBER_ID = "100000000000001"
WABA_ID = "100000000000002"
DATA_DIR = Path("var/demo")
PAGE_FOLDERS = (COMPANY, Path())  # where a manager of the demo may find articles: the company's, and here

console = Console()


@dataclass(frozen=True, slots=True)
class Demo:
    """The service's house, and around it an emulated WhatsApp and a mail server."""

    house: House
    emulator: Emulator
    mailbox: Mailbox
    staff: tuple[DemoAccount, ...]

    @property
    def routes(self) -> list[BaseRoute]:
        """The phone page, the mailbox page, the staff pages, and the emulated Cloud API."""
        home = Route("/", lambda _: RedirectResponse("/phone"))
        desk = desk_routes(self.house, demo=self.staff)
        return [home, *desk, *emulator_routes(self.emulator, self.mailbox)]


def run_demo(*, port: int | None, fresh: bool) -> None:
    """Serve the demo until Ctrl-C."""
    started = time.monotonic()
    settings = demo_settings(port)
    if fresh:
        shutil.rmtree(settings.data_dir, ignore_errors=True)
    set_up_logging("WARNING")
    sys.setswitchinterval(SWITCH_SECONDS)
    with suppress(KeyboardInterrupt), TRACES.running(settings.traces):
        run_async(_serve(settings, started))


def demo_settings(port: int | None = None) -> Settings:
    """Settings of the made-up company: nothing to configure, new secrets at every start."""
    own = Settings()
    port = port or own.port
    data_dir = own.data_dir if "data_dir" in own.model_fields_set else DATA_DIR
    company = read_yaml((COMPANY / "company.yaml").read_text(encoding="utf8"))
    return own.model_copy(
        update={
            "port": port,
            "data_dir": data_dir,
            "whatsapp": WhatsAppSettings(
                app_secret=SecretStr(secrets.token_hex(16)),
                verify_token=SecretStr(secrets.token_hex(16)),
                access_token=SecretStr(secrets.token_hex(16)),
                phone_number_id=PHONE_NUMBER_ID,
                waba_id=WABA_ID,
                base_url=f"http://127.0.0.1:{port}",
                media_hosts=("127.0.0.1",),
            ),
            "mail": MailSettings(host="127.0.0.1", starttls=False, sender=f"recado@{company['mail_domain']}"),
            "company": company_settings(company),
            "knowledge": own.knowledge.model_copy(update={"page_folders": own.knowledge.page_folders or PAGE_FOLDERS}),
            "console": ConsoleSettings(second_step=()),
            "retention": RetentionSettings(
                messages=0, media=0, requests=0, answers=0, turns=0, model_calls=0, notices=0, sessions=0, wishes=0
            ),
            "evaluation": EvaluationSettings(runs=own.runs_dir),  # where `make eval` leaves them
        }
    )


def company_settings(company: dict[str, Any]) -> CompanySettings:
    """What `company.yaml` says, as settings."""
    language = company["default_language"]
    return CompanySettings(
        name=company["name"],
        assistant=company["assistant"],
        privacy_url=company["privacy_notice"]["url"][language],
        privacy_version=company["privacy_notice"]["version"],
        default_language=language,
        link_hosts=tuple(company["link_hosts"]),
    )


def phone_people() -> list[Person]:
    """The people one can be on the phone page."""
    listed = read_yaml((COMPANY / "people.yaml").read_text(encoding="utf8"))["people"]
    return [
        Person(
            id=person["id"],
            name=person["name"],
            wa_id=person.get("wa_id"),
            user_id=person.get("bsuid"),
            username=person["id"] if "wa_id" not in person else None,
            language=person["language"],
            note=_note(person),
        )
        for person in listed
    ]


def _note(person: dict[str, Any]) -> str:
    tries = "\n".join(f"“{words}”" for words in person.get("messages", ()))
    return f"{person['about']}\n{person['email']}\n{tries}"


async def _serve(settings: Settings, started: float) -> None:
    async with open_demo(settings) as demo:
        await load_history(demo.house)
        await load_queue(demo.house)
        await demo.house.database.read(lambda session: tell_when_they_wrote(session, demo.emulator))
        announcing = asyncio.create_task(_announce(demo.house.settings, started))
        learning = asyncio.create_task(_learn(demo.house))
        try:
            await listen(demo.house, routes=demo.routes)
        finally:
            for task in (announcing, learning):
                task.cancel()
            await asyncio.gather(announcing, learning, return_exceptions=True)


@asynccontextmanager
async def open_demo(settings: Settings) -> AsyncIterator[Demo]:
    """The demo's house with its emulator and mailbox running."""
    whatsapp = settings.whatsapp
    async with Mailbox() as mailbox:
        emulator = Emulator(
            whatsapp.app_secret.get_secret_value(),
            whatsapp.access_token.get_secret_value(),
            whatsapp.phone_number_id,
            whatsapp.waba_id,
            f"{whatsapp.base_url}/whatsapp/webhook",
            phone_people(),
            business_name=settings.company.name,
            reads_by_itself=False,
        )
        mail = settings.mail.model_copy(update={"port": mailbox.port})
        async with emulator, open_house(settings.model_copy(update={"mail": mail})) as house:
            for feed in (emulator.feed, mailbox.feed):
                house.presence.when_ending(feed.close)
            await load_company(house)
            yield Demo(house, emulator, mailbox, await load_staff(house))


async def _announce(settings: Settings, started: float) -> None:
    """Say where the pages are once they answer, and when questions are answered too."""
    here = settings.whatsapp.base_url
    async with httpx.AsyncClient(trust_env=False) as http:
        await _until(http, f"{here}/health/live")
        console.print(f"\n  [bold green]Recado[/] for {settings.company.name} is up ({_since(started)}).\n")
        console.print(f"  Phone    [link={here}/phone]{here}/phone[/]    be an employee")
        console.print(f"  Mailbox  [link={here}/mailbox]{here}/mailbox[/]  where the codes arrive")
        console.print(f"  Desk     [link={here}/desk]{here}/desk[/]     where staff sees what goes on")
        console.print("  Ctrl-C stops it; what happened stays until `recado demo --fresh`.\n")
        await _until(http, f"{here}/health/ready")
        console.print(f"  Answering ({_since(started)}).")


async def _learn(house: House) -> None:
    """Index the company's articles behind the scenes; only the first start has anything to do."""
    report = await load_knowledge(house)
    console.print(f"  Knowledge base: {report}.")


async def _until(http: httpx.AsyncClient, url: str) -> None:
    while True:
        with suppress(httpx.HTTPError):
            if (await http.get(url)).status_code == 200:
                return
        await asyncio.sleep(0.1)


def _since(started: float) -> str:
    return f"{time.monotonic() - started:.1f} s"
