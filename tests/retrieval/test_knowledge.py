import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from retrieval.build import build
from retrieval.embedder import MiniLM
from retrieval.knowledge import KnowledgeBase
from retrieval.passage import Article, Language
from retrieval.revision import IndexUnusableError, pointed, roll_back, swap, withdraw
from retrieval.vectors import VectorsBusyError, VectorsDamagedError, VectorStore


@pytest.fixture(params=["vectors", "words"])
async def knowledge(
    request: pytest.FixtureRequest, tmp_path: Path, shelf_with_vectors: Path, shelf_of_words: Path, model: MiniLM
) -> AsyncIterator[KnowledgeBase]:
    with_vectors = request.param == "vectors"
    shutil.copytree(shelf_with_vectors if with_vectors else shelf_of_words, tmp_path / "kb")
    base = KnowledgeBase.open(tmp_path / "kb", model if with_vectors else None)
    yield base
    base.close()


@pytest.mark.parametrize(
    ("question", "language", "article", "answered_in"),
    [
        ("esqueci minha senha", "pt-BR", "password", "pt-BR"),
        ("oi td bem? esqueci a sehna", "pt-BR", "password", "pt-BR"),
        ("olvidé mi contraseña", "es", "password", "es"),
        ("I forgot my password", "en", "password", "pt-BR"),
        ("la vpn no conecta", "es", "vpn", "pt-BR"),
        ("a impressora não imprime", "pt-BR", "printer", "en"),
        ("how do I ask for vacation", "en", "holidays", "pt-BR"),
    ],
)
async def test_the_right_article_comes_first_in_the_nearest_language(
    knowledge: KnowledgeBase, question: str, language: Language, article: str, answered_in: Language
) -> None:
    found = await knowledge.search(question, language)
    assert found.passages[0].article_id == article
    if article != "password" or language != "en":
        assert found.passages[0].language == answered_in
    assert found.band != "none"
    assert found.revision == knowledge.revision


async def test_one_language_version_of_an_article_and_best_first(knowledge: KnowledgeBase) -> None:
    found = await knowledge.search("senha contraseña password", "es", groups=("board",), limit=10)
    versions = {(passage.article_id, passage.language) for passage in found.passages}
    assert len(versions) == len({article for article, _ in versions})
    scores = [passage.score for passage in found.passages]
    assert scores == sorted(scores, reverse=True)


async def test_an_article_for_a_group_never_reaches_others(knowledge: KnowledgeBase) -> None:
    for question in ("salários da diretoria", "tabela de salários", "senha do arquivo no cofre"):
        open_to_all = await knowledge.search(question, "pt-BR", groups=("it",), limit=50)
        assert "salaries" not in {passage.article_id for passage in open_to_all.passages}
    assert (await knowledge.article("salaries", "pt-BR", groups=("it",))).passages == ()
    assert (await knowledge.article("salaries", "pt-BR", groups=("board",))).passages[0].article_id == "salaries"
    board = await knowledge.search("salários da diretoria", "pt-BR", groups=("board",))
    assert board.passages[0].article_id == "salaries"


@pytest.mark.parametrize(
    "question", ["receita de bolo de chocolate", "obrigado", "oi", "👍", "??", "x" * 5000, "a " * 3000]
)
async def test_nothing_is_claimed_to_apply_to_foreign_questions(knowledge: KnowledgeBase, question: str) -> None:
    assert (await knowledge.search(question, "pt-BR")).band == "none"


async def test_an_empty_question_finds_nothing(knowledge: KnowledgeBase) -> None:
    assert (await knowledge.search(" \n", "pt-BR")).passages == ()
    assert (await knowledge.search("senha", "pt-BR", limit=0)).passages == ()
    assert (await knowledge.article("no-such", "pt-BR")).band == "none"


async def test_a_whole_article_in_the_wanted_language_or_the_nearest(knowledge: KnowledgeBase) -> None:
    assert (await knowledge.article("password", "es")).passages[0].language == "es"
    assert (await knowledge.article("password", "en")).passages[0].language == "pt-BR"


async def test_an_empty_knowledge_base_answers_nothing(tmp_path: Path) -> None:
    base = KnowledgeBase.open(tmp_path / "none", None)
    assert (await base.search("senha", "pt-BR")).band == "none"
    assert (base.revision, base.state) == ("", "empty")
    base.close()


