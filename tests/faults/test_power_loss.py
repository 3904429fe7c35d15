"""The power goes at any moment: the database opens, is sound, and holds all that anybody was told."""

import os
import random
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

import app.db.sqlite
from tests.faults.power import Crash, PowerRecording
from tests.faults.recorder import Operation

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(0),
    pytest.mark.parametrize("home", ["sqlite"], indirect=True),
]

IMAGES = int(os.environ.get("RECADO_FAULT_IMAGES", "160"))
COMMITS = IMAGES // 4  # each leaves between three and seven images
PAGES = 60  # of the log before it is copied into the database; the product's 1,000 would make few checkpoints
CONTENTS = (
    "SELECT count(*), total(seq), total(version), total(state = 'done') FROM inbox",
    "SELECT group_concat(id || state || tries || resends) FROM outbox",
    "SELECT total(version), total(length(checkpoint)) FROM conversation",
    "SELECT count(*), total(number) FROM desk_request",
)


class Remains:
    """A crash's files, opened as the next start would."""

    def __init__(self, crash: Crash, folder: Path) -> None:
        file = folder / "recado.db"
        file.write_bytes(crash.database)
        (folder / "recado.db-wal").write_bytes(crash.log)
        (folder / "recado.db-shm").unlink(missing_ok=True)
        with closing(sqlite3.connect(file)) as database:
            ask = lambda query: database.execute(query).fetchall()  # noqa: E731
            self.sound = ask("PRAGMA integrity_check") == [("ok",)] and ask("PRAGMA foreign_key_check") == []
            self.contents = [ask(query) for query in CONTENTS]
            self.kept = {wamid for (wamid,) in ask("SELECT wamid FROM inbox")}
            self.claimed = {f"ob:{entry}" for (entry,) in ask("SELECT id FROM outbox WHERE state != 'new'")}

    def missing(self, told: list[Operation]) -> set[str]:
        """Messages that were acked and are gone; replies that were sent and of which nothing is known."""
        acked = {operation.key for operation in told if operation.kind == "acked"}
        sent = {operation.key for operation in told if operation.kind == "delivered"}
        return (acked - self.kept) | (sent - self.claimed)


@pytest.fixture
def frequent_checkpoints(monkeypatch) -> None:
    prepare = app.db.sqlite._prepare

    def prepare_more(connection, *, writing):
        prepare(connection, writing=writing)
        connection.execute(f"PRAGMA wal_autocheckpoint={PAGES}")

    monkeypatch.setattr(app.db.sqlite, "_prepare", prepare_more)


async def test_whatever_a_power_loss_leaves_holds_all_that_was_acked(frequent_checkpoints, town, tmp_path, figure):
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    operations = town.recorder.operations
    with town.house.database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2, "a commit is not flushed"
    with PowerRecording(town.data_dir / "recado.db", lambda: len(operations)) as power:
        await town.employees(4)
        while len(power.steps) < COMMITS:
            await town.ask_meanwhile(lambda: town.until_confirmed(4))
        what = await town.history()
    kinds, lost, damaged, between, noticed = Counter[str](), 0, 0, 0, 0
    flushed: list[Remains] = []
    folder = tmp_path / "remains"
    folder.mkdir()
    for crash in power.crashes(random.Random(seed)):
        remains = Remains(crash, folder)
        kinds[crash.kind] += 1
        damaged += not remains.sound
        lost += len(remains.missing(operations[: crash.known]))
        if crash.kind == "flushed":
            noticed += bool(flushed and flushed[-1].missing(operations[: crash.known]))
            flushed.append(remains)
        between += crash.durable > 0 and remains.contents != flushed[crash.durable - 1].contents
    figure(
        "F15",
        f"{kinds.total()} images of {len(power.steps)} commits ({_shown(kinds)}): {damaged} damaged, {lost} acked or "
        f"sent things missing, {between} in a state that no commit left; {what}",
    )
    what.hold()
    assert (damaged, lost, between) == (0, 0, 0)
    assert kinds["checkpoint"] > 0
    assert noticed > 0, "a commit less is never missed: the check sees nothing"
    assert kinds.total() >= IMAGES


def _shown(kinds: Counter[str]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
