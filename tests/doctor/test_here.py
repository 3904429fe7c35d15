"""What the doctor finds on this machine: settings, store, knowledge base, mail."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import create_engine, text

from app.db.queue_schema import JOBS
from app.doctor import examine
from app.doctor.finding import Finding
from app.doctor.knowledge import check_knowledge
from app.doctor.mail import check_mail
from app.doctor.store import check_store
from app.emulator.mailbox import Mailbox
from app.settings import DatabaseSettings, MailSettings, Settings
from tests.stores import sqlalchemy_url

ROOT = Path(__file__).parents[2]


def by_name(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.what: finding for finding in findings}


def store(url: str) -> dict[str, Finding]:
    return by_name(check_store(Settings(database=DatabaseSettings(url=url))))


def run_sql(url: str, statement: str) -> None:
    engine = create_engine(sqlalchemy_url(url))
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def test_a_store_that_is_up_to_date_is_good_on_either_engine(store_url):
    found = store(store_url)
    assert found["database"].state == "good"
    assert found.keys() in ({"SQLite", "database"}, {"PostgreSQL", "queue", "database"})


def test_an_older_schema_is_told_with_the_command_that_mends_it(store_url):
    run_sql(store_url, "UPDATE alembic_version SET version_num = '0001'")
    assert store(store_url)["database"].advice == "recado db upgrade"


def test_a_schema_of_a_newer_version_is_a_trouble(store_url):
    run_sql(store_url, "UPDATE alembic_version SET version_num = '9999'")
    assert store(store_url)["database"].state == "trouble"


def test_a_queue_of_another_version_of_its_library_is_told(stores):
    with stores.postgres() as url:
        run_sql(url, f"COMMENT ON TABLE {JOBS} IS '2.0.0'")
        assert "Procrastinate 2.0.0" in store(url)["queue"].found
        assert store(url)["queue"].advice == "recado db upgrade"


def test_a_server_that_does_not_answer_is_told_without_its_password(free_port):
    found = store(f"postgresql://recado:hunter2@127.0.0.1:{free_port()}/recado")["database"]
    assert found.state == "trouble"
    assert "hunter2" not in str(found)


def test_a_url_of_no_kind_we_know_is_a_trouble():
    assert store("mysql://x/y")["database"].state == "trouble"


def test_looking_makes_no_database(tmp_path):
    check_store(Settings(data_dir=tmp_path / "data"))
    assert not (tmp_path / "data").exists()


def test_the_index_revision_in_use_is_named_and_a_missing_one_told(tmp_path):
    folder = tmp_path / "knowledge"
    settings = Settings(data_dir=tmp_path)
    assert "empty" in check_knowledge(settings)[0].found
    (folder / "r7").mkdir(parents=True)
    (folder / "CURRENT").write_text("r7\n")
    assert "r7" in check_knowledge(settings)[0].found
    (folder / "r7").rmdir()
    assert check_knowledge(settings)[0].state == "trouble"


def test_on_a_shared_store_the_revision_is_the_published_one(stores, free_port):
    with stores.postgres() as url:
        settings = Settings(database=DatabaseSettings(url=url))
        assert "empty" in check_knowledge(settings)[0].found
        run_sql(url, "INSERT INTO index_pointer (id, revision, previous, changes) VALUES (1, 'r9', '', 1)")
        assert "revision r9 published" in check_knowledge(settings)[0].found
    away = Settings(database=DatabaseSettings(url=f"postgresql://x@127.0.0.1:{free_port()}/x"))
    assert check_knowledge(away)[0].state == "note"


async def mail(**settings: Any) -> Finding:
    given = MailSettings(host="127.0.0.1", sender="recado@ipe.example", starttls=False, **settings)
    (finding,) = await asyncio.to_thread(check_mail, Settings(mail=given))
    return finding


async def test_a_mail_server_that_takes_us_is_good():
    async with Mailbox() as mailbox:
        assert (await mail(port=mailbox.port)).state == "good"


async def test_a_mail_server_that_does_not_know_us_or_is_away_is_told_with_a_remedy(free_port):
    async with Mailbox() as mailbox:
        refused = await mail(port=mailbox.port, username="recado", password=SecretStr("hunter2"))
    away = await mail(port=free_port())
    assert {refused.state, away.state} == {"trouble"}
    assert "RECADO_MAIL__HOST" in away.advice
    assert "hunter2" not in str(refused)


def test_everything_is_looked_at_even_when_nothing_is_set(tmp_path):
    found = by_name(examine(Settings(data_dir=tmp_path / "data")))
    here = {"settings", "company", "data directory", "SQLite", "database", "knowledge base"}
    assert found.keys() == here | {
        "language model",
        "embeddings",
        "sources outside",
        "mail",
        "staff sign-in",
        "WhatsApp",
    }
    assert all(finding.advice for finding in found.values() if finding.state == "trouble")


async def test_the_command_reports_everything_and_exits_with_one_on_a_trouble(meta, tmp_path):
    whatsapp = meta.settings.whatsapp
    environment = {
        "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "RECADO_DATA_DIR": str(tmp_path / "data"),
        "RECADO_WHATSAPP__APP_SECRET": "app-secret", "RECADO_WHATSAPP__VERIFY_TOKEN": "verify-me",
        "RECADO_WHATSAPP__ACCESS_TOKEN": "the-token", "RECADO_WHATSAPP__PHONE_NUMBER_ID": whatsapp.phone_number_id,
        "RECADO_WHATSAPP__WABA_ID": whatsapp.waba_id, "RECADO_WHATSAPP__BASE_URL": whatsapp.base_url,
        "RECADO_MAIL__HOST": "127.0.0.1", "RECADO_MAIL__SENDER": "recado@ipe.example", "RECADO_MAIL__STARTTLS": "false",
        "RECADO_COMPANY__NAME": "Ipê", "RECADO_COMPANY__PRIVACY_URL": "https://ipe.example/privacidade",
    }  # fmt: skip

    async def doctor(mail_port: int) -> tuple[int, dict[str, str]]:
        command = [sys.executable, "-m", "app.cli", "doctor", "--json", str(tmp_path / "report.json")]
        told = await asyncio.to_thread(
            subprocess.run, command, cwd=tmp_path, env=environment | {"RECADO_MAIL__PORT": str(mail_port)},
            capture_output=True, check=False, timeout=60,
        )  # fmt: skip
        report = json.loads((tmp_path / "report.json").read_text())
        return told.returncode, {finding["what"]: finding["state"] for finding in report}

    async with Mailbox() as mailbox:
        code, states = await doctor(mailbox.port)
        assert code == 0, states
        assert "trouble" not in states.values()
        meta.account.quality_rating = "RED"
        code, states = await doctor(mailbox.port)
        assert (code, states["quality"]) == (1, "trouble")