async def test_a_new_revision_is_taken_up_while_searches_run(
    tmp_path: Path, shelf_with_vectors: Path, model: MiniLM
) -> None:
    root = tmp_path / "kb"
    shutil.copytree(shelf_with_vectors, root)
    base = KnowledgeBase.open(root, model)
    first = base.revision
    new = Article(id="badge", language="pt-BR", title="Crachá perdido", body="Peça outro crachá na portaria.")
    swap(root, build([new], root, model).revision)
    found = await asyncio.gather(*(base.search("perdi o crachá", "pt-BR") for _ in range(8)))
    assert {result.revision for result in found} <= {first, base.revision}
    last = await base.search("esqueci a senha", "pt-BR")
    assert last.revision == base.revision != first
    assert {passage.article_id for passage in last.passages} <= {"badge"}
    shutil.rmtree(root / first)
    assert (await base.search("crachá", "pt-BR")).passages[0].article_id == "badge"
    base.close()


async def test_a_withdrawn_article_is_gone_at_once_and_stays_gone_after_a_rollback(
    tmp_path: Path, shelf_of_words: Path
) -> None:
    root = tmp_path / "kb"
    shutil.copytree(shelf_of_words, root)
    base = KnowledgeBase.open(root, None)
    assert (await base.search("conectar na vpn", "pt-BR")).passages[0].article_id == "vpn"
    withdraw(root, ["vpn@pt-BR"])
    other = Article(id="other", language="pt-BR", title="Outro", body="Outro texto.")
    for step in ("at once", "after a rollback"):
        found = await base.search("conectar na vpn", "pt-BR", limit=50)
        assert "vpn" not in {passage.article_id for passage in found.passages}, step
        assert (await base.article("vpn", "pt-BR")).passages == (), step
        swap(root, build([other], root, None).revision)
        roll_back(root)
    base.close()


@pytest.mark.parametrize("content", [b"", b"[1, 2]", b'"vpn"', b"{}", b"null", b"\xff\xfe", b"[" * 100_000, None])
async def test_a_damaged_list_of_withdrawn_articles_shows_nothing_and_is_said(
    tmp_path: Path, shelf_of_words: Path, content: bytes | None
) -> None:
    root = tmp_path / "kb"
    shutil.copytree(shelf_of_words, root)
    base = KnowledgeBase.open(root, None)
    if content is None:
        (root / "withdrawn.json").mkdir()
    else:
        (root / "withdrawn.json").write_bytes(content)
    assert (await base.search("conectar na vpn", "pt-BR")).band == "none"
    assert (await base.article("vpn", "pt-BR")).passages == ()
    assert "recado kb sync" in base.state
    if content is None:
        (root / "withdrawn.json").rmdir()
    withdraw(root, ["vpn@pt-BR"])
    assert (await base.search("redefinir a senha", "pt-BR")).passages[0].article_id == "password"
    assert (await base.article("vpn", "pt-BR")).passages == ()
    assert base.trouble == ""
    base.close()


def test_two_owners_of_the_vectors_are_refused(tmp_path: Path, shelf_with_vectors: Path, model: MiniLM) -> None:
    root = tmp_path / "kb"
    shutil.copytree(shelf_with_vectors, root)
    base = KnowledgeBase.open(root, model)
    with pytest.raises(IndexUnusableError, match="Another process"):
        KnowledgeBase.open(root, model)
    lenient = KnowledgeBase.open(root, model, strict=False)
    assert "open in another process" in lenient.state
    lenient.close()
    base.close()
    folder = pointed(root)
    assert folder is not None
    store = VectorStore.open(folder / "chroma")
    with pytest.raises(VectorsBusyError):
        VectorStore.open(folder / "chroma")
    store.close()


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("manifest.json", "{"),
        ("manifest.json", None),
        ("articles.jsonl", "{}\n"),
        ("passages.db", "not a database, " * 100),
        ("passages.db", None),
        ("calibration.json", "{}}"),
        ("lexical/pt-BR/stems/size.json", "[]"),
        ("lexical/pt-BR/words.json", "[]"),
        ("lexical/pt-BR/order.npy", "no array"),
        ("lexical/es", None),
        ("chroma/chroma.sqlite3", "not a database, " * 100),
    ],
)
def test_a_damaged_index_is_a_sentence(
    tmp_path: Path, shelf_with_vectors: Path, model: MiniLM, file: str, content: str | None
) -> None:
    root = tmp_path / "kb"
    shutil.copytree(shelf_with_vectors, root)
    folder = pointed(root)
    assert folder is not None
    target = folder / file
    if content is not None:
        target.write_text(content)
    elif target.is_dir():
        shutil.rmtree(target)
    else:
        target.unlink()
    with pytest.raises(IndexUnusableError, match="recado kb sync"):
        KnowledgeBase.open(root, model)


