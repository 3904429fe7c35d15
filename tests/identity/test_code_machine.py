"""A model of the rules, written apart from them, walked for thousands of random steps beside the real thing."""

import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import select

from app.identity.models import VerifiedSession
from tests.identity.doorstep import Doorstep, open_doorstep, people

EMAILS = ("ana@ipe.example", "bruno@ipe.example", "caio@ipe.example", "nobody@ipe.example")
OWNERS = {"ana@ipe.example": "E1", "bruno@ipe.example": "E2"}
CONVERSATIONS = ("1", "2", "3", "4")
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


@dataclass
class ModelCode:
    """What the model remembers of a code; times in seconds of the model's own clock."""

    email: str
    code: str
    at: float
    born: float  # monotonic
    wrong: int = 0
    used: bool = False


class Rules:
    """The rules as prose has them. Its clock is the greatest wall time it could have read, run on monotonically."""

    def __init__(self) -> None:
        self.codes: dict[str, list[ModelCode]] = {name: [] for name in CONVERSATIONS}
        self.wrongs: dict[str, list[float]] = {email: [] for email in EMAILS}
        self.verified: dict[str, str] = {}

    def locked(self, email: str, now: float) -> bool:
        return sum(now - at < DAY for at in self.wrongs[email]) >= 10

    def may_ask(self, conversation: str, email: str, now: float) -> str:
        if self.locked(email, now):
            return "locked"
        mine = self.codes[conversation]
        theirs = [code for codes in self.codes.values() for code in codes if code.email == email]
        broken = (
            any(code.email == email and now - code.at < 60 for code in mine)
            or sum(now - code.at < HOUR for code in mine) >= 3
            or sum(now - code.at < DAY for code in mine) >= 10
            or sum(now - code.at < HOUR for code in theirs) >= 5
            or sum(now - code.at < DAY for code in theirs) >= 10
        )
        return "wait" if broken else "sent"

    def verdict(self, conversation: str, typed: str, now: float) -> str:
        if not self.codes[conversation] or self.codes[conversation][-1].used:
            return "none"
        code = self.codes[conversation][-1]
        if self.locked(code.email, now):
            return "locked"
        if code.wrong >= 5:
            return "exhausted"
        if now - code.at >= 10 * MINUTE:
            return "expired"
        if typed == code.code and code.email in OWNERS:
            return "right"
        return "wrong" if code.wrong < 4 else "exhausted"


class CodeMachine(RuleBasedStateMachine):
    """Everybody asks and types in every conversation while the clock does what it likes."""

    codes = Bundle("codes")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.loop = asyncio.new_event_loop()
        self.door = self.run(self._open())
        self.rules = Rules()
        self.lead = self.door.wall.timestamp() - self.door.steady

    async def _open(self) -> Doorstep:
        door = open_doorstep(Path(self.folder.name))
        await door.database.write(lambda s: s.add_all(people()))
        return door

    def run(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    def now(self) -> float:
        self.lead = max(self.lead, self.door.wall.timestamp() - self.door.steady)
        return self.door.steady + self.lead

    @initialize()
    def start(self) -> None:
        self.now()

    @rule(target=codes, conversation=st.sampled_from(CONVERSATIONS), email=st.sampled_from(EMAILS))
    def ask(self, conversation: str, email: str) -> str:
        return self._ask(conversation, email)

    @rule(email=st.sampled_from(EMAILS))
    def everybody_asks_for_one_address(self, email: str) -> None:
        for conversation in CONVERSATIONS:
            self._ask(conversation, email)
        self.door.pass_by(seconds=61)
        for conversation in CONVERSATIONS:
            self._ask(conversation, email)

    def _ask(self, conversation: str, email: str) -> str:
        now = self.now()
        expected = self.rules.may_ask(conversation, email, now)
        plan, code = self.run(self.door.ask(email, conversation))
        assert plan.outcome == expected
        assert bool(code) == (expected == "sent" and email in OWNERS)
        assert (plan.wait_seconds > 0) == (expected == "wait")
        if expected == "wait":
            assert self.rules.may_ask(conversation, email, now + plan.wait_seconds) == "sent"
            assert self.rules.may_ask(conversation, email, now + plan.wait_seconds - 1.001) == "wait"
        if expected == "sent":
            self.rules.codes[conversation].append(ModelCode(email, code, now, self.door.steady))
        return code or "123456"

    @rule(conversation=st.sampled_from(CONVERSATIONS), typed=codes)
    def type_some_code(self, conversation: str, typed: str) -> None:
        self._type(conversation, typed)

    @rule(conversation=st.sampled_from(CONVERSATIONS))
    def type_the_newest(self, conversation: str) -> None:
        mine = self.rules.codes[conversation]
        self._type(conversation, mine[-1].code if mine and mine[-1].code else "000000")

    @rule(conversation=st.sampled_from(CONVERSATIONS), times=st.integers(1, 6))
    def guess(self, conversation: str, times: int) -> None:
        mine = self.rules.codes[conversation]
        guess = f"{(int(mine[-1].code or 0) + 1) % 10**6:06d}" if mine else "000000"
        for _ in range(times):
            self._type(conversation, guess)

    def _type(self, conversation: str, typed: str) -> None:
        now = self.now()
        mine = self.rules.codes[conversation]
        compared = bool(mine) and mine[-1].wrong < 5 and now - mine[-1].at < 10 * MINUTE
        expected = self.rules.verdict(conversation, typed, now)
        check = self.run(self.door.type(typed, conversation))
        assert check.outcome == expected
        assert (check.employee is not None) == (expected == "right")
        if expected == "right":
            assert self.door.steady - mine[-1].born < 10 * MINUTE  # F11, whatever the wall clock did
            mine[-1].used = True
            self.rules.verified[conversation] = OWNERS[mine[-1].email]
        elif compared and expected in {"wrong", "exhausted"}:
            mine[-1].wrong += 1
            assert check.tries_left == 5 - mine[-1].wrong
            self.rules.wrongs[mine[-1].email].append(now)

    @rule(span=st.one_of(st.integers(1, 90), st.integers(60, 900), st.integers(1800, 30 * 3600)))
    def time_passes(self, span: int) -> None:
        self.door.pass_by(seconds=span)

    @rule(jump=st.sampled_from((-DAY, -HOUR, -5.0, 5.0, HOUR, DAY)))
    def clock_is_set(self, jump: float) -> None:
        self.now()
        self.run(self.door.gate.check_code("nobody here", "000000"))  # both have seen the clock before it is set
        self.door.wall = self.door.wall.fromtimestamp(self.door.wall.timestamp() + jump, self.door.wall.tzinfo)

    @invariant()
    def sessions_are_those_proven(self) -> None:
        held = select(VerifiedSession).where(VerifiedSession.ended_at.is_(None))
        sessions = self.run(self.door.database.read(lambda s: s.scalars(held).all()))
        assert {session.conversation_id: session.employee_id for session in sessions} == self.rules.verified

    def teardown(self) -> None:
        self.run(self.door.database.close())
        self.loop.close()
        self.folder.cleanup()


TestCodeMachine = CodeMachine.TestCase
TestCodeMachine.settings = settings(
    max_examples=40, stateful_step_count=60, deadline=None, suppress_health_check=list(HealthCheck)
)
