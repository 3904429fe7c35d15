"""The shipped agent on a house of its own, without a network: what evaluation measures, and how it is taken there.

A stage is the company: employees, catalogue and index, read in once. A rehearsal is one conversation's world on a copy
of its database: deliveries come in as Meta's bodies, turns are those of the service, what would be sent is handed out.
"""

import asyncio
import json
import shutil
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import inbox, outbox
from app.carriers import keep_words
from app.contacts import contacts_of
from app.container import Clock, House, open_house, utc_now
from app.db.models import Conversation, InboxMessage, OutboxEntry
from app.desk.catalogue import import_company
from app.desk.embedded import EmbeddedDesk
from app.desk.history import take_news
from app.effects import Scene
from app.errors import RecadoError
from app.identity.codes import CodeGate
from app.identity.employees import employee_by_email, import_employees
from app.identity.keys import open_keys
from app.identity.mail import CodeMail, open_code_mail
from app.identity.sessions import start_session
from app.inbox import Inbox
from app.knowledge.articles import put_all
from app.knowledge.indexing import index_articles
from app.knowledge.thresholds import default_thresholds, take_up
from app.mailboxes import Mailbox
from app.mind import Faculties, open_faculties, scene
from app.news import carry
from app.settings import Settings
from app.thinking.listening import Heard
from app.thinking.patience import Patience
from app.turns import TurnDesk, Turns
from app.wakeups import mailbox_key
from app.whatsapp.payload import Message, read
from graph.context import Context
from graph.turn import Thought
from retrieval.articles import Entry, read_folder
from retrieval.knowledge import KnowledgeBase
from retrieval.passage import Article, Language, Retrieval
from retrieval.revision import FOLDER, pointed, read_manifest
from tools.service_desk import Category, Employee, Outage, RequestView

NEVER = timedelta(days=365)  # nobody is asked for patience while an evaluation thinks
WINDOW = timedelta(hours=24)  # Meta's, for words of the company


class TurnFailedError(RecadoError):
    """A turn of the product could not be thought: its messages are parked."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One message an employee got: its outbox id, whose conversation, the Cloud API's object."""

    entry_id: int
    conversation_id: int
    message: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Happened:
    """One turn: when, what it came to, what was searched, and which READs of the desk it made."""

    at: datetime
    thought: Thought
    searches: tuple[Retrieval, ...]
    reads: tuple[str, ...]
    principal: str = ""  # the employee they were proven to be when they wrote


