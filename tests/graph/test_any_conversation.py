"""Whatever is written, tapped or sent, in any order: nothing breaks and nothing is opened unasked."""

import asyncio

import ormsgpack
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from graph.choices import BUTTON_TITLE, BUTTONS_BODY, MENU_BUTTON, ROW_DESCRIPTION, ROW_TITLE, TEXT_BODY, units
from graph.turn import Agent, parts_of
from tests.graph.people_and_parts import ANA, CODE, NOW, PaperDesk, Phone, alike, choices, view
from tools.effects import CreateRequest
from tools.service_desk import Outage

AGENT = Agent()
TEXTS = [
    "oi", "sim", "não", "cancelar", "voltar", "atendente", "como uso a vpn?", "o wi-fi caiu", "impressora quebrada",
    "impressora do andar 7 com toner", "preciso de férias", "preciso de acesso", "na verdade o andar é 5",
    "amanhã", "5",
    "99", "banana", "toner", "meus chamados", "#1042", "#9999", "obrigado", "sair", "apagar meus dados", "xyzzy", "4",
    "ana.souza@ipe.example", CODE, "111111", "mandar de novo", "outro e-mail", "que absurdo", "o outlook caiu",
    "como uso a vpn e também impressora quebrada", "adiciona que voltou", "tchau", "ajuda", "conta uma piada",
    "quero abrir um chamado", "hola, mi vpn?", "hi, my printer?", "👍", "👎", "\u200f\u200b", "a" * 5_000,
    "{name} {x}", "|||",
]  # fmt: skip
KINDS = [
    "image",
    "audio",
    "video",
    "document",
    "sticker",
    "location",
    "contacts",
    "order",
    "edit",
    "revoke",
    "system",
    "unsupported",
]
VERBS = [
    "confirm",
    "value",
    "category",
    "rate",
    "close",
    "reopen",
    "show",
    "outage",
    "fix",
    "change",
    "page",
    "more",
    "new",
    "yes",
    "add",
]


class AnyConversation(RuleBasedStateMachine):
    """One phone in the hands of anybody at all."""

    @initialize(verified=st.booleans())
    def begin(self, verified: bool) -> None:
        outage = Outage(id="o1", title=alike("Fora"), body=alike("…"), keywords=("outlook",), since=NOW)
        mine = (
            view("1042", "impressora quebrada", category="printer"),
            view("1043", "Mouse", status="solved", can_reopen=True),
        )
        self.phone = Phone(AGENT, principal=ANA if verified else None, desk=PaperDesk(mine=mine, known=(outage,)))
        self.loop = asyncio.new_event_loop()
        self.offered: list[str] = []
        self.confirmable = ""

    def send(self, *burst) -> None:
        before, calls = self.confirmable, len(self.phone.engine.calls)
        self.loop.run_until_complete(self.phone.send(*burst))
        self.offered += [c.id for c in choices(self.phone.thought.replies)]
        assert len(self.phone.engine.calls) - calls <= 2 * len(parts_of(burst))
        made = [e for e in self.phone.thought.effects if isinstance(e, CreateRequest)]
        said_yes = any(m.text in ("sim", "👍") or (m.payload and m.payload == before) for m in burst)
        assert not made or (said_yes and before and made[0].nonce in before)
        shown = [c.id for c in choices(self.phone.thought.replies) if c.id.startswith("confirm|")]
        values = ormsgpack.unpackb(self.phone.checkpoint)
        self.confirmable = shown[-1] if shown else before if values.get("phase") == "summary" else ""

    @rule(text=st.sampled_from(TEXTS) | st.text(max_size=40))
    def write(self, text: str) -> None:
        self.send(self.phone.message("text", text))

    @rule(texts=st.lists(st.sampled_from(TEXTS), min_size=2, max_size=3))
    def write_a_burst(self, texts: list[str]) -> None:
        self.send(*(self.phone.message("text", text) for text in texts if text != "sim"))

    @rule(data=st.data())
    def tap_what_was_offered(self, data) -> None:
        recent = self.offered[-4:]
        if recent:
            self.send(self.phone.message("tap", "…", payload=data.draw(st.sampled_from(recent))))

    @rule(data=st.data())
    def tap_long_after(self, data) -> None:
        if self.offered:
            self.send(self.phone.message("tap", "…", payload=data.draw(st.sampled_from(self.offered))))

    @rule(
        verb=st.sampled_from(VERBS),
        arg=st.sampled_from(["", "1042", "1043:5", "kind", "-1", "9" * 300]),
        nonce=st.sampled_from(["", "x"]),
    )
    def tap_a_forgery(self, verb: str, arg: str, nonce: str) -> None:
        self.send(self.phone.message("tap", "…", payload=f"{verb}|{arg}|{nonce}"))

    @rule(kind=st.sampled_from(KINDS), text=st.sampled_from(["", "toner", "Padaria"]))
    def send_a_thing(self, kind, text: str) -> None:
        media = (
            {"id": "m", "voice": kind == "audio"}
            if kind in ("image", "audio", "video", "document", "sticker")
            else None
        )
        self.send(self.phone.message(kind, text, media=media))

    @rule(emoji=st.sampled_from(["👍", "👎", "🎉", "", "🦄"]))
    def react(self, emoji: str) -> None:
        self.send(self.phone.message("reaction", emoji, quoted="w"))

    @rule()
    def hand_back(self) -> None:
        self.phone.handed_over = False

    @rule()
    def lose_the_session(self) -> None:
        self.phone.principal, self.phone.session_ended = None, "idle"

    @rule(known=st.booleans())
    def change_the_catalogue(self, known: bool) -> None:
        self.phone.desk.categories = PaperDesk().categories if known else ()

    @invariant()
    def one_request_for_each_nonce(self) -> None:
        nonces = [e.nonce for e in getattr(self, "phone", Phone(AGENT)).created()]
        assert len(nonces) == len(set(nonces))

    @invariant()
    def replies_stay_within_limits(self) -> None:
        thought = self.phone.thought if hasattr(self, "phone") else None
        for reply in thought.replies if thought else ():
            assert reply.body.strip()
            assert units(reply.body) <= (TEXT_BODY if reply.kind == "text" else BUTTONS_BODY)
            title = BUTTON_TITLE if reply.kind == "buttons" else ROW_TITLE
            assert all(
                0 < units(c.title) <= title and units(c.description) <= ROW_DESCRIPTION for c in choices([reply])
            )
            assert all(len(c.id) <= 200 for c in choices([reply]))
            assert len({c.id for c in choices([reply])}) == len(choices([reply]))
            assert reply.kind != "menu" or units(reply.button) <= MENU_BUTTON

    @invariant()
    def the_checkpoint_stays_small(self) -> None:
        if hasattr(self, "phone") and self.phone.checkpoint:
            assert len(self.phone.checkpoint) < 16_000

    def teardown(self) -> None:
        if hasattr(self, "loop"):
            self.loop.close()


TestAnyConversation = AnyConversation.TestCase
TestAnyConversation.settings = settings(
    max_examples=60, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
