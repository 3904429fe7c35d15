"""Small named fakes of everything a turn may use, and a conversation that plays them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from graph.context import Company, Context, Topic
from graph.language.port import Answer, FieldValue, Hearing, Line, Quote, Scored, Understanding, Wish
from graph.messages import Incoming, Kind, Media, Reply
from graph.turn import Agent, Thought
from retrieval.passage import Language, Passage, Retrieval
from tools.effects import CreateRequest, EndSession, HandOff, IdentityEffect
from tools.external import ExternalSource, NoExternalSource
from tools.identity import CodeCheck, CodePlan
from tools.service_desk import (
    Category,
    Change,
    Draft,
    Employee,
    Field,
    FieldOption,
    Outage,
    Receipt,
    RequestView,
    Words,
)  # fmt: skip

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)  # a Monday
ANA = Employee(id="e1", name="Ana Souza", email="ana.souza@ipe.example")
CODE = "482913"


def alike(words: str) -> Words:
    return {"pt-BR": words, "es": words, "en": words}


FLOOR = Field(id="floor", type="number", label=alike("Andar"), question=alike("Em qual andar?"), minimum=1, maximum=20)
KIND = Field(
    id="kind", type="choice", label=alike("Problema"), question=alike("Qual é o problema?"),
    options=tuple(FieldOption(id=i, label=alike(i)) for i in ("Atolamento", "Toner", "Não imprime")),
)  # fmt: skip
DAY = Field(id="day", type="date", label=alike("Data"), question=alike("Para quando?"))
SYSTEM = Field(
    id="system", type="choice", label=alike("Sistema"), question=alike("Qual sistema?"),
    options=tuple(FieldOption(id=f"s{n}", label=alike(f"Sistema {n}")) for n in range(14)),
)  # fmt: skip
WHY = Field(id="why", type="long_text", label=alike("Motivo"), question=alike("Por que você precisa?"))
PRINTER = Category(
    id="printer", name=alike("Impressora"), description=alike("Impressoras e papel"), fields=(KIND, FLOOR), queue="TI"
)
LEAVE = Category(id="leave", name=alike("Férias"), description=alike("Pedir férias"), fields=(DAY,), queue="RH")
ACCESS = Category(
    id="access", name=alike("Acesso a sistema"), description=alike("Acessos"), fields=(SYSTEM, WHY), queue="TI"
)
SECRET = Category(id="secret", name=alike("Sigiloso"), description=alike("Sigilo"), queue="Jur", groups=("legal",))
CATALOGUE = (Category(id="it", name=alike("TI"), description=alike("TI")), PRINTER, LEAVE, ACCESS, SECRET)

RULES: tuple[tuple[str, str], ...] = (
    (r"mandar de novo", "resend_code"), (r"outro e-?mail", "change_email"),
    (r"^(sim|yes|s|isso|pode)\b", "yes"), (r"^(não|nao|no)$", "no"), (r"\b(cancelar|cancel|deixa pra lá)\b", "cancel"),
    (r"\b(voltar|back)\b", "back"), (r"na verdade|muda ", "correct"), (r"atendente|pessoa|person", "person"),
    (r"^sair$", "logout"),
    (r"apagar meus dados", "erase_data"), (r"meu chamado|meus chamados|#\d+|my request", "status"),
    (r"acrescenta|adiciona", "comment"), (r"obrigad[oa]|gracias|thanks", "thanks"),
    (r"^(oi|olá|hola|hi)\W*$", "greeting"),
    (r"tchau|bye", "farewell"), (r"^ajuda$|^help$", "help"), (r"piada|futebol", "off_topic"), (r"xyzzy", "unclear"),
    (r"abrir|chamado|quebrada|preciso|request", "request"), (r".", "ask"),
)  # fmt: skip
TOPICS = {"impressora": "printer", "printer": "printer", "férias": "leave", "acesso": "access"}


@dataclass
class ScriptedEngine:
    """Understands by a few patterns, fills by a few more, and quotes the first passage."""

    name: str = "scripted"
    calls: list[str] = field(default_factory=list)
    verdict: str = "answered"

    async def understand(self, hearing: Hearing) -> Understanding:
        self.calls.append("understand")
        language: Language = hearing.language
        if re.search(r"\b(my|the|hi|please)\b", hearing.text, re.IGNORECASE):
            language = "en"
        if re.search(r"\b(hola|gracias|mi|quiero)\b", hearing.text, re.IGNORECASE):
            language = "es"
        parts = re.split(r" e também ", hearing.text)
        return Understanding(
            wishes=tuple(map(self._wish, parts)), language=language, angry="absurdo" in hearing.text, engine=self.name
        )

    def _wish(self, text: str) -> Wish:
        intent = next(
            intent
            for pattern, intent in (*RULES, ("", "unclear"))
            if re.search(pattern, text, re.IGNORECASE | re.DOTALL)
        )
        number = re.search(r"#?(\d{4})\b", text)
        scored = [Scored(id=i, score=0.9) for word, i in TOPICS.items() if word in text.casefold()]
        scored += [Scored(id=c.id, score=0.2) for c in CATALOGUE if c.id not in {s.id for s in scored}]
        return Wish(
            intent=intent,
            confidence=0.9,
            query=text,
            categories=tuple(scored),
            number=number[1] if number else "",  # type: ignore[arg-type]
        )

    async def fill(self, fields: Sequence[Field], hearing: Hearing) -> tuple[FieldValue, ...]:
        self.calls.append("fill")
        return tuple(v for f in fields for v in self._values(f, hearing))

    def _values(self, asked: Field, hearing: Hearing) -> list[FieldValue]:
        text, found = hearing.text, None
        value: object = None
        if asked.type == "choice":
            found = next((o for o in asked.options if o.id.casefold() in text.casefold()), None)
            at = text.casefold().find(found.id.casefold()) if found else 0
            return (
                [FieldValue(field_id=asked.id, value=found.id, evidence=text[at : at + len(found.id)], confidence=0.9)]
                if found
                else []
            )
        if asked.type == "number":
            match = re.search(r"andar (?:é )?(\d+)" if hearing.asked != asked else r"(\d+)", text)
            value = int(match[1]) if match else None
        elif asked.type == "date":
            match = re.search(r"amanhã|sexta", text)
            value = (
                (hearing.now.date() + timedelta(days=1 if match[0] == "amanhã" else 4)).isoformat() if match else None
            )
        else:
            return []
        return [FieldValue(field_id=asked.id, value=value, evidence=match[0], confidence=0.9)] if match else []

    async def answer(self, question: str, passages: Sequence[Passage], language: Language) -> Answer:
        self.calls.append("answer")
        text = passages[0].text if self.verdict == "answered" else ""
        quotes = (Quote(passage_id=passages[0].id, text=text),) if text else ()
        return Answer(verdict=self.verdict, text=text, quotes=quotes, engine=self.name)  # type: ignore[arg-type]

    async def summarise(self, lines: Sequence[Line], language: Language, *, limit: int) -> str:
        self.calls.append("summarise")
        return " / ".join(line.text for line in lines)[:limit]


def passage(article: str, title: str, text: str, language: Language = "pt-BR", **more: str) -> Passage:
    return Passage(
        id=f"{article}@{language}#0", article_id=article, language=language, title=title, heading="", text=text,
        url=more.get("url", f"https://kb.ipe.example/{article}"), trust=more.get("trust", "kb"),  # type: ignore[arg-type]
    )  # fmt: skip


VPN = passage("vpn", "Como usar a VPN", "Abra o aplicativo e toque em *Conectar*.")
WIFI = passage("wifi", "Wi-Fi de visitantes: como pedir uma senha para quem visita", "Peça na recepção.")


@dataclass
class Shelf:
    """A knowledge base of two articles: "vpn" is known, "wi-fi" is near."""

    asked: list[str] = field(default_factory=list)

    async def search(
        self, question: str, language: Language, *, groups: tuple[str, ...] = (), limit: int = 5
    ) -> Retrieval:
        self.asked.append(question)
        text = question.casefold()
        if "vpn" in text:
            return Retrieval(query=question, passages=(VPN, WIFI), probability=0.9, band="answer")
        if "wi-fi" in text:
            return Retrieval(query=question, passages=(WIFI, VPN), probability=0.5, band="offer")
        return Retrieval(query=question, passages=(), probability=0.1, band="none")

    async def article(self, article_id: str, language: Language, *, groups: tuple[str, ...] = ()) -> Retrieval:
        found = tuple(p for p in (VPN, WIFI) if p.article_id == article_id)
        return Retrieval(
            query=article_id, passages=found, probability=1.0 if found else 0.0, band="answer" if found else "none"
        )


def view(number: str, title: str, status: str = "open", category: str = "access", **more: object) -> RequestView:
    return RequestView(
        number=number, title=title, category_id=category, status=status, queue="TI", created_at=NOW, updated_at=NOW,  # type: ignore[arg-type]
        first_response_due=NOW, resolution_due=NOW + timedelta(days=1), **more,  # type: ignore[arg-type]
    )  # fmt: skip


class NotHereError(Exception):
    """The graph must not write: effects are data."""


@dataclass
class PaperDesk:
    """A desk to read from; whoever writes to it has broken the rules."""

    mine: tuple[RequestView, ...] = ()
    known: tuple[Outage, ...] = ()
    categories: tuple[Category, ...] = CATALOGUE

    async def employee_by_email(self, email: str) -> Employee | None:
        return ANA if email == ANA.email else None

    async def catalogue(self) -> tuple[Category, ...]:
        return self.categories

    async def requests_of(self, employee_id: str, *, limit: int = 10) -> tuple[RequestView, ...]:
        return self.mine if employee_id == ANA.id else ()

    async def request(self, employee_id: str, number: str) -> RequestView | None:
        return next((r for r in self.mine if r.number == number and employee_id == ANA.id), None)

    async def outages(self) -> tuple[Outage, ...]:
        return self.known

    async def create(self, employee_id: str, draft: Draft, *, reference: str) -> Receipt:
        raise NotHereError

    async def comment(self, employee_id: str, number: str, text: str, *, reference: str) -> None:
        raise NotHereError

    async def attach(self, employee_id: str, number: str, file: str, *, name: str, reference: str) -> None:
        raise NotHereError

    async def close(self, employee_id: str, number: str, *, reference: str) -> None:
        raise NotHereError

    async def reopen(self, employee_id: str, number: str, reason: str, *, reference: str) -> None:
        raise NotHereError

    async def rate(self, employee_id: str, number: str, stars: int, comment: str, *, reference: str) -> None:
        raise NotHereError

    async def join_outage(self, employee_id: str, outage_id: str, *, reference: str) -> None:
        raise NotHereError

    async def changes_since(self, cursor: str, *, limit: int = 100) -> tuple[Change, ...]:
        return ()


@dataclass
class Doorman:
    """An identity gate with one code; `outcome` overrules what it would say."""

    asked: list[str] = field(default_factory=list)
    plan: str = "sent"
    outcome: str = ""
    sent: bool = False
    employee: Employee = ANA

    async def plan_code(self, conversation_id: str, email: str, language: Language) -> CodePlan:
        self.asked.append(email)
        self.sent = True
        return CodePlan(
            outcome=self.plan, wait_seconds=42, effect={"do": "issue", "email": email} if self.plan == "sent" else None
        )  # type: ignore[arg-type]

    async def check_code(self, conversation_id: str, code: str) -> CodeCheck:
        if self.outcome:
            return CodeCheck(outcome=self.outcome, tries_left=1)  # type: ignore[arg-type]
        if not self.sent:
            return CodeCheck(outcome="none")
        if code == CODE:
            return CodeCheck(outcome="right", employee=self.employee, effect={"do": "start"})
        return CodeCheck(outcome="wrong", tries_left=4, effect={"do": "count"})


@dataclass
class Phone:
    """One employee's conversation with the shipped agent: what the app would do between turns, done in memory."""

    agent: Agent
    principal: Employee | None = ANA
    engine: ScriptedEngine = field(default_factory=ScriptedEngine)
    knowledge: Shelf = field(default_factory=Shelf)
    desk: PaperDesk = field(default_factory=PaperDesk)
    identity: Doorman = field(default_factory=Doorman)
    external: ExternalSource = field(default_factory=NoExternalSource)
    company: Company = field(default_factory=lambda: Company(name="Ipê", privacy_url="https://ipe.example/p"))
    conversation_id: str = "c1"
    checkpoint: bytes | None = None
    handed_over: bool = False
    session_ended: str = ""
    last_sent: tuple[str, ...] = ()
    recent: tuple[Line, ...] = ()
    about: dict[str, str] = field(default_factory=dict)
    topic: Topic | None = None
    awaited: tuple[str, ...] = ()
    thought: Thought | None = None
    effects: list[object] = field(default_factory=list)
    count: int = 0

    def context(self) -> Context:
        return Context(
            now=NOW, conversation_id=self.conversation_id, principal=self.principal, company=self.company,
            engine=self.engine, knowledge=self.knowledge, desk=self.desk, identity=self.identity,
            external=self.external, handed_over=self.handed_over, session_ended=self.session_ended,
            last_sent=self.last_sent, recent=self.recent, about=self.about, topic=self.topic, awaited=self.awaited,
        )  # fmt: skip

    def message(self, kind: Kind, text: str = "", **more: object) -> Incoming:
        self.count += 1
        return Incoming(id=f"wamid.{self.count}", kind=kind, text=text, at=NOW, **more)  # type: ignore[arg-type]

    async def send(self, *burst: Incoming) -> str:
        """Send a burst and give what the phone shows, replies one after the other."""
        self.thought = await self.agent.think(self.checkpoint, burst, self.context())
        self.checkpoint, self.session_ended = self.thought.checkpoint, ""
        self.effects += self.thought.effects
        for effect in self.thought.effects:
            if isinstance(effect, IdentityEffect) and effect.data["do"] == "start":
                self.principal = ANA
            if isinstance(effect, EndSession):
                self.principal = None
            if isinstance(effect, HandOff):
                self.handed_over = True
        return "\n".join(map(screen, self.thought.replies))

    async def say(self, text: str) -> str:
        return await self.send(self.message("text", text))

    async def tap(self, title: str) -> str:
        """Tap the newest choice whose title starts so."""
        assert self.thought is not None
        chosen = next(c for c in reversed(choices(self.thought.replies)) if c.title.startswith(title))
        return await self.send(self.message("tap", chosen.title, payload=chosen.id))

    def payload(self, title: str) -> str:
        assert self.thought is not None
        return next(c.id for c in choices(self.thought.replies) if c.title.startswith(title))

    async def tap_payload(self, payload: str) -> str:
        return await self.send(self.message("tap", "…", payload=payload))

    async def photo(self, caption: str = "") -> str:
        return await self.send(self.message("image", caption, media=Media(id="m1", mime_type="image/jpeg")))

    def created(self) -> list[CreateRequest]:
        return [effect for effect in self.effects if isinstance(effect, CreateRequest)]


def choices(replies: Sequence[Reply]) -> list:
    return [c for reply in replies if reply.kind in ("buttons", "menu") for c in reply.choices]


def screen(reply: Reply) -> str:
    titles = [f"[{c.title}]" for c in reply.choices] if reply.kind in ("buttons", "menu") else []
    return "\n".join([reply.body, " ".join(titles)]).strip()
