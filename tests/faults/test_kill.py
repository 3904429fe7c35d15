"""kill -9 at any moment of a service's life: nothing is lost, nothing happens twice, order is kept.

People keep asking for things while the service under them is killed between any two steps of a conversation, while it
starts, and while it shuts down. Everything they did and got is recorded by the emulated WhatsApp, on the other side of
the wire, and checked against the database afterwards.
"""

import asyncio
import os
import random
from collections import Counter
from contextlib import suppress

import pytest

from app.emulator.switchboard import Emulator
from tests.faults.moments import of_writing_and_sending
from tests.faults.people import EMAILS, Player
from tests.faults.victims import Scene

pytestmark = [pytest.mark.faults, pytest.mark.timeout(0)]

CYCLES = int(os.environ.get("RECADO_FAULT_CYCLES", "40"))
ROUNDS = int(os.environ.get("RECADO_FAULT_ROUNDS", "1"))  # of all the named moments
DEATHS = ("between steps",) * 6 + ("starting", "stopping")
ALL_AT_ONCE = 0.3  # of the deaths where there are several processes
MOST_STEPS = 6  # a service dies after so many steps at most: a webhook taken, a reply sent, a status told
LONGEST_LIFE = 2.0  # seconds, when nothing happens
JITTER = 0.06  # seconds after a step within which it dies: inside whatever follows
START = 1.0  # seconds within which it dies when killed while starting: imports are done, so this is past "ready"
STOP = 1.3  # seconds within which it is killed after being told to stop: its grace for open connections is 1 s
MOST_PASSAGES = 3  # of a named moment before it is died of
PATIENCE = 90.0  # seconds to finish what is under way after the last kill


async def test_kill_9_at_any_moment_loses_nothing_and_repeats_nothing(scene: Scene, figure):
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    dice, deaths = random.Random(seed), Counter[str]()
    players = [Player(who, scene.emulator, scene.mailbox) for who in EMAILS]
    playing = [asyncio.create_task(player.play()) for player in players]
    while scene.victim.kills < CYCLES:
        how = dice.choice(DEATHS)
        deaths[how] += 1
        await live_and_die(scene, how, dice)
        for task in playing:
            assert not task.done(), task.exception()
    for player in players:
        player.stop = True
    await scene.victim.start()
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*playing)
    what = await scene.history(patience_s=PATIENCE)
    await scene.victim.kill()
    figure("F1", f"{dict(deaths)}: {what}")
    what.hold()


async def test_kill_9_around_every_commit_and_every_send_loses_nothing_and_repeats_nothing(scene: Scene, figure):
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    dice, moments, victim = random.Random(seed), of_writing_and_sending(), scene.victim
    players = [Player(who, scene.emulator, scene.mailbox, forgetful=True) for who in EMAILS]
    playing = [asyncio.create_task(player.play()) for player in players]
    for _ in range(ROUNDS):
        victim.forget()
        for moment in dice.sample(moments, len(moments)):
            victim.moments = {moment: dice.randint(1, MOST_PASSAGES)}
            async with asyncio.timeout(PATIENCE):
                await victim.start()
                while moment not in victim.spent():
                    await asyncio.sleep(0.01)
            await victim.kill()
    victim.moments = {}
    for player in players:
        player.stop = True
    await victim.start()
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*playing)
    what = await scene.history(patience_s=PATIENCE)
    await victim.kill()
    figure("F1", f"{len(moments)} named moments x{ROUNDS}: {what}")
    what.hold()


async def live_and_die(scene: Scene, how: str, dice: random.Random) -> None:
    """One life of a part of the service."""
    part = dice.choice(scene.victim.parts)
    if how == "starting":
        await scene.victim.fork()
        await asyncio.sleep(dice.uniform(0, START))
    else:
        await scene.victim.start()
        await a_few_steps(scene.emulator, dice)
    if how == "stopping":
        scene.victim.ask_to_stop(part)
        await asyncio.sleep(dice.uniform(0, STOP))
    await scene.victim.kill(*(() if dice.random() < ALL_AT_ONCE else (part,)))


async def a_few_steps(emulator: Emulator, dice: random.Random) -> None:
    """Let the service live for a random number of steps, and a moment more."""
    goal = steps(emulator) + dice.randint(0, MOST_STEPS)
    with suppress(TimeoutError):
        async with asyncio.timeout(LONGEST_LIFE):
            while steps(emulator) < goal:
                await asyncio.sleep(0.002)
    await asyncio.sleep(dice.uniform(0, JITTER))


def steps(emulator: Emulator) -> int:
    """Everything that crossed the wire so far, seen from WhatsApp's side."""
    rank = {"accepted": 1, "sent": 2, "delivered": 3, "read": 4}
    return sum(rank.get(message.state, 1) for who in EMAILS for message in emulator.chat(who).messages)
