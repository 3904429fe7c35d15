import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from graph.language.offline.categories import CategoryClassifier
from graph.language.offline.grams import Grams


def test_one_example_a_label_is_enough_to_start() -> None:
    subjects = (
        "senha",
        "férias",
        "impressora",
        "monitor",
        "holerite",
        "crachá",
        "vpn",
        "wifi",
        "e-mail",
        "viagem",
        "táxi",
    )
    classifier = CategoryClassifier.train(
        [(f"preciso de {subject} {n}", f"{subject}{n}") for n in (1, 2) for subject in subjects]
    )
    (ranked,) = classifier.rank(["minha impressora 2"])
    assert ranked[0][0] == "impressora2"
    assert len(ranked) == 22


def test_no_label_and_a_single_label_are_taken() -> None:
    assert CategoryClassifier.train([]).rank(["oi"]) == [[]]
    assert CategoryClassifier.train([("oi", "a"), ("olá", "a")]).rank(["oi"])[0][0][0] == "a"
    assert CategoryClassifier.train([("oi", "a")]).rank([]) == []


def test_texts_without_a_known_letter_score_low() -> None:
    classifier = CategoryClassifier.train(
        [("esqueci a senha", "password"), ("senha", "password"), ("férias", "holidays")]
    )
    assert all(score < 0.6 for _, score in classifier.rank(["日本語"])[0])


@pytest.mark.parametrize("text", ["minha impressora não imprime", "impressora impressora", "", "日本語", "a impr"])
def test_a_text_is_weighed_as_the_vectorizer_that_learnt_weighs_it(text):
    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
    vectorizer.fit(["minha impressora", "não imprime nada", "a senha expirou"])
    numbers, weights = Grams.of(vectorizer).row(text)
    expected = vectorizer.transform([text]).toarray()[0]
    found = np.zeros_like(expected)
    found[numbers] = weights
    assert np.allclose(found, expected, atol=1e-12)
