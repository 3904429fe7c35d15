from collections.abc import Iterator
from pathlib import Path

import pytest

from retrieval.explaining import WordRead
from retrieval.knowledge import KnowledgeBase


@pytest.fixture
def knowledge(shelf_of_words: Path) -> Iterator[KnowledgeBase]:
    base = KnowledgeBase.open(shelf_of_words, None)
    yield base
    base.close()


@pytest.mark.parametrize("question", ["esqueci a senha", "la vpn no conecta", "bolo de cenoura", "", "👍", "x" * 5000])
async def test_an_explained_search_is_the_same_search(knowledge: KnowledgeBase, question: str) -> None:
    for groups in ((), ("board",)):
        explained = await knowledge.explain(question, "pt-BR", groups=groups)
        assert explained.retrieval == await knowledge.search(question, "pt-BR", groups=groups)
        assert tuple(shown.passage for shown in explained.shown) in {(), explained.retrieval.passages}


async def test_each_word_is_told_as_it_was_read(knowledge: KnowledgeBase) -> None:
    read = (await knowledge.explain("oi, redefinri a snha do zeppelin", "pt-BR")).read
    words = {word.said: word for word in read}
    assert words["oi"] == WordRead("oi", courtesy=True)
    assert words["redefinri"].meant == "redefinir"
    assert words["redefinri"].covered
    assert not words["zeppelin"].known
    assert not words["zeppelin"].covered


async def test_translations_are_told(knowledge: KnowledgeBase) -> None:
    explained = await knowledge.explain("the printer does not print", "pt-BR")
    assert explained.retrieval.passages[0].article_id == "printer"
    told = (await knowledge.explain("a impressora não imprime", "pt-BR")).read
    assert any("printer" in word.translations for word in told)


async def test_better_articles_that_are_not_open_are_named_with_their_groups(knowledge: KnowledgeBase) -> None:
    closed = (await knowledge.explain("tabela de salários da diretoria", "pt-BR", groups=("it",))).closed
    assert [(article.article_id, article.groups, article.better) for article in closed] == [
        ("salaries", ("board",), True)
    ]
    assert (await knowledge.explain("tabela de salários da diretoria", "pt-BR", groups=("board",))).closed == ()
    later = (await knowledge.explain("redefinir a senha", "pt-BR")).closed
    assert all(not article.better for article in later)


async def test_evidence_adds_up_to_the_probability(knowledge: KnowledgeBase) -> None:
    from math import log

    explained = await knowledge.explain("como redefinir a senha", "pt-BR")
    chance = explained.as_shipped
    assert sum(piece.adds for piece in explained.weighed) == pytest.approx(log(chance / (1 - chance)))
    assert explained.retrieval.probability == pytest.approx(chance)
    first = explained.shown[0].parts
    assert first.vector is None
    assert 0 < first.words <= 1
    assert 0 <= first.title <= 1
