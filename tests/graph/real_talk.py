"""The demo company's employees before the shipped engine: a phone whose effects really happen, on a desk in memory."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path

import app.demo
from app.desk.company_files import read_company
from graph.announce import Outcome, announce
from graph.context import Context
from graph.language.offline.engine import OfflineEngine
from graph.language.port import Line
from graph.messages import Incoming
from tests.graph.people_and_parts import ANA, NOW, Doorman, Phone, screen
from tools.effects import (
    CloseRequest,
    CommentRequest,
    CreateRequest,
    Effect,
    EndSession,
    HandBack,
    HandOff,
    IdentityEffect,
    JoinOutage,
    RateRequest,
    ReopenRequest,
)
from tools.memory_desk import MemoryDesk
from tools.service_desk import DeskRefusedError, Employee

COMPANY = Path(app.demo.__file__).parent / "company"


@cache
def categories():
    return read_company(COMPANY).categories


@cache
def engine() -> OfflineEngine:
    made = OfflineEngine()
    made.warm(categories())
    return made


def desk() -> MemoryDesk:
    return MemoryDesk([ANA], categories(), lambda: NOW)


@dataclass
class Talk(Phone):
    """A conversation as the app plays it: effects are carried out, announced first, and the transcript is kept."""

    engine: object = field(default_factory=engine)
    desk: object = field(default_factory=desk)
    identity: Doorman = field(default_factory=Doorman)
    known_as: Employee = ANA
    now: datetime = NOW
    lines: list[Line] = field(default_factory=list)
    shown: list = field(default_factory=list)

    def context(self) -> Context:
        return replace(super().context(), now=self.now, recent=tuple(self.lines[-12:]))

    async def send(self, *burst: Incoming) -> str:
        self.thought = await self.agent.think(self.checkpoint, burst, self.context())
        self.checkpoint, self.session_ended = self.thought.checkpoint, ""
        told = [reply for effect in self.thought.effects for reply in await self._apply(effect)]
        self.shown += (replies := [*told, *self.thought.replies])
        self.lines += [Line(by="employee", text=message.text) for message in burst]
        self.lines += [Line(by="bot", text=reply.body) for reply in replies]
        return "\n".join(map(screen, replies))

    async def play(self, line: str) -> str:
        """Say a line; `> ` taps the newest choice with that title, `📷` sends a picture with the rest as caption."""
        if line.startswith("> "):
            rows = [c for reply in self.shown if reply.kind in ("buttons", "menu") for c in reply.choices]
            chosen = next(c for c in reversed(rows) if line[2:].casefold() in f"{c.title} {c.description}".casefold())
            return await self.send(self.message("tap", chosen.title, payload=chosen.id))
        if line.startswith("🎤"):
            return await self.send(self.message("audio", media={"id": "v", "mime_type": "audio/ogg", "voice": True}))
        return await (self.photo(line[1:].strip()) if line.startswith("📷") else self.say(line))

    async def _apply(self, effect: Effect):
        self.effects.append(effect)
        outcome: Outcome = None
        if isinstance(effect, IdentityEffect) and effect.data["do"] == "start":
            self.principal = self.known_as
        elif isinstance(effect, EndSession):
            self.principal = None
        elif isinstance(effect, HandOff | HandBack):
            self.handed_over = isinstance(effect, HandOff)
        else:
            try:
                outcome = await self._write(effect)
            except DeskRefusedError as refused:
                outcome = refused
        return announce(effect, outcome, self.thought.language, self.known_as.timezone)

    async def _write(self, effect: Effect) -> Outcome:
        me, reference = self.known_as.id, str(len(self.effects))
        match effect:
            case CreateRequest():
                return await self.desk.create(me, effect.draft, reference=effect.nonce)
            case CommentRequest():
                await self.desk.comment(me, effect.number, effect.text or "📎", reference=reference)
            case CloseRequest():
                await self.desk.close(me, effect.number, reference=reference)
            case ReopenRequest():
                await self.desk.reopen(me, effect.number, "", reference=reference)
            case RateRequest():
                await self.desk.rate(me, effect.number, effect.stars, "", reference=reference)
            case JoinOutage():
                await self.desk.join_outage(me, effect.outage_id, reference=reference)
        return None
