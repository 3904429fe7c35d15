import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.language.offline import categories
from graph.language.offline.categories import CategoryClassifier, Trust
from graph.language.offline.likeness import Likeness

SUBJECTS = ("senha", "férias", "impressora", "monitor", "holerite", "crachá", "vpn", "viagem")
EXAMPLES = [
    (form.format(subject), subject)
    for subject in SUBJECTS
    for form in ("preciso de {}", "problema com {}", "minha {} não funciona", "{} nova", "onde fica {}?")
]
CLASSIFIER = CategoryClassifier.train(EXAMPLES)


def test_the_subject_decides_and_its_score_is_clear():
    ((best, score), (_, next_score), *_) = CLASSIFIER.rank(["a impressora parou"])[0]
    assert best == "impressora"
    assert score > 0.5 > next_score


@pytest.mark.parametrize("text", ["quem ganhou o jogo de ontem", "日本語", "", "🙂", "lorem ipsum dolor"])
def test_what_is_like_no_example_scores_low_everywhere(text):
    assert max(score for _, score in CLASSIFIER.rank([text])[0]) < 0.4


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=80))
def test_whatever_is_written_all_labels_are_ranked_by_probability(text):
    (ranked,) = CLASSIFIER.rank([text])
    scores = [score for _, score in ranked]
    assert sorted(label for label, _ in ranked) == sorted(SUBJECTS)
    assert scores == sorted(scores, reverse=True)
    assert all(0.0 <= score <= 1.0 for score in scores)
    assert sum(scores) <= 1.0 + 1e-4


def test_foreign_examples_lower_what_is_like_them():
    asked = ["preciso de um bolo de cenoura"]
    taught = CategoryClassifier.train(EXAMPLES, foreign=["receita de bolo", "bolo de chocolate", "como faço um bolo"])
    assert max(s for _, s in taught.rank(asked)[0]) < max(s for _, s in CLASSIFIER.rank(asked)[0])
    assert taught.labels == CLASSIFIER.labels


def test_what_leaving_an_example_out_would_say_is_what_learning_without_it_says():
    likeness = Likeness.of([text for text, _ in EXAMPLES], None)
    alike = likeness.among() + 1.0
    of = np.array([SUBJECTS.index(label) for _, label in EXAMPLES])
    wanted = 2.0 * np.eye(len(SUBJECTS))[of] - 1.0
    inverse = np.linalg.inv(alike + categories.RIDGE * np.eye(len(of)))
    kept = of != 3
    learnt = np.linalg.solve(alike[np.ix_(kept, kept)] + categories.RIDGE * np.eye(kept.sum()), wanted[kept])
    told = categories._without_label(inverse, inverse @ wanted, wanted, of)
    assert np.allclose(told[of == 3], alike[np.ix_(~kept, kept)] @ learnt)


def test_vectors_of_the_same_meaning_help_words_that_were_never_seen():
    meanings = {"senha": 0, "férias": 1, "impressora": 2, "clave": 0}

    def embed(texts):
        rows = np.zeros((len(texts), 4), np.float32)
        for row, text in zip(rows, texts, strict=True):
            row[next((place for word, place in meanings.items() if word in text), 3)] = 1.0
        return rows

    few = [pair for pair in EXAMPLES if pair[1] in meanings]
    assert CategoryClassifier.train(few, embed=embed).rank(["clave"])[0][0][0] == "senha"


def test_a_catalogue_of_names_alone_is_trusted_as_other_catalogues_are():
    named = CategoryClassifier.train([(subject, subject) for subject in SUBJECTS])
    assert named.model.trust == Trust()
    assert named.rank(["holerite"])[0][0][0] == "holerite"


def test_of_too_many_examples_each_label_keeps_its_share(monkeypatch):
    monkeypatch.setattr(categories, "MOST", 16)
    kept = categories._at_most(EXAMPLES)
    assert len(kept) == 16
    assert {label for _, label in kept} == set(SUBJECTS)
