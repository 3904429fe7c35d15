"""The database is locked by somebody else, its disk is full, or its bytes are hostile: nothing acked is lost."""

import asyncio
import os
import pickle
import random
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

import ormsgpack
import pytest

import app.db.postgres
import app.db.sqlite
from tests.faults.people import EMAILS, Player
from tests.faults.stores import sqlite_home
from tests.faults.victims import open_scene

pytestmark = [pytest.mark.faults, pytest.mark.timeout(150, func_only=True)]

PLANT = "UPDATE conversation SET checkpoint = :checkpoint WHERE wa_id = :who"
SMALL = "6m"  # of a disk: the founded company and room for a few hundred messages


async def test_while_another_process_locks_the_database_meta_is_asked_to_try_again(build, monkeypatch, figure) -> None:
    monkeypatch.setattr(app.db.sqlite, "BUSY_MS", 300)
    monkeypatch.setattr(app.db.postgres, "OPTIONS", "-c lock_timeout=300ms")
    town = await build()
    await town.employees(3)
    refused = town.emulator.courier.refused
    told = []

    async def locked() -> None:
        with town.store.locked():
            for who in town.strangers(10):
                await town.emulator.say(who, "oi")
            await asyncio.sleep(4)
            told.append((await town.health())["store"])

    what = await town.ask_meanwhile(locked)
    refused = town.emulator.courier.refused - refused
    tried = town.rows("SELECT max(tries) FROM inbox")[0][0]
    told.append((await town.health())["store"])
    figure("F9", f"locked by another process for 4 s: {what}; {refused} webhooks answered 503; health said {told}")
    what.hold()
    assert told[0] != "ok"
    assert told[1] == "ok"
    assert refused > 0
    assert tried == 0, "a message is not to blame for a locked database"


@pytest.fixture
def small_disk(tmp_path):
    """A disk of its own that is soon full."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = shutil.which("mount")
    if os.geteuid() != 0 or mount is None:
        pytest.skip("only root can mount a small disk")
    made = subprocess.run([mount, "-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", str(disk)], check=False)
    if made.returncode:
        pytest.skip("no small disk can be mounted here")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)  # noqa: S607 -- the one beside mount


async def test_a_full_disk_acknowledges_nothing_it_did_not_keep(founded, small_disk, free_port, figure) -> None:
    data_dir, dice = small_disk / "data", random.Random(7)
    data_dir.mkdir()
    for kept in ("recado.db", "pepper", "keys"):
        with suppress(FileNotFoundError):
            shutil.copy(founded / kept, data_dir / kept)
    async with open_scene(sqlite_home(data_dir), free_port) as scene:
        await scene.victim.start()
        players = [Player(who, scene.emulator, scene.mailbox) for who in list(EMAILS)[:4]]
        playing = [asyncio.create_task(player.play()) for player in players]
        refused, bystander = 0, list(EMAILS)[4]
        for _ in range(2):
            await asyncio.sleep(0.3 + dice.random())  # while the log file is small and must grow to take anything
            before = scene.emulator.courier.refused
            fill(small_disk / "filler")
            await scene.emulator.say(bystander, "oi")
            await asyncio.sleep(4)
            assert scene.store.sound()
            (small_disk / "filler").unlink()
            refused += scene.emulator.courier.refused - before
        async with asyncio.timeout(60):
            while sum(len(player.confirmed) for player in players) < 4:
                await asyncio.sleep(0.05)
            for player in players:
                player.stop = True
            await asyncio.gather(*playing)
        what = await scene.history()
        await scene.victim.kill()
    figure("F10", f"disk full twice for 4 s: {what}; {refused} webhooks answered 503")
    what.hold()
    assert refused > 0


def fill(filler: Path) -> None:
    """Take every byte that is left."""
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(b"x" * 512):
            pass


class Boom:
    """Would leave a mark if anybody revived it."""

    def __reduce__(self):
        return os.mkdir, (str(Path.cwd() / "revived"),)


def nested(depth: int) -> bytes:
    return b"\x81\xa5slots" + b"\x81\xa1a" * depth + b"\xc0"


HOSTILE = {
    "a pickle": pickle.dumps(Boom()),
    "msgpack with an extension": ormsgpack.packb({"slots": ormsgpack.Ext(5, pickle.dumps(Boom()))}),
    "langgraph's constructor": ormsgpack.packb(
        {"slots": ormsgpack.Ext(0, ormsgpack.packb(("os", "system", "mkdir revived")))}
    ),
    "300 kB": b"\x81\xa5phase\xdb\x00\x04\x93\xe0" + b"x" * 300_000,
    "nested 400 deep": nested(400),
    "nested 900 deep": nested(900),
    "nested 100,000 deep": nested(100_000),
    "half a state": ormsgpack.packb({"phase": "idle", "slots": {}})[:-3],
    "another type": ormsgpack.packb({"phase": 7, "slots": []}),
    "an unknown name": ormsgpack.packb({"__class__": "os"}),
    "no map": ormsgpack.packb([1, 2]),
    "not utf-8": b"\x81\xa5phase\xa2\xff\xfe",
    "empty": b"",
    "noise": bytes(random.Random(1).randbytes(500)),
}


async def test_hostile_checkpoints_start_the_conversation_afresh_and_run_nothing(
    town, tmp_path, monkeypatch, figure
) -> None:
    monkeypatch.chdir(tmp_path)
    people = dict(zip(town.strangers(len(HOSTILE)), HOSTILE.values(), strict=True))
    for who in people:
        await town.emulator.say(who, "oi")
    await town.history()
    for who, checkpoint in people.items():
        town.store.change(PLANT, checkpoint=checkpoint, who=who)
    for who in people:
        await town.emulator.say(who, "preciso de ajuda")
    answers = await asyncio.gather(*(town.emulator.replies(who, timeout=30) for who in people))
    what = await town.history()
    handed_over = town.rows("SELECT count(*) FROM conversation WHERE handed_over")[0][0]
    figure("F17", f"{len(HOSTILE)} hostile checkpoints: {what}; {len(answers)} answered, {handed_over} given up")
    what.hold()
    assert handed_over == 0
    assert not (tmp_path / "revived").exists()


async def test_states_of_the_right_shape_and_wrong_sense_end_with_an_answer_too(town, figure) -> None:
    states = [
        {"phase": "nonsense", "slots": {"a": None}},
        {"phase": "filling", "draft": {"category_id": 5}, "matter": {"x": [1]}},
        {"phase": "confirming", "nonce": "x", "draft": {"values": "no"}},
        {"phase": "choosing", "later": [1, None], "outages": [7]},
    ]
    people = dict(zip(town.strangers(len(states)), states, strict=True))
    for who in people:
        await town.emulator.say(who, "oi")
    await town.history()
    for who, state in people.items():
        town.store.change(PLANT, checkpoint=ormsgpack.packb(state), who=who)
    for who in people:
        await town.emulator.say(who, "preciso de ajuda")
    answers = await asyncio.gather(*(town.emulator.replies(who, timeout=45) for who in people))
    figure("F17", f"{len(states)} states of wrong sense: {len(answers)} answered")
