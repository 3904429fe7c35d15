"""A message that nobody can think about: it is parked and a person takes over, and nobody else notices."""

import asyncio
import time
from datetime import timedelta

import pytest

import app.mind
from app.settings import TurnSettings
from graph.turn import Agent

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120, func_only=True)]


class AllergicAgent(Agent):
    """Cannot bear one word; another keeps it thinking for ever."""

    async def think(self, checkpoint, burst, context):
        if any("veneno" in message.text for message in burst):
            raise KeyError("veneno")
        if any("labirinto" in message.text for message in burst):
            await asyncio.sleep(3600)
        return await super().think(checkpoint, burst, context)


@pytest.mark.parametrize("word", ["veneno", "labirinto"])
async def test_a_poison_message_goes_to_a_person_and_delays_nobody(build, monkeypatch, word, figure) -> None:
    monkeypatch.setattr(app.mind, "Agent", AllergicAgent)
    tries = 9 if word == "veneno" else 3  # parked after as many of the faults' sweeps, or three deadlines
    turns = TurnSettings(settle=timedelta(seconds=0.05), tries=tries, deadline=timedelta(seconds=2))
    town = await build(turns=turns)
    poisoned, *others = town.strangers(11)
    started = time.monotonic()
    await town.emulator.say(poisoned, word)
    for who in others:
        await town.emulator.say(who, "oi")
    await asyncio.gather(*(town.emulator.replies(who, quiet=0.01) for who in others))
    meanwhile = time.monotonic() - started
    still_alone = town.emulator.outbox(poisoned) == []
    await town.emulator.replies(poisoned, timeout=60)
    parked = time.monotonic() - started
    await town.emulator.say(poisoned, "oi, tem alguém?")
    what = await town.history()
    notes = town.rows("SELECT reason, summary FROM hand_off")
    figure(
        "F13",
        f"{word}: {what}; 10 others answered within {meanwhile:.1f} s, parked after {parked:.1f} s, noted {notes}",
    )
    what.hold(unanswered=1)
    assert still_alone
    assert notes == [("tool_failed", word)]
    assert town.rows("SELECT state, count(*) FROM inbox GROUP BY state ORDER BY state") == [("dead", 1), ("done", 11)]