def test_an_index_of_another_model_or_version_is_refused(
    tmp_path: Path, shelf_with_vectors: Path, model: MiniLM
) -> None:
    root = tmp_path / "kb"
    shutil.copytree(shelf_with_vectors, root)
    folder = pointed(root)
    assert folder is not None
    manifest = json.loads((folder / "manifest.json").read_text())
    for change in ({"embedder": "other"}, {"dimension": 3}, {"chunker": "other"}, {"format": 99}):
        (folder / "manifest.json").write_text(json.dumps(manifest | change))
        with pytest.raises(IndexUnusableError, match="recado kb sync"):
            KnowledgeBase.open(root, model)


def test_a_pointer_that_leads_elsewhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "CURRENT").write_text("../../etc\n")
    with pytest.raises(IndexUnusableError, match="names no revision"):
        KnowledgeBase.open(tmp_path, None)


def test_rolling_back_needs_a_previous_revision(tmp_path: Path) -> None:
    with pytest.raises(IndexUnusableError, match="no previous revision"):
        roll_back(tmp_path)


async def test_an_index_closed_in_another_thread_can_be_opened_again(
    tmp_path: Path, shelf_with_vectors: Path, model: MiniLM
) -> None:
    shutil.copytree(shelf_with_vectors, tmp_path / "kb")
    for _ in range(2):
        base = await asyncio.to_thread(KnowledgeBase.open, tmp_path / "kb", model)
        await base.search("senha", "pt-BR")
        base.close()


async def test_a_service_starts_without_a_usable_index_and_takes_up_the_next_one(
    tmp_path: Path, shelf_of_words: Path
) -> None:
    root = tmp_path / "kb"
    shutil.copytree(shelf_of_words, root)
    folder = pointed(root)
    assert folder is not None
    (folder / "passages.db").write_text("not a database, " * 100)
    base = KnowledgeBase.open(root, None, strict=False)
    assert (await base.search("como redefinir a senha", "pt-BR")).passages == ()
    assert "recado kb sync" in base.trouble
    assert base.trouble in base.state
    article = Article(id="password", language="pt-BR", title="Redefinir a senha", body="Abra o portal de contas.")
    swap(root, build([article], root, None).revision)
    assert (await base.search("como redefinir a senha", "pt-BR")).passages[0].article_id == "password"
    assert base.trouble == ""
    base.close()
    (root / "CURRENT").write_text("../../etc\n")
    assert "names no revision" in KnowledgeBase.open(root, None, strict=False).state


async def test_a_slip_and_a_greeting_do_not_change_what_is_found(shelf_of_words: Path) -> None:
    base = KnowledgeBase.open(shelf_of_words, None)
    for question in ("redefinir a senha", "oi, boa tarde! preciso de ajuda pra redefinri a snha"):
        assert (await base.search(question, "pt-BR")).passages[0].article_id == "password"
    base.close()


async def test_vectors_that_are_not_all_there_are_done_without_and_it_is_told(
    tmp_path: Path, shelf_with_vectors: Path, model: MiniLM
) -> None:
    root = tmp_path / "kb"
    shutil.copytree(shelf_with_vectors, root)
    folder = pointed(root)
    assert folder is not None
    (folder / "chroma" / "chroma.sqlite3").unlink()
    base = KnowledgeBase.open(root, model, strict=False)
    assert (await base.search("esqueci minha senha", "pt-BR")).passages[0].article_id == "password"
    assert "by words only" in base.state
    assert "recado kb sync --rebuild" in base.state
    base.close()
    with pytest.raises(IndexUnusableError, match="more or fewer vectors"):
        KnowledgeBase.open(root, model)


async def test_vectors_that_turn_out_damaged_while_searching_are_done_without_from_then_on(
    tmp_path: Path, shelf_with_vectors: Path, model: MiniLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, asked = tmp_path / "kb", []

    def broken(self: VectorStore, *_: object) -> None:
        asked.append(1)
        raise VectorsDamagedError("The vectors cannot be read.")

    shutil.copytree(shelf_with_vectors, root)
    base = KnowledgeBase.open(root, model)
    monkeypatch.setattr(VectorStore, "nearest", broken)
    for _ in range(2):
        assert (await base.search("esqueci minha senha", "pt-BR")).passages[0].article_id == "password"
    assert len(asked) == 1
    assert "by words only" in base.state
    base.close()
