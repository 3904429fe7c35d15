"""`recado kb gaps`, `gap` and `articles` as a knowledge manager types them."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from app.cli_kb import kb_app
from app.container import open_house, utc_now
from app.settings import Settings
from tests.knowledge.records import asked, solved

ADVICE = "Ligue o carregador na tomada azul e segure o botão verde por 5 segundos."


@pytest.fixture
def company(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory with three articles and three questions about a forklift, one of them solved."""
    monkeypatch.setenv("RECADO_DATA_DIR", str(tmp_path / "data"))
    assert CliRunner().invoke(kb_app, ["sync", str(folder)]).exit_code == 0

    def ask(session: Session) -> None:
        at = utc_now() - timedelta(days=1)
        asked(session, "a empilhadeira não carrega a bateria", "nothing", "request", at=at, reference="r1")
        asked(session, "bateria da empilhadeira não carrega", at=at)
        solved(session, 1001, "r1", f"Oi Ana! {ADVICE}", at=at)

    async def fill() -> None:
        async with open_house(Settings()) as house:
            await house.database.write(ask)

    asyncio.run(fill())
    return tmp_path / "report.json"


def test_a_manager_goes_from_the_list_to_the_published_article(company: Path):
    run = CliRunner()
    listed = run.invoke(kb_app, ["gaps", "--json", str(company)])
    assert listed.exit_code == 0, listed.output
    [gap] = json.loads(company.read_text())["gaps"]
    number = str(gap["id"])
    assert (gap["questions"], gap["verdict"]) == (2, "missing")

    drafted = run.invoke(kb_app, ["gap", "draft", number, "--by", "Kim"])
    assert ADVICE in drafted.output
    text = company.with_name("text.md")
    text.write_text(f"# Empilhadeira não carrega\n\n{ADVICE}\n", "utf-8")
    edited = run.invoke(kb_app, ["gap", "edit", number, str(text), "--by", "Lia", "--owner", "Frota"])
    assert "edited by Lia" in edited.output
    published = run.invoke(kb_app, ["gap", "publish", number, "--by", "Kim", "--json", str(company)])
    assert published.exit_code == 0, published.output
    assert {one["after"] for one in json.loads(company.read_text())["questions"]} == {"answer"}

    shown = run.invoke(kb_app, ["gap", "show", number, "--json", str(company)])
    assert "#1001 solved" in shown.output
    assert json.loads(company.read_text())["gap"]["state"] == "published"
    assert "No question" in run.invoke(kb_app, ["gaps"]).output
    assert run.invoke(kb_app, ["verify"]).exit_code == 0


def test_a_gap_is_dismissed_with_a_reason_and_taken_up_again(company: Path):
    run = CliRunner()
    run.invoke(kb_app, ["gaps"])
    assert run.invoke(kb_app, ["gap", "dismiss", "1", "--by", "Kim", "--because", "they must call"]).exit_code == 0
    assert "they must call" not in run.invoke(kb_app, ["gaps"]).output
    run.invoke(kb_app, ["gaps", "--all", "--json", str(company)])
    assert json.loads(company.read_text())["gaps"][0]["reason"] == "they must call"
    assert run.invoke(kb_app, ["gap", "reopen", "1", "--by", "Kim"]).exit_code == 0


@pytest.mark.parametrize("option", ["--never-used", "--stale", "--contradicted", "--duplicates"])
def test_lists_of_articles_are_shown_and_written(company: Path, option: str):
    done = CliRunner().invoke(kb_app, ["articles", option, "--json", str(company)])

    assert done.exit_code == 0, done.output
    assert set(json.loads(company.read_text())) & {"articles", "pairs"}


@pytest.mark.parametrize(
    "arguments",
    [["show", "9"], ["draft", "9", "--by", "K"], ["publish", "9", "--by", "K"],
     ["dismiss", "9", "--by", "K", "--because", "x"], ["edit", "9", "nowhere.md", "--by", "K"]],
)  # fmt: skip
def test_what_cannot_be_done_is_a_sentence(company: Path, arguments: list[str]):
    done = CliRunner().invoke(kb_app, ["gap", *arguments])

    assert done.exit_code == 2, done.output
    assert "Traceback" not in done.output
