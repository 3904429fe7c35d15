"""What one turn may use and know: handed to the graph, never stored with its state."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from graph.language.ledger import Ledger
from graph.language.port import LanguageEngine, Line
from retrieval.passage import Language, Retrieval
from tools.external import ExternalSource
from tools.identity import IdentityGate
from tools.service_desk import Employee, ServiceDesk


class Knowledge(Protocol):
    """The knowledge base as a turn sees it (`retrieval.knowledge.KnowledgeBase`, or none yet)."""

    async def search(
        self, question: str, language: Language, *, groups: tuple[str, ...] = (), limit: int = 5
    ) -> Retrieval:
        """Passages this reader may see, best first, and whether one applies."""
        ...

    async def article(self, article_id: str, language: Language, *, groups: tuple[str, ...] = ()) -> Retrieval:
        """All passages of one article in the language nearest to the wanted one; empty when gone or forbidden."""
        ...


@dataclass(frozen=True, slots=True)
class Company:
    """What replies may say about the house they speak for."""

    name: str
    assistant: str = "Recado"
    privacy_url: str = ""
    privacy_version: str = "1"
    default_language: Language = "pt-BR"
    link_hosts: tuple[str, ...] = ()  # hosts that a reply may link to; empty = only hosts of articles
    outside_domains: tuple[str, ...] = ()  # of sources outside: their page may stand beneath an answer taken from it


@dataclass(frozen=True, slots=True)
class Topic:
    """The open request that the last thing said to them is about; `asked`: an agent's word, which awaits an answer."""

    number: str
    category_id: str
    asked: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """One turn's world. `now` is aware UTC; `principal` comes from the verified session, never from words."""

    now: datetime
    conversation_id: str
    principal: Employee | None
    company: Company
    engine: LanguageEngine
    knowledge: Knowledge
    desk: ServiceDesk
    identity: IdentityGate
    external: ExternalSource
    handed_over: bool = False  # a person answers: the bot is silent
    session_ended: str = ""  # why the last session is over: "idle", "age", "number_changed", …; once
    profile_name: str = ""  # what WhatsApp calls them: untrusted, for a greeting only
    recent: tuple[Line, ...] = field(default=())
    ledger: Ledger = field(default_factory=Ledger)  # what the engine spends in this turn
    about: Mapping[str, str] = field(default_factory=dict)  # wamid of ours that is quoted -> number of its request
    topic: Topic | None = None  # what the last thing said to them is about, if that is an open request
    awaited: tuple[str, ...] = ()  # numbers of open requests in which an agent had the last word
    last_sent: tuple[str, ...] = ()  # wamids of the last replies: a reaction to an older one answers no question
