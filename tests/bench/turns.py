"""Turns: where the time of one goes, stage by stage, and what it leaves in the database.

The steps are those of `app.turns`, taken one after the other on the demo company with nothing else going on; delivery
is its bookkeeping (claim, settle) with a carrier that does nothing.
"""

import shutil
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from app import outbox
from app.container import House, open_house
from app.inbox import Inbox
from app.mailboxes import load
from app.mind import Mind, open_mind, scene
from app.outbox import Claim
from app.settings import Settings
from app.turns import commit
from app.whatsapp.payload import read
from graph.messages import Buttons, Menu, Reply
from graph.turn import Thought
from tests.bench.company import number
from tests.bench.load import message_of, text_message, webhook_body

SCRIPT = (
    "oi, bom dia",
    "minha vpn dá erro 809 aqui em casa",
    "obrigado!",
    "quantos dias de férias eu posso vender?",
    "preciso que abram um chamado: meu crachá não abre a porta",
    ("Abrir chamado", "Abrir um novo", "Sim, abrir", "Prédio e crachá"),
    "hoje às 10h, em São Paulo",
    "como eu troco a senha do wifi?",
    "IPE-20417",
    ("Confirmar",),
    ("Confirmar",),
    "e o meu chamado?",
    "quem ganhou o jogo ontem?",
    "my mailbox says it's full and I can't send anything",
    "cadê meu holerite desse mês?",
    "tchau",
)
OUT = ("Falar com alguém", "Cancelar", "Corrigir")


@dataclass
class Figures:
    """Milliseconds by stage, one for each turn; bytes."""

    stages: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    turns: int = 0
    intents: set[str] = field(default_factory=set)
    replies: int = 0
    bytes_before: int = 0
    bytes_after: int = 0
    tables: dict[str, int] = field(default_factory=dict)  # bytes each grew by
    checkpoints: list[int] = field(default_factory=list)


class Timed:
    """Anything whose asynchronous methods are timed under names."""

    def __init__(self, inner: Any, names: dict[str, str], spent: dict[str, float]) -> None:
        self._inner, self._names, self._spent = inner, names, spent

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        return self._timed(found, self._names[name]) if name in self._names else found

    def _timed(self, method: Callable[..., Awaitable[Any]], stage: str) -> Callable[..., Awaitable[Any]]:
        async def timed(*arguments: Any, **options: Any) -> Any:
            with stopwatch(self._spent, stage):
                return await method(*arguments, **options)

        return timed


@contextmanager
def stopwatch(spent: dict[str, float], stage: str) -> Iterator[None]:
    started = time.perf_counter()
    try:
        yield
    finally:
        spent[stage] = spent.get(stage, 0.0) + (time.perf_counter() - started) * 1000


