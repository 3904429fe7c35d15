"""Whatever a provider does, the turn goes on: with the next one, or with the embedded engine."""

from collections.abc import Sequence

import pytest

from graph.language.fallback import Candidate, FallbackEngine
from graph.language.ledger import Ledger, ModelCall
from graph.language.llm.engine import LlmEngine
from graph.language.llm.errors import (
    DeclinedError,
    MalformedError,
    ModelError,
    RejectedError,
    SpentError,
    UnavailableError,
)
from graph.language.llm.meter import Allowance, Meter
from graph.language.llm.shapes import Answered, Understood, WishSaid
from tests.graph.people_and_parts import VPN
from tests.provider.asker import ScriptedAsker
from tests.provider.faithful import engine
from tools.breaker import FAILURES, LONG_PAUSE, PAUSE, Breaker

WORDS = "a vpn me derruba toda hora aqui em casa"
GOOD = Understood(
    wishes=[
        WishSaid(
            intent="ask", confidence="high", words="", query="vpn", translations=[], categories=[], number="", fields=[]
        )
    ],
    angry=False,
)


class Clock:
    """Counts seconds only when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def candidate(script: Sequence[object], breaker: Breaker | None = None) -> tuple[Candidate, ScriptedAsker]:
    asker = ScriptedAsker(list(script))
    return Candidate(LlmEngine(asker, engine(), seconds=5), breaker or Breaker(), "gpt"), asker


@pytest.mark.parametrize(
    "trouble",
    [RejectedError("key_refused"), UnavailableError("too_slow"), DeclinedError("refused"), SpentError("calls_used_up"),
     MalformedError("empty")],
)  # fmt: skip
async def test_every_kind_of_trouble_ends_in_the_embedded_engine(hearing, trouble):
    failing, _ = candidate([trouble, trouble])

    heard = await FallbackEngine([failing], engine()).understand(hearing(WORDS))

    assert heard.engine == "offline"
    assert heard.wishes[0].intent == "ask"


async def test_a_provider_that_failed_is_not_asked_again_in_the_turn(hearing):
    failing, asker = candidate([UnavailableError("too_slow")])
    turn = FallbackEngine([failing], engine())
    await turn.understand(hearing(WORDS))
    given = await turn.answer("vpn?", (VPN,), "pt-BR")

    assert given.engine == "offline"
    assert len(asker.asked) == 1


async def test_the_second_provider_comes_before_the_embedded_engine(hearing):
    first, _ = candidate([UnavailableError("too_slow")])
    second, asker = candidate([GOOD])

    heard = await FallbackEngine([first, second], engine()).understand(hearing(WORDS))

    assert heard.engine == "llm"
    assert len(asker.asked) == 1


async def test_somebody_not_verified_costs_no_call_and_nothing_of_theirs_leaves(hearing):
    waiting, asker = candidate([GOOD])
    turn = FallbackEngine([waiting], engine())

    assert (await turn.understand(hearing(WORDS, employee=None))).engine == "offline"
    await turn.summarise([], "pt-BR", limit=100)
    assert asker.asked == []


async def test_after_three_failures_nobody_waits_for_the_provider_until_one_tries_again(hearing):
    clock = Clock()
    breaker = Breaker(clock)
    for _ in range(FAILURES):
        failing, _ = candidate([UnavailableError("too_slow")], breaker)
        await FallbackEngine([failing], engine()).understand(hearing(WORDS))
    left_alone, asker = candidate([GOOD], breaker)
    await FallbackEngine([left_alone], engine()).understand(hearing(WORDS))
    assert asker.asked == []

    clock.now += PAUSE
    trying, asker = candidate([GOOD], breaker)
    assert (await FallbackEngine([trying], engine()).understand(hearing(WORDS))).engine == "llm"
    assert breaker.reason == ""


def test_after_the_pause_only_one_tries_until_it_is_known_how_that_went():
    clock = Clock()
    breaker = Breaker(clock)
    for _ in range(FAILURES):
        breaker.failed("too_slow")
    clock.now += PAUSE

    assert [breaker.lets_through() for _ in range(3)] == [True, False, False]
    breaker.worked()
    assert [breaker.lets_through() for _ in range(3)] == [True, True, True]


def test_what_only_an_operator_can_mend_is_left_alone_at_once_and_for_longer():
    clock = Clock()
    breaker = Breaker(clock)
    breaker.failed("key_refused", for_long=True)
    clock.now += LONG_PAUSE - 1
    assert not breaker.lets_through()
    clock.now += 1
    assert breaker.lets_through()


@pytest.mark.parametrize("trouble", [DeclinedError("refused"), SpentError("day_used_up")])
async def test_a_refusal_or_our_own_budget_speaks_against_nobody(hearing, trouble):
    breaker = Breaker()
    for _ in range(FAILURES + 1):
        failing, _ = candidate([trouble], breaker)
        await FallbackEngine([failing], engine()).understand(hearing(WORDS))

    assert not breaker.open


def metered(asker: ScriptedAsker, ledger: Ledger, **limits: float) -> LlmEngine:
    plain = {"calls": 4, "tokens": 100_000, "until": 100.0, "tokens_today": 1_000_000}
    allowance = Allowance(**(plain | limits))  # type: ignore[arg-type]
    prices = {"gpt-scripted": (2.0, 8.0, 0.5)}
    return LlmEngine(Meter(asker, allowance, ledger, prices, clock=lambda: 0.0), engine(), seconds=5)


async def test_a_model_that_never_keeps_to_its_shape_is_stopped_by_the_turns_calls(hearing):
    asker, ledger = ScriptedAsker(mind=lambda question: "{"), Ledger()
    turn = FallbackEngine([Candidate(metered(asker, ledger), Breaker(), "gpt")], engine())
    for _ in range(5):
        await turn.understand(hearing(WORDS))
        await turn.answer("vpn?", (VPN,), "pt-BR")

    assert len(asker.asked) <= 4
    assert len(ledger.calls) == len(asker.asked)


@pytest.mark.parametrize(
    ("limits", "reason"),
    [({"calls": 0}, "calls_used_up"), ({"tokens": 50}, "tokens_used_up"), ({"tokens_today": 50}, "day_used_up"),
     ({"until": 0.5}, "time_used_up")],
)  # fmt: skip
async def test_a_budget_that_is_used_up_costs_no_call(hearing, limits, reason):
    asker, ledger = ScriptedAsker([GOOD]), Ledger()

    with pytest.raises(SpentError) as raised:
        await metered(asker, ledger, **limits).understand(hearing(WORDS))

    assert raised.value.reason == reason
    assert asker.asked == []


async def test_each_call_is_written_down_with_its_price_even_one_that_failed(hearing):
    ledger = Ledger()
    asker = ScriptedAsker([UnavailableError("too_slow"), GOOD])
    first = metered(asker, ledger)
    with pytest.raises(ModelError):
        await first.understand(hearing(WORDS))
    await first.understand(hearing(WORDS))

    assert [(call.outcome, call.tokens_in, call.cost) for call in ledger.calls] == [
        ("too_slow", 0, 0.0), ("ok", 100, (50 * 2.0 + 50 * 0.5 + 20 * 8.0) / 1e6),
    ]  # fmt: skip
    assert ledger.tokens == 120


def test_a_model_without_a_price_costs_nothing_that_is_known():
    call = ModelCall(purpose="answer", model="m", provider="p", tokens_in=10)
    assert call.priced({}).cost == 0.0


async def test_nothing_that_a_model_may_say_breaks_a_turn():
    asker = ScriptedAsker([Answered(verdict="answered", answer="*" * 5000, citations=[])])
    given = await LlmEngine(asker, engine(), seconds=5).answer("vpn?", (VPN,), "pt-BR")
    assert given.engine == "offline"
