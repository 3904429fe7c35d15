"""The real service in this process, an emulated WhatsApp and a mail server on ports of their own: each can go away."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from pydantic import SecretStr
from starlette.applications import Starlette

from app.container import Clock, House, open_house, utc_now
from app.demo.run import demo_settings, phone_people
from app.emulator.courier import sign
from app.emulator.mailbox import Mailbox
from app.emulator.people import Person
from app.emulator.routes import emulator_routes
from app.emulator.switchboard import Emulator
from app.main import WEBHOOK_PATH, create_app
from app.settings import DatabaseSettings, DeliverySettings, IdentitySettings, Settings, TurnSettings
from app.worker import Worker
from tests.faults.history import History, history, until_drained
from tests.faults.people import EMAILS, Player
from tests.faults.proxy import Proxy, open_proxy
from tests.faults.recorder import Recorder
from tests.faults.stores import Home, Store

WORKERS = 2  # on a store that several processes share
LEASE_S = 10.0  # the product waits 30 s


class Site:
    """An HTTP server that comes and goes on one port; while it is gone connections are refused."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._server: uvicorn.Server | None = None
        self._serving: asyncio.Task[None] | None = None

    async def open(self, app: Any) -> None:
        self._server = uvicorn.Server(uvicorn.Config(app, port=self.port, log_config=None, timeout_graceful_shutdown=1))
        self._serving = asyncio.create_task(self._server.serve())
        while not self._server.started:
            assert not self._serving.done()
            await asyncio.sleep(0.01)

    async def close(self) -> None:
        if self._server and self._serving:
            self._server.should_exit = True
            await self._serving
            self._server = None


@dataclass
class Wires:
    """What lies between the service and those it calls."""

    whatsapp: Proxy
    mail: Proxy


@dataclass
class Town:
    """People speak through the emulator; the service opens and closes on the same files."""

    settings: Settings
    emulator: Emulator
    mailbox: Mailbox
    recorder: Recorder
    store: Store
    wires: Wires
    whatsapp: Site
    clock: Clock
    site: Site
    players: list[Player] = field(default_factory=list)
    people: list[str] = field(default_factory=list)
    house: House | None = None
    workers: list[Worker] = field(default_factory=list)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.site.port}"

    @property
    def data_dir(self) -> Path:
        return self.settings.data_dir

    async def open(self) -> None:
        """Start the service and wait until it takes turns."""
        self.house = await self._open_house()
        if self.store.is_shared:
            await self.site.open(create_app(self.house))
            self.workers = [await self._employ() for _ in range(WORKERS)]
        else:
            self.workers = [Worker(self.house)]
            await self.site.open(create_app(self.house, worker=self.workers[0]))
        async with asyncio.timeout(60):
            while not all(worker.ready for worker in self.workers) or not (await self.health())["ready"]:
                await asyncio.sleep(0.05)

    async def _open_house(self) -> House:
        return await self._stack.enter_async_context(open_house(self.settings, clock=self.clock))

    async def _employ(self) -> Worker:
        """A worker beside the receiver, in a house of its own on the same store."""
        worker = Worker(await self._open_house())
        self._stack.push_async_callback(worker.stop)
        await worker.start()
        return worker

    async def close(self) -> None:
        await self.site.close()
        await self._stack.aclose()

    async def open_whatsapp(self) -> None:
        await self.whatsapp.open(Starlette(routes=emulator_routes(self.emulator, self.mailbox)))
        await self.wires.whatsapp.open()

    async def close_whatsapp(self) -> None:
        """From now on connections are refused."""
        await self.wires.whatsapp.refuse()
        await self.whatsapp.close()

    async def health(self) -> dict[str, Any]:
        async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
            return (await http.get(f"{self.url}/health/ready")).json()

    async def post(self, http: httpx.AsyncClient, body: bytes, *, signed: bool = True) -> int:
        secret = self.settings.whatsapp.app_secret.get_secret_value() if signed else "wrong"
        headers = {"X-Hub-Signature-256": sign(secret, body)}
        return (await http.post(self.url + WEBHOOK_PATH, content=body, headers=headers)).status_code

    async def employees(self, count: int = 4) -> list[Player]:
        """So many verified people."""
        self.players = [Player(who, self.emulator, self.mailbox) for who in list(EMAILS)[:count]]
        await asyncio.gather(*(player.verify() for player in self.players))
        return self.players

    def strangers(self, count: int) -> list[str]:
        """So many phones of people nobody knows."""
        numbers = [f"55119{80000000 + len(self.people) + n}" for n in range(count)]
        for number in numbers:
            self.emulator.people.add(Person(number, "Alguém", number, f"BR.{number}"))
        self.people += numbers
        return numbers

    async def ask_meanwhile(self, trouble: Callable[[], Awaitable[None]], *, patience_s: float = 60) -> History:
        """Let everybody ask for things during a trouble and finish what is under way after it."""
        asking = [asyncio.create_task(_ask(player)) for player in self.players]
        await trouble()
        for player in self.players:
            player.stop = True
        async with asyncio.timeout(patience_s):
            await asyncio.gather(*asking)
        return await self.history(patience_s=patience_s)

    async def until_confirmed(self, more: int) -> None:
        """Wait until people have confirmed so many drafts more than before."""
        count = lambda: sum(len(player.confirmed) for player in self.players)  # noqa: E731
        goal = count() + more
        async with asyncio.timeout(60):
            while count() < goal:
                await asyncio.sleep(0.05)

    async def history(self, *, patience_s: float = 60) -> History:
        async with asyncio.timeout(patience_s):
            await self.emulator.settled()
            await until_drained(self.store)
            await self.emulator.settled()
        return history(self.store, self.recorder.operations)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.store.rows(query)


