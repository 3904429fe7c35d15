"""Nodes, by calling them."""

from langgraph.runtime import Runtime

from graph.choices import Tap
from graph.nodes.confirm_request import confirm_request
from graph.nodes.excuse_stale import excuse_stale
from graph.nodes.listen import clean, listen
from graph.nodes.step_back import step_back
from graph.routes import tapped, understood
from graph.state import State
from tests.graph.people_and_parts import Phone

DRAFT = {
    "category": "printer", "title": "t", "description": "d", "values": {"kind": "Toner", "floor": 7}, "evidence": {},
    "files": [], "asked": ["kind", "floor"], "fresh": False,
}  # fmt: skip


def runtime(phone: Phone) -> Runtime:
    return Runtime(context=phone.context())


async def test_listening_joins_a_burst_and_cleans_it(phone: Phone):
    burst = (phone.message("text", "a\u200b impressora\u202e"), phone.message("text", " pifou\x07 "))
    heard = await listen(State(burst=burst), runtime(phone))

    assert heard["said"] == "a impressora\npifou"
    assert heard["turn"] == 1


def test_cleaning_keeps_accents_and_line_feeds():
    assert clean("cafe\u0301\n\tok\r\n") == "café\n ok"


async def test_confirming_returns_only_what_changes(phone: Phone):
    update = await confirm_request(State(draft=DRAFT, nonce="abc", phase="summary"), runtime(phone))

    assert update.keys() == {"effects", "done", "draft", "matter", "phase", "slots", "nonce"}
    assert update["effects"][0].nonce == "abc"


async def test_stepping_back_forgets_the_former_value(phone: Phone):
    update = await step_back(State(draft=DRAFT, phase="summary"), runtime(phone))

    assert update["slots"] == {"field": "floor"}
    assert "floor" not in update["draft"]["values"]
    assert "floor" in DRAFT["values"]


async def test_an_excuse_changes_nothing(phone: Phone):
    assert (await excuse_stale(State(tap=Tap("confirm")), runtime(phone))).keys() == {"replies"}


def test_an_unknown_phase_is_idle(phone: Phone):
    state = State(phase="renamed in an upgrade", tap=Tap("confirm", "", "n"), nonce="n")

    assert tapped(state, runtime(phone)) == "excuse_stale"
    assert understood(state, runtime(phone)) == "chat"
