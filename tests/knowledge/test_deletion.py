"""A deleted article: cited by nobody from then on, and no byte of it is left."""

import asyncio
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import create_engine, text

from app.db.engine import Database
from app.knowledge.articles import all_articles
from app.knowledge.consistency import go_back, inconsistencies
from app.knowledge.copies import bring_up_to_date
from app.knowledge.pointer import look
from app.knowledge.shipping import fetch
from app.knowledge.sync import delete_article, sync_folder
from graph.turn import Agent
from retrieval.embedder import find_model, load_embedder
from retrieval.gloss import told
from retrieval.passage import Language
from retrieval.passage_store import PassageStore, stored_articles
from retrieval.revision import FOLDER, pointed
from retrieval.vector_cache import digest
from tests.graph.real_talk import Talk
from tests.knowledge.shelves import Worker, write
from tests.stores import sqlalchemy_url

CANARY = "zarabatana"  # in title, heading, text and keywords; made of letters that no other article shares in a row
QUESTIONS: dict[Language, str] = {
    "pt-BR": "como calibrar a zarabatana do almoxarifado?",
    "es": "¿cómo calibro la zarabatana del depósito?",
    "en": "how do I calibrate the zarabatana in the storeroom?",
}
TITLES: dict[Language, str] = {
    "pt-BR": "Calibrar a zarabatana do almoxarifado", "es": "Calibrar la zarabatana del depósito",
    "en": "Calibrate the zarabatana in the storeroom",
}  # fmt: skip


def add_canary(folder: Path, *languages: Language) -> None:
    """An article that will have to go."""
    for language in languages:
        title = TITLES[language]
        body = f"# Zarabatana\n\n{title}: 7 voltas. Zarabatana {language}, passo 1.\n\n1. Zarabatana\n2. Fim"
        name = f"canary-{language.lower()}"
        write(folder, name, title, body, id="canary", language=language, keywords=f"[{CANARY}]")


async def in_store(database: Database, scratch: Path) -> list[Path]:
    """Every revision in the store, unpacked."""
    pointer = await database.read(look)
    return [await fetch(database, scratch, name) for name in (pointer.revision, pointer.previous) if name]


def rows(url: str) -> list[str]:
    """All that the database says when it is asked for everything."""
    engine, found = create_engine(sqlalchemy_url(url)), []
    tables = "SELECT name FROM sqlite_master WHERE type = 'table'"
    if not url.startswith("sqlite"):
        tables = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
    with engine.connect() as connection:
        for (table,) in connection.execute(text(tables)).all():
            found += [str(row) for row in connection.execute(text(f'SELECT * FROM "{table}"'))]  # noqa: S608 -- names
    engine.dispose()
    return found


def traces(folder: Path, needles: list[bytes]) -> set[str]:
    """Files below a folder with any of these bytes, in what SQLite files hold packed too."""
    found = set()
    for file in (file for file in folder.rglob("*") if file.is_file()):
        content = file.read_bytes().lower()
        if file.name == "passages.db":
            content += b"".join(article.model_dump_json().encode().lower() for article in stored_articles(file))
        if any(needle.lower() in content for needle in needles):
            found.add(file.relative_to(folder).as_posix())
    return found


def vectors_of(folder: Path) -> list[bytes]:
    """Digests of the canary's texts and what the model made of them: the text can be guessed from a vector."""
    model = load_embedder(folder)
    if model is None:
        return []
    current = pointed(folder)
    assert current is not None
    passages = PassageStore(current / "passages.db")
    chunks = [stored.chunk.under(TITLES["pt-BR"]) for stored in passages.of("canary@pt-BR")]
    texts = [told(chunk, "pt-BR", model.id) for chunk in chunks]
    passages.close()
    return [vector.astype(np.float32).tobytes()[:64] for vector in model.embed(texts)] + [
        digest(one).encode() for one in texts
    ]


