"""What thinks and what delivers, put together: the heavy half of the house."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.carriers import MailCarrier, carriers
from app.container import House
from app.delivery import Carrier, Delivery, Rules
from app.desk.embedded import EmbeddedDesk
from app.effects import Scene
from app.identity.clock import SteadyClock
from app.identity.codes import CodeGate
from app.identity.keys import open_keys
from app.identity.mail import CodeMailer
from app.identity.smtp import MailSender
from app.knowledge.copies import PrivateCopy
from app.knowledge.embedding import embedder_for_search
from app.knowledge.lookout import hide_what_goes
from app.knowledge.thresholds import default_thresholds, follow, take_up
from app.mailboxes import Mailbox
from app.memory import give_back
from app.outside import open_outside
from app.rates import OwnRates, SharedRates
from app.request_mail import CommentMailCarrier
from app.settings import Settings
from app.thinking.engines import Engines
from app.thinking.listening import Listener
from app.thinking.patience import Patience
from app.tracing import TRACES
from app.turns import TurnDesk, Turns
from app.watched import WatchedKnowledge, in_a_span
from app.whatsapp.client import CloudApi
from app.whatsapp.errors import SendError
from app.window import Knock
from graph.context import Company, Context
from graph.language.ledger import Ledger
from graph.language.offline.engine import OfflineEngine
from graph.turn import Agent, Thought
from prompts import texts
from retrieval.embedder import ModelUnusableError, Remembering, load_embedder
from retrieval.knowledge import KnowledgeBase
from retrieval.revision import FOLDER
from retrieval.vector_cache import kept_in
from tools.external.sources import OutsideSources
from tools.identity import IdentityGate

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Faculties:
    """What every turn thinks with."""

    agent: Agent
    embedded: OfflineEngine
    engines: Engines
    knowledge: KnowledgeBase
    desk: EmbeddedDesk
    gate: IdentityGate
    company: Company
    outside: OutsideSources

    def context(self, mailbox: Mailbox, now: datetime) -> Context:
        """One turn's world."""
        ledger, waited = Ledger(), max(now - mailbox.burst[-1].received_at, timedelta(0))
        return Context(
            now=now,
            conversation_id=str(mailbox.conversation_id),
            principal=mailbox.principal,
            company=self.company,
            engine=self.engines.for_turn(ledger, spent_today=mailbox.spent_today, waited=waited),
            ledger=ledger,
            knowledge=WatchedKnowledge(self.knowledge),
            desk=self.desk,
            identity=self.gate,
            external=self.outside,
            handed_over=mailbox.handed_over,
            session_ended=mailbox.session_ended,
            profile_name=mailbox.profile_name,
            recent=mailbox.recent,
            last_sent=mailbox.last_sent,
            about=mailbox.about,
            topic=mailbox.topic,
            awaited=mailbox.awaited,
        )


@dataclass(frozen=True, slots=True)
class Mind:
    """Turns and delivery on an open house."""

    house: House
    faculties: Faculties
    turns: Turns
    delivery: Delivery
    api: CloudApi
    copy: PrivateCopy | None  # of the index in the store, when it is kept there
    following: asyncio.Task[None]
    looking: asyncio.Task[None]  # at the thresholds
    listener: Listener
    introducing: asyncio.Task[None]

    @property
    def language_state(self) -> str:
        """Each model and how it does, for health."""
        return self.faculties.engines.state

    @property
    def outside_state(self) -> str:
        """Each source outside and how it does, for health."""
        return self.faculties.outside.state

    @property
    def knowledge_state(self) -> str:
        """The index revision in use and what keeps a newer one away, for health."""
        said = (self.faculties.knowledge.state, self.copy.trouble if self.copy else "")
        return " · ".join(part for part in said if part)

    async def close(self) -> None:
        """Let go of connections and the index."""
        tasks = self.following, self.looking, self.introducing
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.api.close()
        await self.listener.close()
        await self.faculties.engines.close()
        await self.faculties.outside.close()
        await asyncio.to_thread(self.faculties.knowledge.close)


def open_faculties(house: House) -> Faculties:
    """Load models and index; seconds of work, to be run in a thread."""
    settings = house.settings
    embedder = _embedder(house)
    embedded = _offline(house, embedder)
    searching = embedder_for_search(settings.embeddings, embedder)
    knowledge = KnowledgeBase.open(house.data_dir / FOLDER, searching, strict=False)
    return Faculties(
        agent=Agent(around=in_a_span if TRACES.on else None),
        embedded=embedded,
        engines=Engines.of(settings.llm, embedded, lambda: knowledge.languages),
        knowledge=knowledge,
        desk=EmbeddedDesk(house.database, house.clock),
        gate=CodeGate(
            house.database, settings.identity, open_keys(settings.data_dir, settings.identity.pepper), house.clock
        ),
        company=company_of(settings),
        outside=open_outside(settings),
    )


