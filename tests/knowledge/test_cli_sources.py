"""`recado kb source` and `recado kb sync NAME`, as somebody types them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.cli_kb import kb_app
from tests.knowledge.shelves import write


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RECADO_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, expect: int = 0, answer: str | None = None) -> Result:
        done = CliRunner().invoke(kb_app, arguments, input=answer)
        assert done.exit_code == expect, done.output
        assert "Traceback" not in done.output
        return done

    return run


def found(run, report: Path, question: str) -> set[str]:
    run("search", question, "--json", str(report))
    return {passage["article_id"] for passage in json.loads(report.read_text())["passages"]}


def test_a_source_is_added_read_changed_and_removed(run, tmp_path):
    report = tmp_path / "report.json"
    write(tmp_path / "rh", "ferias", "Férias", "Peça no portal.")
    write(tmp_path / "rh", "ponto", "Ponto", "Registre no portal.")
    run("source", "add", "rh", "--kind", "folder", "--location", "rh", "--schedule", "07:30", "--group", "rh")
    run("source", "list", "--json", str(report))
    [told] = json.loads(report.read_text())
    assert (told["location"], told["schedule"], told["audience"]) == (str(tmp_path / "rh"), "daily at 07:30", ["rh"])
    run("sync", "rh", "--json", str(report))
    told = json.loads(report.read_text())
    assert (told["outcome"], len(told["sources"][0]["added"])) == ("done", 2)
    assert found(run, report, "pedir férias") == set()
    run("source", "change", "rh", "--group", "", "--owner", "Ana", "--disable")
    run("sync", "rh")
    assert "ferias" in found(run, report, "pedir férias")
    assert '"owner": "Ana"' in run("source", "show", "rh").output
    run("source", "remove", "rh", expect=1, answer="n\n")
    assert "with 2 articles" in run("source", "remove", "rh", "--yes").output
    assert found(run, report, "pedir férias") == set()
    run("verify")


def test_all_means_every_enabled_source_and_one_in_trouble_is_an_exit_code(run, tmp_path):
    report = tmp_path / "report.json"
    for name in ("rh", "ti", "fin"):
        write(tmp_path / name, name, name, f"texto de {name}")
        run("source", "add", name, "--kind", "folder", "--location", name)
    run("source", "change", "fin", "--disable")
    (tmp_path / "ti").rename(tmp_path / "elsewhere")
    run("sync", "--all", "--json", str(report), expect=1)
    told = json.loads(report.read_text())
    assert {one["source"]: one["outcome"] for one in told["sources"]} == {"rh": "done", "ti": "unavailable"}


@pytest.mark.parametrize(("words", "why"), [
    (("sync",), "say --all"), (("sync", "rh", "--all"), "say --all"), (("sync", "a", "b"), "no source a"),
    (("sync", "./nowhere"), "is not a folder"), (("source", "show", "x"), "no source x"),
    (("source", "remove", "x"), "no source x"), (("source", "change", "x"), "no source x"),
    (("source", "add", "a b", "--kind", "folder", "--location", "x"), "name"),
    (("source", "add", "a", "--kind", "ftp", "--location", "x"), "kind"),
    (("source", "add", "a", "--kind", "folder"), "location"),
    (("source", "add", "a", "--kind", "urls", "--urls-from", "none.txt"), "cannot be read"),
])  # fmt: skip
def test_what_cannot_be_done_is_a_sentence(run, words, why):
    run("source", "add", "known", "--kind", "folder", "--location", "x")
    assert why in " ".join(run(*words, expect=2).output.split())


def test_pages_are_named_one_by_one_or_in_a_file(run, tmp_path):
    (tmp_path / "pages.txt").write_text("https://kb.example/a\nhttps://kb.example/b\n")
    report = tmp_path / "report.json"
    run("source", "add", "web", "--kind", "urls", "--url", "https://kb.example/c", "--urls-from", "pages.txt")
    run("source", "show", "web", "--json", str(report))
    told = json.loads(report.read_text())
    assert told["location"].split() == [f"https://kb.example/{page}" for page in "cab"]
    assert told["next_run_at"] is None


def test_a_folder_is_still_a_folder_and_becomes_the_source_of_that_name(run, tmp_path):
    report = tmp_path / "report.json"
    write(tmp_path / "articles", "ferias", "Férias", "Peça no portal.")
    run("sync", "articles", "--json", str(report))
    assert json.loads(report.read_text())["added"] == ["ferias@pt-BR"]
    run("sync", "folder", "--json", str(report))
    assert json.loads(report.read_text())["sources"][0]["unchanged"] == ["ferias@pt-BR"]