@pytest.mark.parametrize("shared", [False, True])
async def test_no_byte_of_a_deleted_article_is_left_in_any_file_or_table(
    database: Database, store_url: str, folder: Path, tmp_path: Path, shared: bool
) -> None:
    add_canary(folder, "pt-BR")
    data, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    root = data / FOLDER
    await sync_folder(database, folder, data, shared=shared)
    write(folder, "vpn", "Conectar na VPN", "Agora com outro aplicativo.")
    await sync_folder(database, folder, data, shared=shared)
    needles = [CANARY.encode(), *vectors_of(root)]
    worker = await Worker.begin(database, elsewhere)
    before = {file.partition("/")[2].partition("/")[0] for file in traces(root, needles)}
    assert {"articles.jsonl", "passages.db", "lexical"} <= before
    assert ("vectors.db" in traces(root, needles)) == (find_model() is not None)
    assert len({file.partition("/")[0] for file in traces(root, [CANARY.encode()])}) == 2  # the previous one too
    assert any(CANARY in row.lower() for row in rows(store_url))

    assert await delete_article(database, "canary@pt-BR", data, shared=shared)

    assert traces(data, needles) == set()
    assert not any(CANARY in row.lower() for row in rows(store_url))
    if store_url.startswith("sqlite"):
        files = list(Path(database.engine.url.database or "").parent.glob("*.db*"))
        assert files
        assert not any(CANARY.encode() in file.read_bytes().lower() for file in files)
    if shared:
        assert len(kept := await in_store(database, tmp_path / "scratch")) == 2
        assert [traces(folder, needles) for folder in kept] == [set(), set()]
        await worker.copy.look()
        assert traces(worker.root, needles) == set()
        worker.knowledge.close()
        await bring_up_to_date(database, elsewhere / FOLDER)
    assert await inconsistencies(database, data, shared=shared) == []
    await go_back(database, data, shared=shared)
    back = await Worker.begin(database, data)
    assert "Conectar na VPN" in await back.titles("conectar na vpn")
    back.knowledge.close()


def test_the_scan_finds_what_is_packed(tmp_path: Path) -> None:
    assert CANARY.encode() not in zlib.compress(b"a zarabatana" * 9)
    (tmp_path / "note").write_bytes(b"x\0ZaraBATANA\0")
    assert traces(tmp_path, [CANARY.encode()]) == {"note"}


@dataclass
class Askers:
    """People of three languages who ask each of the workers without a pause; what they were told since."""

    agent: Agent
    workers: list[Worker]
    told: list[str] = field(default_factory=list)
    stopped: bool = False

    async def ask_once(self) -> list[str]:
        replies = []
        for worker in self.workers:
            for question in QUESTIONS.values():
                talk = Talk(self.agent, knowledge=worker.knowledge)
                replies.append(await talk.say(question))
        self.told += replies
        return replies

    async def ask_on(self) -> None:
        while not self.stopped:
            await self.ask_once()

    async def look(self) -> None:
        """What each worker does every two seconds."""
        for worker in self.workers:
            await worker.copy.look()


@pytest.mark.parametrize("how", ["deleted", "restricted"])
async def test_nobody_is_told_what_was_deleted_or_forbidden_in_any_language_through_swaps_and_rollbacks(
    database: Database, folder: Path, tmp_path: Path, agent: Agent, how: str
) -> None:
    add_canary(folder, *TITLES)
    office = tmp_path / "office"
    await sync_folder(database, folder, office, shared=True)
    askers = Askers(agent, [await Worker.begin(database, tmp_path / name) for name in ("one", "other")])
    assert all(CANARY in reply.lower() for reply in await askers.ask_once())

    for file in folder.glob("canary-*.md"):
        if how == "restricted":
            file.write_text(file.read_text().replace("keywords:", "audience: diretoria\nkeywords:"))
        else:
            file.unlink()
    if how == "deleted":
        await delete_article(database, "canary@pt-BR", office, shared=True)
    await sync_folder(database, folder, office, shared=True)
    (askers.workers[0].root / "withdrawn.json").write_text("[" * 100_000)  # one cannot even read what it must hide
    assert not any(CANARY in reply.lower() for reply in (await askers.ask_once())[: len(QUESTIONS)])
    await askers.look()
    askers.told.clear()
    asking = asyncio.create_task(askers.ask_on())
    write(folder, "vpn", "Conectar na VPN", "Agora com outro aplicativo.")
    await sync_folder(database, folder, office, shared=True)
    await askers.look()
    await go_back(database, office, shared=True)
    await askers.look()
    await askers.ask_once()
    askers.stopped = True
    await asking

    assert len(askers.told) > len(QUESTIONS) * len(askers.workers) * 3
    assert not any(CANARY in reply.lower() and "📄" in reply for reply in askers.told)
    assert not any("7 voltas" in reply for reply in askers.told)
    for worker in askers.workers:
        worker.knowledge.close()
    assert len(await database.read(all_articles)) == (6 if how == "restricted" else 3)
