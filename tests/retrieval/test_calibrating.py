import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.applies import logistic
from retrieval.articles import read_folder
from retrieval.build import build
from retrieval.calibrating import Kind, fit_scale
from retrieval.calibration import FILE, Calibration, read_calibration
from retrieval.embedder import Embedder, Vectors
from retrieval.passage import Article
from retrieval.words import grams, words

COMPANY = Path(__file__).parents[2] / "app" / "demo" / "company" / "articles" / "pt-BR"


class Pieces:
    """An embedder made of hashed pieces of words; `crowded` puts all texts as near to one another as some models do."""

    dimension = 129

    def __init__(self, crowded: float, *, deaf: bool = False) -> None:
        self.id = f"pieces-{crowded}-{deaf}"
        self._crowded, self._deaf = crowded, deaf

    def embed(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in enumerate(texts):
            for piece in grams(words("always the same" if self._deaf else text)):
                vectors[row, hashlib.sha256(piece.encode()).digest()[0] % 128] += 1
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
        vectors *= (1 - self._crowded) ** 0.5
        vectors[:, 128] = self._crowded**0.5
        return vectors


@pytest.fixture(scope="module")
def articles() -> list[Article]:
    return list(read_folder(COMPANY).articles.values())


def learned(articles: Sequence[Article], directory: Path, embedder: Embedder | None = None) -> Calibration:
    revision = build(articles, directory, embedder).revision
    return read_calibration(directory / revision, embedder.id if embedder else "")


def test_a_knowledge_base_learns_from_its_own_titles_and_from_foreign_questions(
    articles: list[Article], tmp_path: Path
) -> None:
    mode = learned(articles, tmp_path).words
    rates = mode.rates(0.65)
    assert rates.found.questions == rates.removed.questions > len(articles)
    assert rates.foreign.questions > 100
    assert rates.found.share > 0.5 > rates.removed.share
    assert rates.foreign.share < 0.05
    assert 0.4 < mode.scale.slope < 1.6
    assert abs(mode.scale.shift) < 2.1


def test_the_same_articles_teach_the_same(articles: list[Article], tmp_path: Path) -> None:
    first, second = (build(articles, tmp_path, None).revision for _ in range(2))
    assert (tmp_path / first / FILE).read_bytes() == (tmp_path / second / FILE).read_bytes()


def test_a_knowledge_base_that_misleads_is_trusted_less() -> None:
    honest = [("right", 3.0)] * 60 + [("removed", -2.0)] * 60 + [("foreign", -5.0)] * 60
    misleading = [("right", 3.0)] * 60 + [("removed", 2.5)] * 60 + [("foreign", -5.0)] * 60
    for scale, least, most in ((fit_scale(honest), 0.9, 1.0), (fit_scale(misleading), 0.5, 0.8)):
        assert least < logistic(scale.slope * 3.0 + scale.shift) < most


@given(st.lists(st.tuples(st.sampled_from(["right", "beaten", "removed", "foreign"]), st.floats(-12, 12)), min_size=1))
def test_a_strange_knowledge_base_cannot_go_wild(told: list[tuple[Kind, float]]) -> None:
    scale = fit_scale(told)
    assert 0.1 <= scale.slope < 2.5
    assert abs(scale.shift) < 6


def test_articles_for_groups_are_rehearsed_too(articles: list[Article], tmp_path: Path) -> None:
    closed = [article.model_copy(update={"audience": ("board",)}) for article in articles]
    assert (
        learned(closed, tmp_path / "closed").words
        == learned([article.model_copy(update={"audience": ()}) for article in articles], tmp_path / "open").words
    )


def test_each_models_nearness_is_read_on_its_own_scale(articles: list[Article], tmp_path: Path) -> None:
    wide, crowded = Pieces(0.0), Pieces(0.7)
    one = learned(articles, tmp_path / "wide", wide).vectors
    other = learned(articles, tmp_path / "crowded", crowded).vectors
    assert one is not None
    assert other is not None
    assert one.cosines is not None
    assert other.cosines is not None
    assert other.cosines.foreign > 0.7 > one.cosines.foreign
    for cosine in (0.1, 0.3, 0.5):
        assert other.cosines.typical(0.7 + 0.3 * cosine) == pytest.approx(one.cosines.typical(cosine), abs=0.02)


def test_a_model_that_tells_nothing_is_not_listened_to(articles: list[Article], tmp_path: Path) -> None:
    assert learned(articles, tmp_path, Pieces(0.0, deaf=True)).vectors is None
