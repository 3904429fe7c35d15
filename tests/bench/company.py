"""A data directory with the demo company and people who have proved who they are, made once for a whole bench."""

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.container import House, open_house
from app.db.models import InboxMessage
from app.demo.load import load_company, load_knowledge
from app.demo.run import demo_settings
from app.identity.models import EmployeeRow, VerifiedSession
from app.inbox import Inbox
from app.settings import DatabaseSettings, Settings
from app.whatsapp.payload import read
from retrieval.revision import FOLDER
from tests.bench.load import text_message, webhook_body
from tests.stores import postgres_database, postgres_trouble

LINES = (  # what everybody says, in words alone, so that whoever knows no buttons can take part
    "oi, bom dia",
    "minha vpn dá erro 809 aqui em casa",
    "obrigado!",
    "quantos dias de férias eu posso vender?",
    "preciso que abram um chamado: meu crachá não abre a porta",
    "São Paulo",
    "sim",
    "como eu troco a senha do wifi?",
    "e o meu chamado?",
    "cadê meu holerite desse mês?",
    "quem ganhou o jogo ontem?",
    "tchau",
)


def number(person: int) -> str:
    """A Brazilian mobile."""
    return f"55119{person:08d}"


@dataclass(frozen=True, slots=True)
class Founded:
    """What everything starts from: the company on SQLite, and on PostgreSQL for several processes (`shared`)."""

    settings: Settings
    shared: Settings | None
    people: int


@contextmanager
def founded(folder: Path, people: int) -> Iterator[Founded]:
    """The company with `people` verified phones, on PostgreSQL too where a server answers."""
    settings = demo_settings().model_copy(update={"data_dir": folder / "alone"})
    asyncio.run(found(settings, people))
    if postgres_trouble():
        yield Founded(settings, None, people)
        return
    with postgres_database() as url:
        shared = settings.model_copy(update={"data_dir": folder / "shared", "database": DatabaseSettings(url=url)})
        known = settings.data_dir / FOLDER  # texts are embedded once; workers fetch their copies from the store
        shutil.copytree(known, shared.data_dir / "process-1" / FOLDER)
        asyncio.run(found(shared, people))
        yield Founded(settings, shared, people)


async def found(settings: Settings, people: int) -> None:
    """Load the company, index its articles, verify `people` phones."""
    async with open_house(settings, migrate=True) as house:
        await load_company(house)
        await load_knowledge(house)
        await verify(house, people)


async def verify(house: House, people: int) -> None:
    """Conversations 1 to `people`, as they are after a code was typed."""
    ours = house.settings.whatsapp.phone_number_id
    hellos = [text_message(number(person), "oi") for person in range(people)]
    inbox = Inbox(house.database, house.clock)
    await inbox.accept(read(webhook_body(ours, *hellos)))
    now = house.clock()

    def prove(session: Session) -> None:
        session.execute(delete(InboxMessage))
        for person in range(people):
            employee_id = f"B{person}"
            session.add(EmployeeRow(id=employee_id, name="Ana Prado", email=f"ana{person}@ipe.example"))
            session.flush()
            session.add(
                VerifiedSession(
                    conversation_id=str(person + 1),
                    employee_id=employee_id,
                    bound_to=number(person),
                    started_at=now,
                    last_seen_at=now,
                )
            )

    await house.database.write(prove)
