"""People who ask for monitors and badges, patiently, whatever happens to the service meanwhile."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

import yaml

from app.demo.load import COMPANY
from app.emulator.mailbox import Mailbox
from app.emulator.switchboard import Emulator
from app.emulator.transcript import Choice, Message

WISH = "preciso que abram um chamado: meu crachá não abre a porta"
CONFIRM = ("Confirmar", "Confirm")
ONWARD = ("Abrir chamado", "Abrir um novo", "Prédio e crachá", "Sim, abrir")
OUT = ("Falar com alguém", "Cancelar", "Tentar de novo")
EMAILS = {person["id"]: person["email"] for person in yaml.safe_load((COMPANY / "people.yaml").read_text())["people"]}
del EMAILS["stranger"]


@dataclass
class Player:
    """One person who asks for things; counts the drafts they confirmed."""

    who: str
    emulator: Emulator
    mailbox: Mailbox
    confirmed: list[str] = field(default_factory=list)
    stop: bool = False
    forgetful: bool = False  # signs out after every request, so that codes are mailed all the time

    async def play(self) -> None:
        await self.verify()
        while not self.stop:
            await self.ask_for_something()
            if self.forgetful and not self.stop:
                await self._wait(await self.emulator.say(self.who, "sair"))
                await self.verify()

    async def verify(self) -> None:
        known = self._codes()
        await self._wait(await self.emulator.say(self.who, EMAILS[self.who]))
        while not (new := self._codes() - known):  # an old one may come again
            await asyncio.sleep(0.05)
        await self._wait(await self.emulator.say(self.who, new.pop()))

    def _codes(self) -> set[str]:
        return {mail.code or "" for mail in self.mailbox.messages(EMAILS[self.who])}

    async def ask_for_something(self) -> None:
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

    async def _wait(self, after: str) -> list[Message]:
        while True:
            with suppress(TimeoutError):
                return await self.emulator.replies(self.who, after=after, timeout=5, quiet=0.1)


def _pick(choices: list[Choice]) -> str:
    """The way on to a new request, else the first thing that is not a way out."""
    onward = [choice.id for choice in choices if choice.title in ONWARD]
    return (onward or [choice.id for choice in choices if choice.title not in OUT])[0]
