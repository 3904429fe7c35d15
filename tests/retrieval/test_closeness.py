from pathlib import Path

import numpy as np
import pytest

from retrieval.closeness import WordOrder
from retrieval.lexical import LexicalIndex
from retrieval.passage import Article

FAR = tuple(range(10, 20))


def test_words_that_stand_together_count_and_words_far_apart_do_not() -> None:
    order = WordOrder.build([(1, 2, 3), (1, *FAR, 2), (2, 1), ()])
    assert order.closeness([1, 2], [0, 1, 2, 3], lambda _number: 1.0).tolist() == pytest.approx(
        [2 / 1.5, 0.0, 2 / 1.5, 0.0]
    )


def test_a_pair_met_often_counts_little_more_and_a_rare_one_much_more() -> None:
    order = WordOrder.build([(1, 2), (1, 2, *FAR, 1, 2), (3, 4)])
    once, twice, rare = order.closeness([1, 2, 3, 4], [0, 1, 2], lambda number: 5.0 if number > 2 else 1.0)
    assert once < twice < 1.5 * once
    assert rare == pytest.approx(5 * once)


def test_word_order_survives_saving(tmp_path: Path) -> None:
    WordOrder.build([(1, 2), (3,)]).save(tmp_path)
    again = WordOrder.load(tmp_path)
    assert np.array_equal(again.closeness([1, 2], [0, 1], lambda _number: 1.0), np.array([2 / 1.5, 0], np.float32))


def test_an_article_with_the_question_s_wording_comes_first_and_other_languages_have_no_wording() -> None:
    articles = [
        Article(id=key, language="pt-BR", title="Contas", body=body)
        for key, body in (
            ("apart", "A senha vale um ano. " + "O portal mostra a folha. " * 4 + "Depois redefinir o ramal."),
            ("together", "O ramal vale um ano. " + "O portal mostra a folha. " * 4 + "Depois redefinir a senha."),
        )
    ]  # fmt: skip
    index = LexicalIndex.build("pt-BR", articles)
    assert index.closeness(index.read(["redefinir", "a", "senha"], "pt-BR"), [0, 1]).tolist() == [0.0, 1.0]
    assert index.read(["reset", "password"], "en").wording == []