@dataclass(frozen=True, slots=True)
class Stage:
    """A company ready to be rehearsed: its open house and what thinks in it."""

    house: House
    faculties: Faculties

    @property
    def index_revision(self) -> str:
        """The revision of the knowledge index in use."""
        return self.faculties.knowledge.revision

    @property
    def index(self) -> tuple[str, str]:
        """What the index is made of, and the model that embedded it; ("", "") without an index."""
        folder = pointed(self.house.data_dir / FOLDER)
        if folder is None:
            return "", ""
        manifest = read_manifest(folder)
        return manifest.corpus, manifest.embedder

    @property
    def model_trouble(self) -> str:
        """Why a language model is left alone just now; "" while all are asked."""
        return next((p.breaker.reason for p in self.faculties.engines.providers if p.breaker.open), "")

    @asynccontextmanager
    async def rehearse(self, folder: Path, clock: Clock) -> AsyncIterator["Rehearsal"]:
        """A world of its own in an empty `folder`, as the company stands before the first word."""
        await asyncio.to_thread(self._copy, folder)
        settings = self.house.settings.model_copy(update={"data_dir": folder})
        async with open_house(settings, clock=clock) as house:
            yield Rehearsal(house, self.faculties)

    def _copy(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        source = self.house.data_dir
        shutil.copy(source / "before.db", folder / "recado.db")
        if (source / "keys").is_dir():
            shutil.copytree(source / "keys", folder / "keys", dirs_exist_ok=True)


@asynccontextmanager
async def open_stage(
    settings: Settings, company: Path, *, more: Sequence[Article] = (), clock: Clock = utc_now
) -> AsyncIterator[Stage]:
    """Read a company's folder and index its articles, and `more` of them, below `settings.data_dir`.

    What is there already from an earlier run is used again, as far as it is the same.
    """
    async with open_house(settings, clock=clock) as house:
        now = house.clock()
        found = await asyncio.to_thread(read_folder, company / "articles")
        every = {article.key: Entry(article) for article in (*found.articles.values(), *more)}

        def take_in(session: Session) -> None:
            import_employees(session, company / "employees.csv", now=now)
            import_company(session, company, now=now)
            put_all(session, "rehearsal", every.values(), now)

        await house.database.write(take_in)
        await index_articles(house.database, house.data_dir)
        await asyncio.to_thread(_save, house.data_dir)
        faculties = await asyncio.to_thread(open_faculties, house)
        try:
            await asyncio.to_thread(faculties.embedded.warm, await faculties.desk.catalogue())
            await take_up(house.database, faculties.knowledge, default_thresholds(settings.knowledge))
            yield Stage(house, faculties)
        finally:
            await faculties.engines.close()
            await asyncio.to_thread(faculties.knowledge.close)


def _save(data_dir: Path) -> None:
    """A copy of the database as it is now, for every rehearsal to begin with."""
    file = data_dir / "before.db"
    file.unlink(missing_ok=True)
    with closing(sqlite3.connect(data_dir / "recado.db")) as database, closing(sqlite3.connect(file)) as copy:
        database.backup(copy)


class Rehearsal:
    """One world. `happened` has its turns in order."""

    def __init__(self, house: House, faculties: Faculties) -> None:
        self.house = house
        self.happened: list[Happened] = []
        self._reads: list[str] = []
        self._searches: list[Retrieval] = []
        self._desk = _NotingDesk(house, self._reads)
        self._knowledge = _NotingKnowledge(faculties.knowledge, self._searches)
        self._keys = open_keys(house.settings.data_dir, house.settings.identity.pepper)
        gate = CodeGate(house.database, house.settings.identity, self._keys, house.clock)
        self._faculties = replace(faculties, desk=self._desk, gate=gate)
        self._inbox = Inbox(house.database, house.clock)
        settings = house.settings.turns.model_copy(update={"settle": timedelta(0), "tries": 1, "patience": NEVER})
        self._turns = Turns(
            TurnDesk(
                database=house.database,
                agent=faculties.agent,
                context_for=self._context,
                scene_for=self._scene,
                show_typing=lambda _: None,
                clock=house.clock,
                settings=settings,
                identity=house.settings.identity,
                patience=Patience(house.database, lambda _: None, house.clock, NEVER),
            )
        )

    async def know(self, body: dict[str, Any], email: str, language: Language, *, verified: bool) -> None:
        """Let the sender of a message be known from before, and verified as the employee with this address."""
        delivery, now = read(json.dumps(body).encode(), now=self.house.clock()), self.house.clock()
        items = [item for item in delivery.items if isinstance(item, Message)]

        def meet(session: Session) -> None:
            known = contacts_of(session, items, now)[0]
            contact = session.get_one(Conversation, known.id)
            contact.language, contact.last_inbound_at = language, now
            employee = employee_by_email(session, email) if verified else None
            if employee is not None:
                start_session(session, str(contact.id), employee.id, bound_to=contact.bound_to, now=now)

        await self.house.database.write(meet)

    async def hear(self, *bodies: dict[str, Any], heard: Mapping[str, str] | None = None) -> None:
        """Take Meta's bodies in, then think about everything unread; raises TurnFailedError.

        `heard`: by the wamid of a voice note or picture, the words that a model would have made of it.
        """
        for body in bodies:
            await self._inbox.accept(read(json.dumps(body).encode(), now=self.house.clock()))
        for wamid, words in (heard or {}).items():
            made, now = Heard(words), self.house.clock()
            await self.house.database.write(lambda s, w=wamid, m=made, n=now: keep_words(s, w, m, n))  # type: ignore[misc]
        for conversation_id in await self.house.database.read(inbox.waiting):
            while await self._turns.handle(mailbox_key(conversation_id)) is not None:
                pass
        parked = select(InboxMessage.seq).where(InboxMessage.state == "dead")
        if await self.house.database.read(lambda s: s.scalar(parked)) is not None:
            raise TurnFailedError("a turn failed and its messages were parked")

    async def tell_news(self) -> None:
        """Carry what agents did to whom it concerns."""
        now = self.house.clock()
        while await self.house.database.write(lambda s: carry(s, now)):
            pass

    async def forget_news(self) -> None:
        """What has happened until now is told to nobody: it was before the first word."""
        now = self.house.clock()
        while await self.house.database.write(lambda s: take_news(s, now)):
            pass

    async def catalogue(self) -> tuple[Category, ...]:
        """The desk's categories."""
        return await EmbeddedDesk(self.house.database, self.house.clock).catalogue()

    async def owners(self) -> dict[int, tuple[str, str]]:
        """Whose each conversation is: BSUID and number."""
        rows = select(Conversation.id, Conversation.bsuid, Conversation.wa_id)
        return {
            row.id: (row.bsuid, row.wa_id) for row in await self.house.database.read(lambda s: s.execute(rows).all())
        }

    async def take_messages(self) -> list[Sent]:
        """What goes out now, oldest first; after 24 hours without a word of theirs it is held, as it would be."""
        now = self.house.clock()
        return await self.house.database.write(lambda s: _take_messages(s, now))

    async def take_mails(self) -> list[CodeMail]:
        """The mails that go out now."""
        bodies = await self.house.database.write(_take_mails)
        return [open_code_mail(body, self._keys) for body in bodies]

    def _context(self, mailbox: Mailbox, now: datetime) -> Context:
        self._reads.clear()
        self._searches.clear()
        return replace(self._faculties.context(mailbox, now), knowledge=self._knowledge)

    def _scene(self, mailbox: Mailbox, thought: Thought, now: datetime) -> Scene:
        principal = mailbox.principal.id if mailbox.principal else ""
        self.happened.append(Happened(now, thought, tuple(self._searches), tuple(self._reads), principal))
        return scene(self.house, mailbox, thought, now)


class _NotingDesk(EmbeddedDesk):
    """The embedded desk; which of it was read is noted."""

    def __init__(self, house: House, reads: list[str]) -> None:
        super().__init__(house.database, house.clock)
        self._reads = reads

    async def employee_by_email(self, email: str) -> Employee | None:
        self._reads.append("employee_by_email")
        return await super().employee_by_email(email)

    async def catalogue(self) -> tuple[Category, ...]:
        self._reads.append("catalogue")
        return await super().catalogue()

    async def requests_of(self, employee_id: str, *, limit: int = 10) -> tuple[RequestView, ...]:
        self._reads.append("requests_of")
        return await super().requests_of(employee_id, limit=limit)

    async def request(self, employee_id: str, number: str) -> RequestView | None:
        self._reads.append("request")
        return await super().request(employee_id, number)

    async def outages(self) -> tuple[Outage, ...]:
        self._reads.append("outages")
        return await super().outages()


class _NotingKnowledge:
    """The knowledge base; what was found is noted."""

    def __init__(self, knowledge: KnowledgeBase, searches: list[Retrieval]) -> None:
        self._knowledge, self._searches = knowledge, searches

    async def search(
        self, question: str, language: Language, *, groups: tuple[str, ...] = (), limit: int = 5
    ) -> Retrieval:
        found = await self._knowledge.search(question, language, groups=groups, limit=limit)
        self._searches.append(found)
        return found

    async def article(self, article_id: str, language: Language, *, groups: tuple[str, ...] = ()) -> Retrieval:
        found = await self._knowledge.article(article_id, language, groups=groups)
        self._searches.append(found)
        return found


def _take_messages(session: Session, now: datetime) -> list[Sent]:
    taken = []
    for entry in _waiting(session, "message"):
        contact = session.get_one(Conversation, entry.conversation_id)
        if contact.last_inbound_at is None or now - contact.last_inbound_at > WINDOW:
            outbox.end(session, entry.id, state="held", error="24 hours are over")
            continue
        entry.state, entry.wamid = "sent", f"wamid.sent{entry.id}"
        taken.append(Sent(entry.id, entry.conversation_id, dict(entry.body)))
    return taken


def _take_mails(session: Session) -> list[dict[str, Any]]:
    bodies = []
    for entry in _waiting(session, "mail"):
        bodies.append(dict(entry.body))
        entry.state, entry.body = "sent", {}
    return bodies


def _waiting(session: Session, kind: str) -> Sequence[OutboxEntry]:
    wanted = select(OutboxEntry).where(OutboxEntry.kind == kind, OutboxEntry.state == "new").order_by(OutboxEntry.id)
    return session.scalars(wanted).all()
