"""What needs a person, by command line and in the store."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from filelock import FileLock
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from app import channel, cli_store, letters, outbox
from app.backlog import measure
from app.cli import app
from app.container import open_house
from app.db.models import Conversation, HandOffNote, InboxMessage, MediaFile, OutboxEntry
from app.db.schema import upgrade
from app.errors import ConfigurationError, DataDirectoryBusyError
from app.health import report
from app.letters import NotReplayableError
from app.settings import DatabaseSettings, Settings, WhatsAppSettings

AT = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
runner = CliRunner()


def words(said: str) -> dict:
    return {"type": "text", "text": {"body": said}}


def furnish(session: Session) -> None:
    session.add(Conversation(id=1, phone_number_id="p", wa_id="5511999990001", created_at=AT, handed_over=True))
    session.flush()
    states = [("sent", "message"), ("held", "message"), ("failed", "message"), ("dead", "message"), ("failed", "mail")]
    states += [("dead", "fetch"), ("new", "message")]
    for part, (state, kind) in enumerate(states):
        body = {"message": words(f"[bold]palavra {part}"), "mail": {}, "fetch": {"wamid": "w1"}}[kind]
        lane = f"{outbox.LANES[kind]}1"
        entry = OutboxEntry(conversation_id=1, version=1, part=part, lane=lane, kind=kind, body=body, created_at=AT)
        entry.state, entry.tries, entry.error = state, 5, "131026 no such user"
        session.add(entry)
    session.add(MediaFile(wamid="w1", conversation_id=1, media_id="m", mime_type="image/png", name="", state="failed"))
    for seq, state in enumerate(("dead", "done", "dead"), 1):
        body = {"id": f"w{seq}", "kind": "text", "text": f"veneno {seq}", "at": AT.isoformat()}
        session.add(InboxMessage(wamid=f"w{seq}", conversation_id=1, body=body, received_at=AT, state=state, tries=5))
    session.add(HandOffNote(conversation_id=1, reason="tool_failed", summary="veneno", at=AT))


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RECADO_DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with opened(tmp_path) as session:
        upgrade(session.get_bind())
        furnish(session)
        session.commit()
    return tmp_path


class opened:  # noqa: N801 -- reads as a word
    """A session on the file, which closes its engine too."""

    def __init__(self, data_dir: Path) -> None:
        self.session = Session(create_engine(f"sqlite:///{data_dir / 'recado.db'}"))

    def __enter__(self) -> Session:
        return self.session

    def __exit__(self, *_: object) -> None:
        engine = self.session.get_bind()
        self.session.close()
        engine.dispose()


def run(*said: str) -> str:
    cli_store.console.width = 200  # whatever terminal the tests run in
    result = runner.invoke(app, list(said), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def states(data_dir: Path) -> list[str]:
    with opened(data_dir) as session:
        return list(session.scalars(select(OutboxEntry.state).order_by(OutboxEntry.id)))


def test_the_list_shows_what_needs_a_person_while_the_service_runs(data_dir):
    with FileLock(data_dir / "recado.lock"):
        shown = run("outbox", "list", "--json", "found.json")
    found = json.loads((data_dir / "found.json").read_text())
    assert [entry["state"] for entry in found] == ["held", "failed", "dead", "failed", "dead"]
    assert found[0]["contact"] == "5511999990001"
    assert "[bold]palavra 1" in shown


def test_the_list_can_be_of_one_state(data_dir):
    run("outbox", "list", "--state", "dead", "--state", "new", "--json", "found.json")
    found = json.loads((data_dir / "found.json").read_text())
    assert [entry["kind"] for entry in found] == ["message", "fetch", "message"]


def test_one_entry_is_shown_whole(data_dir):
    with FileLock(data_dir / "recado.lock"):
        assert "131026 no such user" in run("outbox", "show", "3")
    with pytest.raises(NotReplayableError, match="no outbox entry 77"):
        run("outbox", "show", "77")


def test_replaying_sends_again_from_the_beginning(data_dir):
    run("outbox", "replay", "2", "4", "--json", "done.json")
    assert json.loads((data_dir / "done.json").read_text()) == {"replayed": [2, 4]}
    assert states(data_dir)[:4] == ["sent", "new", "failed", "new"]
    with opened(data_dir) as session:
        assert session.get_one(OutboxEntry, 4).tries == 0


def test_a_file_is_fetched_again(data_dir):
    run("outbox", "replay", "6")
    with opened(data_dir) as session:
        assert session.get_one(MediaFile, "w1").state == "waiting"


def test_all_of_a_state_are_replayed_but_codes_which_are_not_kept(data_dir):
    run("outbox", "replay", "--state", "failed")
    assert states(data_dir) == ["sent", "held", "new", "dead", "failed", "dead", "new"]


def test_of_entries_that_are_named_all_are_replayed_or_none(data_dir):
    with pytest.raises(NotReplayableError, match="a code is not kept"):
        run("outbox", "replay", "2", "5")
    with pytest.raises(NotReplayableError, match="is sent"):
        run("outbox", "replay", "2", "1")
    assert states(data_dir)[1] == "held"


def test_what_is_dropped_is_listed_no_more_and_never_sent(data_dir):
    run("outbox", "drop", "--state", "dead")
    run("outbox", "list", "--json", "found.json")
    assert [entry["state"] for entry in json.loads((data_dir / "found.json").read_text())] == [
        "held",
        "failed",
        "failed",
    ]
    assert "dropped" in states(data_dir)


def test_it_must_be_said_what_to_change(data_dir):
    with pytest.raises(ConfigurationError, match="Name entries"):
        run("outbox", "replay")
    with pytest.raises(ConfigurationError, match="Name messages"):
        run("inbox", "replay")


def test_changing_needs_the_service_stopped_and_looking_needs_a_database(data_dir, tmp_path_factory, monkeypatch):
    with FileLock(data_dir / "recado.lock"), pytest.raises(DataDirectoryBusyError):
        run("outbox", "replay", "2")
    monkeypatch.setenv("RECADO_DATA_DIR", str(tmp_path_factory.mktemp("empty")))
    with pytest.raises(ConfigurationError, match="no database"):
        run("outbox", "list")


def test_parked_messages_are_listed_and_thought_about_again_in_their_conversation(data_dir):
    assert "veneno 3" in run("inbox", "list", "--json", "found.json")
    assert [message["id"] for message in json.loads((data_dir / "found.json").read_text())] == [1, 3]
    run("inbox", "replay", "--all")
    with opened(data_dir) as session:
        rows = session.execute(select(InboxMessage.state, InboxMessage.tries).order_by(InboxMessage.seq)).all()
        assert [tuple(row) for row in rows] == [("new", 0), ("done", 5), ("new", 0)]
        assert session.get_one(Conversation, 1).handed_over is False
        assert session.scalars(select(HandOffNote.ended_at)).one() is not None
    with pytest.raises(NotReplayableError, match="Message 1 is new"):
        run("inbox", "replay", "1")


def test_a_conversation_somebody_asked_a_person_for_stays_with_them(data_dir):
    with opened(data_dir) as session:
        session.add(HandOffNote(conversation_id=1, reason="asked", summary="", at=AT))
        session.commit()
    with pytest.raises(NotReplayableError, match="a person has conversation 1"):
        run("inbox", "replay", "1")


async def test_on_postgresql_entries_are_replayed_beside_the_running_service(stores, tmp_path, monkeypatch, clock):
    with stores.postgres() as url:
        settings = Settings(data_dir=tmp_path, database=DatabaseSettings(url=url))
        async with open_house(settings) as running:
            await running.database.write(furnish)
            monkeypatch.setenv("RECADO_DATA_DIR", str(tmp_path))
            monkeypatch.setenv("RECADO_DATABASE__URL", url)
            assert "palavra 3" in await asyncio.to_thread(run, "outbox", "list", "--state", "dead")
            await asyncio.to_thread(run, "outbox", "replay", "4")
            await asyncio.to_thread(run, "inbox", "replay", "1")
            jobs = "SELECT args ->> 'key' FROM procrastinate_jobs WHERE status = 'todo' ORDER BY 1"
            assert await running.database.read(lambda s: list(s.scalars(text(jobs)))) == ["c1", "t1"]


async def test_health_tells_of_a_channel_that_another_process_found_stopped(stores, tmp_path):
    with stores.postgres() as url:
        whatsapp = WhatsAppSettings(phone_number_id="p")
        settings = Settings(data_dir=tmp_path, database=DatabaseSettings(url=url), whatsapp=whatsapp)
        async with open_house(settings) as sender, open_house(settings) as receiver:
            assert (await report(receiver, None))["channel"] == "ok"
            until = AT + timedelta(minutes=1)
            await sender.database.write(lambda s: channel.stop(s, "p", "190 token", until=until, now=AT))
            assert (await report(receiver, None))["channel"] == "stopped: 190 token"


async def test_a_dead_entry_that_may_have_arrived_is_counted_as_sent_again(database):
    await database.write(furnish)

    def lost(session: Session) -> None:
        session.get_one(OutboxEntry, 4).resends = 5
        letters.replay(session, 4)
        letters.replay(session, 3)

    await database.write(lost)
    resends = await database.read(lambda s: list(s.scalars(select(OutboxEntry.resends).order_by(OutboxEntry.id))))
    assert resends[2:4] == [0, 6]


async def test_every_process_sees_what_waits_what_is_parked_and_why_the_channel_stands(database):
    await database.write(furnish)
    await database.write(lambda s: channel.stop(s, "p", "190 token", until=AT + timedelta(minutes=1), now=AT))
    settings = Settings(whatsapp=WhatsAppSettings(phone_number_id="p"))
    seen = await database.read(lambda s: measure(s, settings, AT + timedelta(hours=25)))
    assert seen.standing.stopped_because == "190 token"
    assert seen.outbox == {"new": 1, "held": 1, "failed": 2, "dead": 2}
    assert (seen.unread, seen.given_up, seen.held_too_long, seen.files_failed) == (0, 2, 1, 1)
    await database.write(lambda s: channel.works(s, "p", AT))
    assert (await database.read(lambda s: measure(s, settings, AT))).standing.stopped_because == ""
