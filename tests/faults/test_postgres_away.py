"""PostgreSQL dies, comes back, and loses connections in the middle of commits: what was acked is there, once."""

import asyncio
import os
import random
import time

import psycopg
import pytest

from tests.faults.cluster import Cluster, open_cluster
from tests.faults.founding import found_shared
from tests.faults.people import EMAILS, Player
from tests.faults.proxy import Proxy, open_proxy
from tests.faults.stores import Home, Store
from tests.faults.victims import Scene, open_scene

pytestmark = [pytest.mark.faults, pytest.mark.timeout(0)]

DEATHS = 2
AWAY = 2.0  # seconds
CUT_SHARE = 0.15  # of such statements
CUTS = int(os.environ.get("RECADO_FAULT_CUTS", "10"))
PATIENCE = 90.0
UNENDING = 8.0  # seconds
NO_END = """CREATE FUNCTION no_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN IF random() < 0.2 THEN RAISE EXCEPTION 'not now' USING ERRCODE = 'disk_full'; END IF; RETURN OLD; END $$"""
AT_TIMES = "CREATE TRIGGER no_end BEFORE DELETE ON procrastinate_jobs FOR EACH ROW EXECUTE FUNCTION no_end()"


@pytest.fixture
def cluster(free_port):
    with open_cluster(free_port()) as cluster:
        yield cluster


@pytest.fixture
async def wired(cluster: Cluster, founded, tmp_path, free_port):
    """A scene on a server of its own, a proxy between them."""
    with psycopg.connect(f"{cluster.url}/postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE recado")
    folder = tmp_path / "data"
    await found_shared(founded, folder, f"{cluster.url}/recado", free_port())
    async with open_proxy(cluster.port) as proxy:
        home = Home(folder, Store(f"{cluster.url}/recado"), f"postgresql://postgres@127.0.0.1:{proxy.port}/recado")
        async with open_scene(home, free_port) as scene:
            yield scene, proxy


async def people_at_play(scene: Scene) -> tuple[list[Player], list[asyncio.Task[None]]]:
    await scene.victim.start()
    players = [Player(who, scene.emulator, scene.mailbox) for who in EMAILS]
    playing = [asyncio.create_task(player.play()) for player in players]
    async with asyncio.timeout(PATIENCE):
        while not any(player.confirmed for player in players):
            await asyncio.sleep(0.05)
    return players, playing


async def come_to_an_end(players: list[Player], playing: list[asyncio.Task[None]]) -> None:
    for player in players:
        player.stop = True
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*playing)


async def seconds_to_a_reply(scene: Scene) -> float:
    """How long it takes until a new message of somebody is answered."""
    started = time.monotonic()
    await scene.emulator.say("stranger", "oi")
    await scene.emulator.replies("stranger", timeout=60, quiet=0.01)
    return time.monotonic() - started


async def test_a_server_killed_and_started_again_costs_seconds_and_nothing_else(wired, cluster: Cluster, figure):
    scene, _ = wired
    players, playing = await people_at_play(scene)
    recoveries = []
    for _ in range(DEATHS):
        cluster.kill()
        await asyncio.sleep(AWAY)
        await asyncio.to_thread(cluster.start)
        recoveries.append(await seconds_to_a_reply(scene))
        await asyncio.sleep(1)
    await come_to_an_end(players, playing)
    what = await scene.history(patience_s=PATIENCE)
    shown = ", ".join(f"{seconds:.1f}" for seconds in recoveries)
    figure("F14", f"killed -9 x{DEATHS}, back after {AWAY:.0f} s: {what}; answering again {shown} s later")
    what.hold()


@pytest.mark.parametrize("reached", [False, True], ids=["before the server has it", "after the server has it"])
async def test_connections_reset_in_the_middle_of_a_commit_lose_and_repeat_nothing(wired, reached, figure):
    scene, proxy = wired
    players, playing = await people_at_play(scene)
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    await until_cut(proxy, random.Random(seed), reached=reached)
    proxy.heal()
    await come_to_an_end(players, playing)
    what = await scene.history(patience_s=PATIENCE)
    told = "after" if reached else "before"
    figure("F14", f"{proxy.cuts} connections reset in a COMMIT, {told} the server had it: {what}")
    what.hold()


async def until_cut(proxy: Proxy, dice: random.Random, *, reached: bool) -> None:
    """Cut some of the connections that send COMMIT, so many in all."""

    def cut(piece: bytes) -> int | None:
        place = piece.find(b"COMMIT")
        if place < 0 or dice.random() > CUT_SHARE:
            return None
        return len(piece) if reached else place

    proxy.cut_where(cut, "there")
    async with asyncio.timeout(PATIENCE):
        while proxy.cuts < CUTS:
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("home", ["postgresql"], indirect=True)
async def test_a_job_whose_end_is_not_written_keeps_nobody_waiting(scene: Scene, figure):
    """The worker lives on and the job stands as if it still ran: nobody may wait for it for ever."""
    scene.store.change(NO_END)
    scene.store.change(AT_TIMES)
    players, playing = await people_at_play(scene)
    await asyncio.sleep(UNENDING)
    left = scene.store.rows("SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing'")[0][0]
    scene.store.change("DROP TRIGGER no_end ON procrastinate_jobs")
    await come_to_an_end(players, playing)
    what = await scene.history(patience_s=PATIENCE)
    figure("F14", f"the end of every fifth job not written for {UNENDING:.0f} s, {left} left open: {what}")
    what.hold()
