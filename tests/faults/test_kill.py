"""kill -9 between any two steps of a conversation: nothing is lost, nothing happens twice, order is kept.

People keep asking for monitors while the service under them is killed at random moments. Everything they did and got
is recorded by the emulated WhatsApp, on the other side of the wire, and checked against the database afterwards.
"""

import asyncio
import os
import random
import shutil
import signal
import sqlite3
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import uvicorn
import yaml
from starlette.applications import Starlette

from app.demo.load import COMPANY
from app.demo.run import demo_settings, phone_people
from app.emulator.mailbox import Mailbox
from app.emulator.routes import emulator_routes
from app.emulator.switchboard import Emulator
from app.emulator.transcript import Choice, Message

pytestmark = [pytest.mark.faults, pytest.mark.timeout(0)]

ROOT = Path(__file__).parents[2]
CYCLES = int(os.environ.get("RECADO_FAULT_CYCLES", "200"))
MOST_STEPS = 6  # a service dies after so many steps at most: a webhook taken, a reply sent, a status told
LONGEST_LIFE = 3.0  # seconds, when nothing happens
JITTER = 0.06  # seconds after a step within which it dies: inside whatever follows
WISH = "preciso que abram um chamado: meu crachá não abre a porta"
CONFIRM = ("Confirmar", "Confirm")
ONWARD = ("Abrir chamado", "Abrir um novo", "Prédio e crachá", "Sim, abrir")
OUT = ("Falar com alguém", "Cancelar", "Tentar de novo")
PATIENCE = 90.0  # seconds to finish what is under way after the last kill
EMAILS = {person["id"]: person["email"] for person in yaml.safe_load((COMPANY / "people.yaml").read_text())["people"]}
del EMAILS["stranger"]


class Victim:
    """The service, started and killed over and over."""

    def __init__(self, process: asyncio.subprocess.Process, url: str) -> None:
        self._process, self._url = process, url
        self.kills = 0

    async def start(self) -> int:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(b"start\n")
        pid = int(await self._process.stdout.readline())
        async with httpx.AsyncClient(trust_env=False) as http:
            while True:
                with suppress(httpx.HTTPError):
                    if (await http.get(f"{self._url}/health/ready", timeout=1)).status_code == 200:
                        return pid
                await asyncio.sleep(0.01)

    async def kill(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)
        self.kills += 1
        while Path(f"/proc/{pid}").exists():
            await asyncio.sleep(0.002)


@dataclass
class Player:
    """One person who asks for things, patiently; counts the drafts they confirmed."""

    who: str
    emulator: Emulator
    mailbox: Mailbox
    confirmed: list[str] = field(default_factory=list)
    stop: bool = False

    async def play(self) -> None:
        await self._verify()
        while not self.stop:
            await self._ask_for_something()

    async def _wait(self, after: str) -> list[Message]:
        while True:
            with suppress(TimeoutError):
                return await self.emulator.replies(self.who, after=after, timeout=5, quiet=0.1)

    async def _verify(self) -> None:
        known = len(self.mailbox.messages(EMAILS[self.who]))
        await self._wait(await self.emulator.say(self.who, EMAILS[self.who]))
        while len(self.mailbox.messages(EMAILS[self.who])) == known:
            await asyncio.sleep(0.05)
        code = self.mailbox.messages(EMAILS[self.who])[0].code
        assert code
        await self._wait(await self.emulator.say(self.who, code))

    async def _ask_for_something(self) -> None:
        heard = await self._wait(await self.emulator.say(self.who, WISH))
        for _ in range(12):
            if self.stop:
                return
            choices = [choice for message in heard for choice in message.choices]
            if confirm := next((choice.id for choice in choices if choice.title in CONFIRM), None):
                self.confirmed.append(confirm)
                await self._wait(await self.emulator.tap(self.who, confirm))
                return
            if not choices:
                heard = await self._wait(await self.emulator.say(self.who, "hoje às 10h, IPE-20417"))
            else:
                heard = await self._wait(await self.emulator.tap(self.who, _pick(choices)))


def _pick(choices: list[Choice]) -> str:
    """The way on to a new request, else the first thing that is not a way out."""
    onward = [choice.id for choice in choices if choice.title in ONWARD]
    return (onward or [choice.id for choice in choices if choice.title not in OUT])[0]


@dataclass
class Scene:
    emulator: Emulator
    mailbox: Mailbox
    victim: Victim
    data_dir: Path