class Bench:
    """Takes turns on an open house and keeps the figures."""

    def __init__(self, house: House, mind: Mind) -> None:
        self.house, self.mind, self.figures = house, mind, Figures()
        self._inbox = Inbox(house.database, house.clock)

    async def converse(self, person: int) -> None:
        """One person's whole dialogue."""
        replies: tuple[Reply, ...] = ()
        for step in SCRIPT:
            message = text_message(number(person), step) if isinstance(step, str) else tapped(person, replies, step)
            await self._inbox.accept(read(webhook_body(self.house.settings.whatsapp.phone_number_id, message)))
            replies = (await self.turn(person + 1)).replies

    async def turn(self, conversation_id: int) -> Thought:
        """As `app.turns` takes it."""
        house, spent = self.house, dict[str, float]()
        now = house.clock()
        with stopwatch(spent, "load"):
            mailbox = await house.database.read(lambda s: load(s, conversation_id, now, house.settings.identity))
        assert mailbox is not None
        context = self.mind.faculties.context(mailbox, now)
        engine = Timed(context.engine, {"understand": "understand", "fill": "fill", "answer": "answer"}, spent)
        knowledge = Timed(context.knowledge, {"search": "retrieve", "article": "retrieve"}, spent)
        context = replace(context, engine=engine, knowledge=knowledge)
        with stopwatch(spent, "think"):
            burst = [unread.incoming for unread in mailbox.burst]
            thought = await self.mind.faculties.agent.think(mailbox.checkpoint, burst, context)
        with stopwatch(spent, "commit"):
            place = scene(house, mailbox, thought, now)
            await house.database.write(lambda s: commit(s, mailbox, thought, place, {"think": spent["think"]}))
        self._note(spent, thought)
        with stopwatch(spent, "delivery"):
            for kind in ("message", "mail"):
                await self._deliver(f"{outbox.LANES[kind]}{conversation_id}")
        self.figures.stages["delivery"].append(spent.get("delivery", 0.0))
        return thought

    def _note(self, spent: dict[str, float], thought: Thought) -> None:
        figures = self.figures
        spent["turn"] = spent["load"] + spent["think"] + spent["commit"]
        inside = sum(spent.get(stage, 0.0) for stage in ("understand", "fill", "retrieve", "answer"))
        spent["graph"] = spent["think"] - inside
        for stage in ("load", "think", "understand", "fill", "retrieve", "answer", "graph", "commit", "turn"):
            figures.stages[stage].append(spent.get(stage, 0.0))
        figures.turns += 1
        figures.replies += len(thought.replies)
        figures.intents.update(thought.intents)
        figures.checkpoints.append(len(thought.checkpoint))

    async def _deliver(self, lane: str) -> None:
        database, lease = self.house.database, timedelta(seconds=30)
        while True:
            now = self.house.clock()
            claimed = await database.write(lambda s: outbox.claim(s, lane, now, lease))  # noqa: B023 -- awaited
            if not isinstance(claimed, Claim):
                return
            wamid = f"wamid.{'x' * 50}{claimed.id}"  # as long as Meta's
            await database.write(lambda s: outbox.settle(s, claimed.id, wamid=wamid))  # noqa: B023 -- awaited

    async def size(self) -> int:
        """Bytes of the database."""
        return await self.house.database.read(
            lambda s: int(s.scalar(text("PRAGMA page_count")) * s.scalar(text("PRAGMA page_size")))
        )

    async def by_table(self) -> dict[str, int]:
        """Bytes of content by table with its indexes; empty where SQLite was built without dbstat."""
        query = "SELECT m.tbl_name, sum(d.payload) FROM dbstat d JOIN sqlite_master m USING (name) GROUP BY m.tbl_name"
        has = "SELECT count(*) FROM pragma_module_list WHERE name = 'dbstat'"
        return await self.house.database.read(
            lambda s: dict(row.tuple() for row in s.execute(text(query))) if s.scalar(text(has)) else {}
        )


def tapped(person: int, replies: tuple[Reply, ...], wanted: tuple[str, ...]) -> dict[str, Any]:
    """A tap on the wanted button, else on the first that is no way out, else a word."""
    choices = [choice for reply in replies if isinstance(reply, Buttons | Menu) for choice in reply.choices]
    best = [choice for choice in choices if choice.title in wanted]
    best += [choice for choice in choices if choice.title not in OUT]
    if not best:
        return text_message(number(person), "sim")
    reply = {"type": "button_reply", "button_reply": {"id": best[0].id, "title": best[0].title}}
    return message_of(number(person), "interactive", reply)


async def measure(founded: Settings, folder: Path, people: int) -> Figures:
    """The script, by each of `people`; the first of them warms up and is not counted."""
    shutil.copytree(founded.data_dir, folder / "turns")
    async with open_house(founded.model_copy(update={"data_dir": folder / "turns"})) as house:
        mind = await open_mind(house)
        bench = Bench(house, mind)
        await bench.converse(0)
        bench.figures = Figures(bytes_before=await bench.size())
        before = await bench.by_table()
        for person in range(1, people):
            await bench.converse(person)
        bench.figures.bytes_after = await bench.size()
        bench.figures.tables = {name: size - before.get(name, 0) for name, size in (await bench.by_table()).items()}
        await mind.close()
        return bench.figures
