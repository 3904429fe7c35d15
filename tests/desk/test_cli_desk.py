"""The desk by command line, on a data directory of its own."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from filelock import FileLock
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from app.cli_desk import desk_app
from app.desk import requests
from app.errors import ConfigurationError, DataDirectoryBusyError
from tools.service_desk import Draft, Employee

COMPANY = Path(__file__).parents[2] / "app/demo/company"
runner = CliRunner()


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RECADO_DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str) -> str:
    result = runner.invoke(desk_app, list(words), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def open_one(data_dir: Path) -> None:
    engine = create_engine(f"sqlite:///{data_dir / 'recado.db'}")
    with Session(engine) as session:
        requests.create_request(
            session,
            employee=Employee(id="E1", name="Ana", email="ana@x.example"),
            conversation_id=None,
            draft=Draft(
                category_id="network-vpn",
                title="[bold]VPN[/] <b>",
                description="cai",
                values={"connection": "vpn", "impact": "me"},
            ),
            reference="r1",
            now=datetime(2026, 11, 23, 13, 0, tzinfo=UTC),
        )
        session.commit()
    engine.dispose()


def test_import_list_reply_note_status_show(data_dir: Path) -> None:
    report = data_dir / "report.json"
    run("import", str(COMPANY), "--json", str(report))
    assert json.loads(report.read_text(encoding="utf8"))["added"] >= 12
    open_one(data_dir)
    run("list", "--json", str(report))
    assert [row["number"] for row in json.loads(report.read_text(encoding="utf8"))] == [1001]
    run("reply", "1001", "olá [red]", "--as", "Rui")
    run("note", "1001", "ninguém vê")
    run("status", "1001", "solved")
    assert "[red]" in run("show", "1001", "--json", str(report))
    history = json.loads(report.read_text(encoding="utf8"))["history"]
    kinds = [event["kind"] for event in history if event["by"] != "system"]  # its promise is long past
    assert kinds == ["created", "comment", "status", "note", "status"]


@pytest.mark.parametrize(
    "words", [("show", "9"), ("show", "x"), ("status", "9", "done"), ("reply", "9", "oi"), ("import", "/nowhere")]
)
def test_a_mistake_is_one_sentence(words: tuple[str, ...]) -> None:
    with pytest.raises(ConfigurationError):
        runner.invoke(desk_app, list(words), catch_exceptions=False)


def test_while_the_service_runs_it_says_so(data_dir: Path) -> None:
    with FileLock(data_dir / "recado.lock"), pytest.raises(DataDirectoryBusyError, match="Another Recado process"):
        runner.invoke(desk_app, ["list"], catch_exceptions=False)
