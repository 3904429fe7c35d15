"""kill -9 in every node of the graph and around every effect: the turn is taken again, and what it does is done once.

Every moment is armed at once and each kills one life: whoever passes it first dies there, the next life gets one moment
further, until all conversations have come to their end through every moment there is.
"""

import asyncio
import os
import random
from datetime import UTC, datetime

import pytest

from app.db.engine import open_database
from app.desk.agents import set_status
from tests.faults.moments import SIDES, effects, nodes, sided
from tests.faults.scripts import SCRIPTS, Actor
from tests.faults.victims import Scene

pytestmark = [pytest.mark.faults, pytest.mark.timeout(0)]

ALL_SIDES = os.environ.get("RECADO_FAULT_SIDES") == "both"  # else one side of each, by dice
SAMPLE = 10  # of them where others take over from the dead: each death costs the seconds until they notice
PATIENCE = 1800.0  # seconds for all conversations and all deaths in them
DONE = {
    "requests": ("SELECT count(*) FROM desk_request", 3),
    "comments": ("SELECT count(*) FROM desk_event WHERE kind = 'comment'", 3),
    "ratings": ("SELECT count(*) FROM desk_event WHERE kind = 'rating'", 1),
    "steps": ("SELECT count(*) FROM desk_event WHERE kind = 'status'", 3),
    "outages joined": ("SELECT count(*) FROM desk_outage_follower", 1),
    "hand-offs": ("SELECT count(*) FROM hand_off", 1),
    "hand-offs ended": ("SELECT count(*) FROM hand_off WHERE ended_at IS NOT NULL", 1),
    "wishes about data": ("SELECT count(*) FROM data_wish", 1),
    "sign-ins": ("SELECT count(*) FROM verified_session", 5),
    "codes": ("SELECT count(*) FROM one_time_code", 7),
    "wrong codes": ("SELECT count(*) FROM wrong_code", 10),
    "files": ("SELECT count(*) FROM media_file WHERE state = 'stored'", 1),
}
"""What the scripts do in the world, each thing once."""


class Theatre:
    """Actors on the scene, and the deaths between their lines."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self._solving = asyncio.Lock()

    async def play(self, name: str, number: str) -> None:
        actor = Actor(name, number, self.scene.emulator, self.scene.mailbox, self.scene.store)
        for line, expected in SCRIPTS[name]:
            answer = await (self._hear_of_solution(actor) if line == "@solved" else actor.say(line))
            assert expected in answer, f"{name}: {line!r} was answered:\n{answer}"

    async def _hear_of_solution(self, actor: Actor) -> str:
        """An agent solves the request; on a store of one process, while nobody else has it."""
        before, store = actor.emulator.outbox(actor.number), self.scene.store
        async with self._solving:
            if not store.is_shared:
                await self.scene.victim.kill()
            database = open_database(store.url)
            number = actor.request()
            await database.write(lambda s: set_status(s, number, "solved", author="agent", now=datetime.now(UTC)))
            await database.close()
        while len(actor.emulator.outbox(actor.number)) == len(before):
            await asyncio.sleep(0.05)
        return await actor.say("e o meu chamado?")

    async def keep_alive(self) -> None:
        """Start whatever has died, again and again."""
        while True:
            async with self._solving:
                await self.scene.victim.start()
            await asyncio.sleep(0.01)


async def test_kill_9_in_every_node_and_around_every_effect_changes_nothing(scene: Scene, figure):
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    dice, places = random.Random(seed), [*nodes(), *effects()]
    chosen = sided(places) if ALL_SIDES else [f"{place}: {dice.choice(SIDES)}" for place in places]
    if scene.store.is_shared and not ALL_SIDES:
        chosen = dice.sample(chosen, SAMPLE)
    scene.victim.moments = dict.fromkeys(chosen, 1)
    theatre = Theatre(scene)
    living = asyncio.create_task(theatre.keep_alive())
    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as playing:
        for n, name in enumerate(SCRIPTS):
            playing.create_task(theatre.play(name, f"55119770000{n:02d}"))
    what = await scene.history()
    living.cancel()
    done = {name: scene.store.rows(query)[0][0] for name, (query, _) in DONE.items()}
    spared = sorted(set(chosen) - scene.victim.spent())
    figure("F2", f"killed at {len(chosen) - len(spared)} moments in {len(places)} nodes and effects: {what}; {done}")
    what.hold()
    assert done == {name: count for name, (_, count) in DONE.items()}
    assert spared == [], "no conversation comes by here: add one to tests/faults/scripts.py"
