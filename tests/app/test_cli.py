import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def recado(tmp_path):
    def recado(*words: str, **settings: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "RECADO_DATA_DIR": str(tmp_path / "data")}
        command = [sys.executable, "-m", "app.cli", *words]
        return subprocess.run(
            command, cwd=tmp_path, env=environment | settings, capture_output=True, text=True, timeout=60, check=False
        )

    return recado


def test_help_names_every_command(recado):
    told = recado("--help")
    assert told.returncode == 0
    assert all(name in told.stdout for name in ("demo", "serve", "worker", "doctor", "kb", "db", "desk"))


def test_serving_without_an_app_secret_is_refused_in_one_sentence(recado):
    told = recado("serve")
    assert told.returncode == 2
    assert "RECADO_WHATSAPP__APP_SECRET" in told.stderr
    assert "Traceback" not in told.stderr


def test_a_setting_of_the_wrong_kind_is_named(recado):
    told = recado("doctor", RECADO_PORT="eighty")
    assert told.returncode == 2
    assert "RECADO_PORT" in told.stderr
    assert "Traceback" not in told.stderr


def test_the_doctor_says_what_is_missing_and_exits_with_one(recado, tmp_path):
    told = recado("doctor", "--json", str(tmp_path / "report.json"))
    findings = {finding["what"]: finding for finding in json.loads((tmp_path / "report.json").read_text())}
    assert told.returncode == 1
    assert findings["settings"]["state"] == "trouble"
    assert findings["data directory"]["state"] == "good"
    assert not (tmp_path / "data").exists(), "looking must not make anything"


def test_the_database_is_made_once_and_its_state_told(recado, tmp_path):
    assert "schema none" in recado("db", "status").stdout
    assert not (tmp_path / "data").exists(), "looking must not make anything"
    made = recado("db", "upgrade", "--json", str(tmp_path / "report.json"))
    report = json.loads((tmp_path / "report.json").read_text())
    assert made.returncode == 0
    assert report["up_to_date"]
    assert recado("db", "upgrade").returncode == 0


def test_a_second_process_on_the_same_data_is_refused(recado, tmp_path):
    import asyncio

    from app.container import open_house
    from app.settings import Settings

    async def busy() -> subprocess.CompletedProcess[str]:
        async with open_house(Settings(data_dir=tmp_path / "data")):
            return await asyncio.to_thread(recado, "db", "upgrade")

    told = asyncio.run(busy())
    assert told.returncode == 2
    assert "Another Recado process" in told.stderr


def test_a_company_folder_with_a_mistake_is_refused_by_file_and_key(recado, tmp_path):
    folder = tmp_path / "company"
    folder.mkdir()
    (folder / "catalogue.yaml").write_text("categories: [{id: x}]")
    (folder / "desk.yaml").write_text("queues: []")
    told = recado("desk", "import", str(folder))
    assert told.returncode == 2
    assert "catalogue.yaml" in told.stderr
    assert "Traceback" not in told.stderr