def _offline(house: House, embedder: Remembering | None) -> OfflineEngine:
    """The embedded engine; what the catalogue says is embedded once, not at every start."""
    if embedder is None:
        return OfflineEngine()
    return OfflineEngine(embedder.embed, kept_in(house.data_dir / FOLDER / "catalogue.db", embedder))


def _embedder(house: House) -> Remembering | None:
    """The embedding model; a damaged one is done without, searching by words."""
    try:
        model = load_embedder(house.settings.data_dir / FOLDER)  # one file, mapped by all of a machine
    except ModelUnusableError as error:
        log.error("%s Searching by words only.", error)  # noqa: TRY400 -- the sentence says it all
        return None
    return Remembering(model) if model else None


def company_of(settings: Settings) -> Company:
    """The house replies speak for."""
    company = settings.company
    return Company(
        name=company.name,
        assistant=company.assistant,
        privacy_url=company.privacy_url,
        privacy_version=company.privacy_version,
        default_language=company.default_language,
        link_hosts=company.link_hosts,
        outside_domains=settings.external.domains,
    )


async def open_mind(house: House) -> Mind:
    """Everything that needs models, index and network."""
    faculties = await asyncio.to_thread(open_faculties, house)
    await asyncio.to_thread(faculties.embedded.warm, await faculties.desk.catalogue())
    settings = house.settings
    copy = await private_copy(house, faculties.knowledge)
    api = CloudApi(settings.whatsapp)
    keys = open_keys(settings.data_dir, settings.identity.pepper)
    sender = MailSender(settings.mail)
    codes = MailCarrier(house, CodeMailer(sender, keys, company=settings.company.name))
    mails: dict[str, Carrier] = {"mail": codes, "comment_mail": CommentMailCarrier(house, sender)}
    listener, typing = Listener(settings), TypingIndicator(api)
    clock = SteadyClock(house.clock).now  # set back, it must not put every pause of every lane off by as much
    limit = settings.whatsapp.messages_per_second
    rates = SharedRates(house.database, limit, clock) if house.database.is_shared else OwnRates(limit, clock)
    rules = Rules(settings.whatsapp.phone_number_id, settings.delivery.lease, Knock.of(settings))
    delivery = Delivery(house.database, clock, carriers(house, api, mails, listener), rates, rules)
    turns = Turns(
        TurnDesk(
            database=house.database,
            agent=faculties.agent,
            context_for=faculties.context,
            scene_for=lambda mailbox, thought, now: scene(house, mailbox, thought, now),
            show_typing=typing.show,
            clock=house.clock,
            settings=settings.turns,
            identity=settings.identity,
            patience=Patience(house.database, typing.show, house.clock, settings.turns.patience),
            listens_to=listener.kinds,
        )
    )
    default, every = default_thresholds(settings.knowledge), settings.knowledge.look_every
    await take_up(house.database, faculties.knowledge, default)
    looking = asyncio.create_task(follow(house.database, faculties.knowledge, default, every), name="thresholds")
    watch = copy.follow(every) if copy else hide_what_goes(house.database, house.data_dir / FOLDER, every)
    following = asyncio.create_task(watch, name="index")
    await asyncio.to_thread(give_back)
    introducing = asyncio.create_task(faculties.engines.introduce(), name="introduce models")
    return Mind(house, faculties, turns, delivery, api, copy, following, looking, listener, introducing)


async def private_copy(house: House, knowledge: KnowledgeBase) -> PrivateCopy | None:
    """The keeper of this worker's copy, when the index is kept in the store."""
    if not house.shares_index:
        return None
    copy = PrivateCopy(house.database, house.data_dir / FOLDER, knowledge)
    await copy.begin()
    return copy


def scene(house: House, mailbox: Mailbox, thought: Thought, now: datetime) -> Scene:
    """Where a thought's effects take place."""
    return Scene(
        conversation_id=mailbox.conversation_id,
        version=mailbox.version + 1,
        bound_to=mailbox.bound_to,
        principal=mailbox.principal,
        language=thought.language,
        now=now,
        prompts=prompts_of(thought),
        identity=house.settings.identity,
        trace=TRACES.current(),
    )


def prompts_of(thought: Thought) -> str:
    """What the employee was told from and what the model was told, `name@version+sha` each."""
    told = [f"{name}@{version}" for name, version in texts.versions().items() if thought.language in name]
    return " ".join([*told, *dict.fromkeys(f"model/{call.prompt}" for call in thought.calls if call.prompt)])


class TypingIndicator:
    """Blue ticks and "typing…" while a turn is thought about: a courtesy, its failure is nobody's trouble."""

    def __init__(self, api: CloudApi) -> None:
        self._api = api
        self._tasks: set[asyncio.Task[None]] = set()

    def show(self, wamid: str) -> None:
        """Show it for the newest message of a conversation."""
        task = asyncio.create_task(self._show(wamid), name="typing")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _show(self, wamid: str) -> None:
        try:
            await self._api.mark_read(wamid, typing=True)
        except SendError as error:
            log.info("no typing indicator: %s", error.reason)
