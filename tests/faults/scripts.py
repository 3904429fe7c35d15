"""Conversations that together pass every node of the graph and have every effect, as people write them.

A line is what is said and words that its answer shows, buttons in brackets. `> ` taps the newest choice with that
title; `@email`, `@code` and `@photo` send the address, the mailed code and a picture; `@solved` lets an agent solve the
request, of which the employee hears.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from app.emulator.mailbox import Mailbox
from app.emulator.people import Person
from app.emulator.switchboard import Emulator
from app.emulator.transcript import Message
from tests.faults.stores import Store

Script = tuple[tuple[str, str], ...]

SIGN_IN: Script = (("bom dia", "e-mail da empresa"), ("@email", "código de 6 números"), ("@code", "Prontinho"))
WRONG: Script = tuple((str(digit) * 6, "") for digit in range(1, 6))
PIXEL = b"\x89PNG\r\n\x1a\n" + bytes(100)

SCRIPTS: dict[str, Script] = {
    "mariana.vilela": (
        ("oi", "e-mail da empresa"), ("@email", "código de 6 números"), ("oi?", "só falta o código"),
        ("@code", "Prontinho"), ("can you speak english please", "English"),
        ("pode falar em português?", "português"), ("vocês são uns inúteis!!!", "Entendo a sua frustração"),
        ("@photo", "Recebi o arquivo"), ("obrigada", "Imagina"), ("sair", "saí da sua conta"),
        ("apagar meus dados", "equipe de privacidade"), ("quero falar com uma pessoa", "Passei a nossa conversa"),
        ("assistente", "Voltei"),
    ),
    "ivo.peixoto": (
        ("bom dia", "e-mail da empresa"), ("@email", "código de 6 números"), *WRONG, ("> Mandar de novo", ""), *WRONG,
        ("> Mandar de novo", "[Falar com alguém]"),        ("oi", "[Falar com alguém]"),
    ),
    "otavio.reis": (
        *SIGN_IN, ("abre um chamado: a impressora não imprime", "Em qual unidade"),
        ("não faço ideia", "Não reconheci essa opção"), ("obrigado", "Voltando ao seu chamado"),
        ("voltar", "primeira pergunta"), ("quero marcar minhas férias", "Anotei isso também"),
        ("> Recife", "só com você"), ("só comigo", "[Confirmar]"), ("> Corrigir", "[Unidade]"),
        ("> Unidade", "[Campinas]"), ("> Campinas", "Unidade: *Campinas*"), ("> Corrigir", "[Descrição]"),
        ("> Descrição", "Me conta de novo"), ("a impressora do térreo não imprime", "do térreo"),
        ("> Confirmar", "“quero marcar minhas férias”. Vejo agora?"), ("não", "Tudo bem"),
        ("> Corrigir", "momento anterior"),
        ("abre um chamado: a impressora de campinas não imprime só comigo", "parecido"),
        ("> Juntar a ele", "Juntei isso"), ("quero abrir um chamado", "Me conta"),
        ("preciso de uma coisa diferente", "Qual destes assuntos"), ("> Outro assunto", "todos os assuntos"),
        ("> Impressão", "Em qual unidade"), ("cancelar", "Nada foi enviado"),
    ),
    "jussara.pontes": (
        *SIGN_IN, ("meu crachá não abre a porta, abre um chamado", "Em qual unidade"), ("campinas", "[Confirmar]"),
        ("> Confirmar", "#"), ("e o meu chamado?", "[Comentar]"), ("> Comentar", "O que você quer acrescentar"),
        ("ainda não abre", "Juntei isso"), ("comentário no chamado: é urgente", "[Juntar]"),
        ("> Juntar", "Juntei isso"),
        ("@solved", "[Avaliar]"), ("> Avaliar", "De 1 a 5"), ("> ⭐⭐⭐⭐", "Valeu pela nota"), ("> Reabrir", "Reabri"),
        ("e o meu chamado?", "[Encerrar]"), ("> Encerrar", "Encerrei"),
    ),
    "rogerio.nunes": (
        *SIGN_IN, ("cadê meu holerite desse mês?", "[Resolveu]"), ("> Resolveu", "Que bom"),
        ("cadê meu holerite desse mês?", "[Resolveu]"), ("isso não é o que perguntei", "Desculpa"),
        ("como peço um monitor novo?", "[Nenhum"), ("> Nenhum", "[Abrir chamado]"),
        ("como peço um monitor novo?", "[Nenhum"), ("> monitor", "[Resolveu]"),
        ("a vpn em recife não para de cair", "[Eu também]"), ("> É outra coisa", ""),
        ("o que diz o almanaque do linux sobre o eclipse?", "eclipse"),
    ),
    "wesley.luz": (
        *SIGN_IN, ("a vpn em recife tá caindo, abre um chamado", "[Eu também]"), ("> Eu também", "Anotei"),
        ("meu crachá não abre a porta, abre um chamado", "Em qual unidade"), ("campinas", "[Confirmar]"),
        ("na verdade é da impressora", "Impressão e scanner"), ("só comigo", "[Confirmar]"),
        ("quero marcar minhas férias", "Anotei isso também"), ("> Confirmar", "Vejo agora?"),
        ("> Sim, agora", "Férias"), ("cancelar", "Nada foi enviado"),
        ("abre um chamado: o outlook não recebe e-mails desde ontem às 10h", "[Confirmar]"), ("> Corrigir", "[Desde"),
        ("> Desde", ""), ("não tenho", "[Continuar sem isso]"),
        ("> Continuar sem isso", "[Confirmar]"), ("> Cancelar", "Nada foi enviado"),
    ),
}  # fmt: skip


def shown(messages: Sequence[Message]) -> str:
    """What a phone shows, buttons in brackets."""
    lines = ([message.text, *(f"[{choice.title}]" for choice in message.choices)] for message in messages)
    return "\n".join(line for group in lines for line in group)


@dataclass
class Actor:
    """Plays a script on a phone of their own; goes on when the service is done with what they said."""

    name: str
    number: str
    emulator: Emulator
    mailbox: Mailbox
    store: Store

    def __post_init__(self) -> None:
        self.emulator.people.add(Person(self.number, self.name, self.number, f"BR.{self.number}"))

    @property
    def email(self) -> str:
        return f"{self.name}@ipe.example"

    async def say(self, line: str) -> str:
        """Say or do one line; returns what the phone shows since."""
        before = len(self.emulator.outbox(self.number))
        wamid = await self._send(line)
        await self._until_done(wamid)
        return shown(self.emulator.outbox(self.number)[before:])

    async def _send(self, line: str) -> str:
        if line == "@code":
            return await self.emulator.say(self.number, (await self.mailbox.wait_for(self.email)).code or "")
        if line == "@photo":
            return await self.emulator.send_file(self.number, "image", PIXEL, "image/png")
        if line.startswith("> "):
            return await self.emulator.tap(self.number, self._choice(line[2:].casefold()))
        return await self.emulator.say(self.number, line.replace("@email", self.email))

    def _choice(self, title: str) -> str:
        messages = reversed(self.emulator.outbox(self.number))
        return next(c.id for message in messages for c in message.choices if title in c.title.casefold())

    async def _until_done(self, wamid: str) -> None:
        """Until a turn took it up and all that the turn wanted is on the phone or in the mail."""
        mine = f"SELECT conversation_id, version FROM inbox WHERE wamid = '{wamid}' AND state = 'done'"  # noqa: S608 -- ours
        open_ = "SELECT count(*) FROM outbox WHERE state IN ('new', 'sending') AND conversation_id = "
        while not (taken := self.store.rows(mine)) or self.store.rows(f"{open_}{taken[0][0]}") != [(0,)]:
            await asyncio.sleep(0.05)

    def request(self) -> str:
        """The number of their newest request."""
        mine = f"SELECT CAST(conversation_id AS text) FROM contact_alias WHERE alias = 'BR.{self.number}'"  # noqa: S608 -- ours
        newest = f"SELECT max(number) FROM desk_request WHERE conversation_id IN ({mine})"  # noqa: S608 -- ours
        return str(self.store.rows(newest)[0][0])