async def _ask(player: Player) -> None:
    while not player.stop:
        await player.ask_for_something()


@asynccontextmanager
async def open_town(
    home: Home, ports: tuple[int, int], *, clock: Clock = utc_now, **changes: Any
) -> AsyncIterator[Town]:
    """The town with everything up; `changes` are groups of settings."""
    async with Mailbox() as mailbox, open_proxy(ports[1]) as to_whatsapp, open_proxy(mailbox.port) as to_mail:
        settings = _settings(home, ports[0], to_whatsapp.port, to_mail.port, changes)
        own = settings.whatsapp
        emulator = Emulator(
            own.app_secret.get_secret_value(),
            own.access_token.get_secret_value(),
            own.phone_number_id,
            own.waba_id,
            f"http://127.0.0.1:{ports[0]}{WEBHOOK_PATH}",
            phone_people(),
        )
        recorder = Recorder(emulator, mailbox)
        wires = Wires(to_whatsapp, to_mail)
        town = Town(settings, emulator, mailbox, recorder, home.store, wires, Site(ports[1]), clock, Site(ports[0]))
        async with emulator:
            await town.open_whatsapp()
            try:
                await town.open()
                yield town
            finally:
                emulator.faults.reset()
                await town.close()
                await town.close_whatsapp()


def _settings(home: Home, port: int, outside: int, mail_port: int, changes: dict[str, Any]) -> Settings:
    demo = demo_settings(port)
    return demo.model_copy(
        update={
            "data_dir": home.data_dir,
            "database": DatabaseSettings(url=home.url),
            "whatsapp": demo.whatsapp.model_copy(update={"base_url": f"http://127.0.0.1:{outside}"}),
            "mail": demo.mail.model_copy(update={"port": mail_port, "timeout": timedelta(seconds=2)}),
            "turns": TurnSettings(settle=timedelta(seconds=0.05)),
            "drain": timedelta(0),  # a service that stops in the middle leaves more to be found again
            "identity": IdentitySettings(resend_after=timedelta(0), pepper=SecretStr("pepper for the faults")),
            "delivery": DeliverySettings(lease=timedelta(seconds=LEASE_S), lease_after_start=timedelta(seconds=0.5)),
        }
        | changes
    )