@pytest.fixture
async def scene(founded, tmp_path, free_port):
    data_dir = tmp_path / "data"
    shutil.copytree(founded, data_dir)
    outside, port = free_port(), free_port()
    settings = demo_settings(port)
    whatsapp = settings.whatsapp
    async with Mailbox() as mailbox:
        emulator = Emulator(
            whatsapp.app_secret.get_secret_value(),
            whatsapp.access_token.get_secret_value(),
            whatsapp.phone_number_id,
            whatsapp.waba_id,
            f"http://127.0.0.1:{port}/whatsapp/webhook",
            phone_people(),
        )
        server = uvicorn.Server(
            uvicorn.Config(Starlette(routes=emulator_routes(emulator, mailbox)), port=outside, log_config=None)
        )
        async with emulator:
            serving = asyncio.create_task(server.serve())
            environment = {
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(ROOT),
                "OMP_NUM_THREADS": "1",
                "RECADO_PORT": str(port),
                "RECADO_DATA_DIR": str(data_dir),
                "RECADO_LOG_LEVEL": "ERROR",
                "RECADO_TURNS__SETTLE": "0.05",
                "RECADO_DELIVERY__LEASE_AFTER_START": "0.5",
                "RECADO_DELIVERY__LEASE": "5",
                "RECADO_WHATSAPP__APP_SECRET": whatsapp.app_secret.get_secret_value(),
                "RECADO_WHATSAPP__VERIFY_TOKEN": "v",
                "RECADO_WHATSAPP__ACCESS_TOKEN": whatsapp.access_token.get_secret_value(),
                "RECADO_WHATSAPP__PHONE_NUMBER_ID": whatsapp.phone_number_id,
                "RECADO_WHATSAPP__BASE_URL": f"http://127.0.0.1:{outside}",
                "RECADO_MAIL__HOST": "127.0.0.1",
                "RECADO_MAIL__PORT": str(mailbox.port),
                "RECADO_MAIL__STARTTLS": "false",
                "RECADO_MAIL__SENDER": "recado@ipe.example",
                "RECADO_COMPANY__NAME": "Ipê",
            }
            process = await asyncio.create_subprocess_exec(
                sys.executable, str(ROOT / "tests/faults/victim.py"), env=environment, cwd=tmp_path,
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
            assert process.stdout
            assert await process.stdout.readline() == b"imported\n"
            yield Scene(emulator, mailbox, Victim(process, f"http://127.0.0.1:{port}"), data_dir)
            process.kill()
            await process.wait()
            server.should_exit = True
            emulator.feed.close()
            mailbox.feed.close()
            await serving


async def test_kill_9_between_any_two_steps_loses_nothing_and_repeats_nothing(scene: Scene):
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    players = [Player(who, scene.emulator, scene.mailbox) for who in EMAILS]
    playing = [asyncio.create_task(player.play()) for player in players]
    while scene.victim.kills < CYCLES:
        pid = await scene.victim.start()
        await a_few_steps(scene.emulator, dice)
        await scene.victim.kill(pid)
        for task in playing:
            assert not task.done(), task.exception()
    for player in players:
        player.stop = True
    pid = await scene.victim.start()
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*playing)
        await scene.emulator.settled()
        await until_drained(scene.data_dir)
    await scene.victim.kill(pid)
    check(scene, players)


async def a_few_steps(emulator: Emulator, dice: random.Random) -> None:
    """Let the service live for a random number of steps, and a moment more."""
    goal = steps(emulator) + dice.randint(0, MOST_STEPS)
    with suppress(TimeoutError):
        async with asyncio.timeout(LONGEST_LIFE):
            while steps(emulator) < goal:
                await asyncio.sleep(0.002)
    await asyncio.sleep(dice.uniform(0, JITTER))


def steps(emulator: Emulator) -> int:
    """Everything that crossed the wire so far, seen from WhatsApp's side."""
    rank = {"accepted": 1, "sent": 2, "delivered": 3, "read": 4}
    return sum(rank.get(message.state, 1) for who in EMAILS for message in emulator.chat(who).messages)


async def until_drained(data_dir: Path) -> None:
    while True:
        with sqlite3.connect(f"file:{data_dir / 'recado.db'}?mode=ro", uri=True) as database:
            unread = database.execute("SELECT count(*) FROM inbox WHERE state = 'new'").fetchone()[0]
            unsent = database.execute("SELECT count(*) FROM outbox WHERE state IN ('new', 'sending')").fetchone()[0]
        database.close()
        if unread == unsent == 0:
            return
        await asyncio.sleep(0.1)


def check(scene: Scene, players: list[Player]) -> None:
    """Compare what people did and got with what the database says happened."""
    database = sqlite3.connect(scene.data_dir / "recado.db")
    rows = lambda query: database.execute(query).fetchall()  # noqa: E731
    said = [m.wamid for p in players for m in scene.emulator.chat(p.who).messages if not m.from_business]
    got = [m for p in players for m in scene.emulator.outbox(p.who)]
    kept = {wamid for (wamid,) in rows("SELECT wamid FROM inbox")}
    arrivals = Counter(message.raw.get("biz_opaque_callback_data") for message in got)
    doubled = {name: times for name, times in arrivals.items() if times > 1}
    resent = {f"ob:{entry}" for (entry,) in rows("SELECT id FROM outbox WHERE resends > 0")}
    confirmed = [name for player in players for name in player.confirmed]
    requests = rows("SELECT reference FROM desk_request")
    print(
        f"{scene.victim.kills} kills, {len(said)} messages, {len(got)} replies, {len(requests)} requests, "
        f"{len(doubled)} replies twice (all counted as re-sent: {doubled.keys() <= resent})"
    )
    assert rows("PRAGMA integrity_check") == [("ok",)]
    assert [wamid for wamid in said if wamid not in kept] == [], "lost messages"
    assert rows("SELECT count(*) FROM inbox WHERE state != 'done'") == [(0,)], "messages never answered"
    assert len(requests) == len(set(confirmed)), "one confirmed draft, one request"
    assert rows("SELECT count(*) FROM outbox WHERE kind = 'message' AND state IN ('failed', 'dead', 'held')") == [(0,)]
    assert {f"ob:{entry}" for (entry,) in rows("SELECT id FROM outbox WHERE kind = 'message'")} == set(arrivals)
    assert doubled == {}, "with status webhooks on, no reply goes out twice"
    for player in players:
        order = [int(m.raw["biz_opaque_callback_data"][3:]) for m in scene.emulator.outbox(player.who)]
        assert order == sorted(order), f"replies to {player.who} out of order"
    database.close()
