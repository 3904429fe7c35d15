import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from retrieval.applies import Evidence, Thresholds, probability
from retrieval.calibration import (
    FILE,
    Calibration,
    Cosines,
    Mode,
    Rate,
    Samples,
    Scale,
    as_shipped,
    read_calibration,
    write_calibration,
)  # fmt: skip
from retrieval.embedder import MiniLM
from retrieval.knowledge import KnowledgeBase
from retrieval.revision import pointed

SHARE = st.floats(0, 1)
EVIDENCE = st.builds(
    Evidence,
    ideas=SHARE, title=SHARE, pieces=SHARE, cosine=st.none() | st.floats(-1, 1), margin=SHARE,
    length=st.integers(0, 80), foreign=st.booleans(),
)  # fmt: skip
SCALE = st.builds(Scale, slope=st.floats(0.1, 3), shift=st.floats(-5, 5))


@given(hits=st.integers(0, 300), more=st.integers(0, 300))
def test_intervals_are_those_of_wilson(hits: int, more: int) -> None:
    rate = Rate.of(hits, hits + more)
    if hits + more == 0:
        assert rate == Rate(0, 0, 1, 0)
        return
    known = binomtest(hits, hits + more).proportion_ci(method="wilson")
    assert (rate.low, rate.high) == pytest.approx((known.low, known.high), abs=1e-4)
    assert rate.low <= rate.share <= rate.high


@given(evidence=EVIDENCE, scale=SCALE, foreign=st.floats(-0.5, 0.9), gap=st.floats(0.01, 1))
def test_a_probability_is_one_whatever_was_learned(
    evidence: Evidence, scale: Scale, foreign: float, gap: float
) -> None:
    cosines = Cosines(foreign=foreign, own=foreign + gap)
    for mode in (Mode(scale=scale), Mode(scale=scale, cosines=cosines)):
        chance = Calibration(words=mode, vectors=mode).chance(evidence)
        assert 0 <= chance <= 1
        assert chance == 0 or not evidence.is_void


@given(evidence=EVIDENCE)
def test_as_shipped_nothing_is_scaled(evidence: Evidence) -> None:
    assert as_shipped(MiniLM.id).chance(evidence) == probability(evidence)


@given(evidence=EVIDENCE.filter(lambda e: e.cosine is not None))
def test_nearness_by_a_model_nobody_measured_is_left_out(evidence: Evidence) -> None:
    blind = as_shipped("text-embedding-9@host").chance(evidence)
    assert blind == as_shipped("").chance(evidence)


@given(first=EVIDENCE, second=EVIDENCE, scale=SCALE)
def test_a_scale_never_changes_the_order_of_questions_in_the_articles_language(
    first: Evidence, second: Evidence, scale: Scale
) -> None:
    plain, scaled = Mode(), Mode(scale=scale)
    if not (first.foreign or second.foreign) and plain.chance(first) < plain.chance(second):
        assert scaled.chance(first) <= scaled.chance(second)


def test_rates_count_each_kind_of_question_by_itself() -> None:
    samples = Samples(right=(0.9, 0.7, 0.5), beaten=(0.8,), removed=(0.66, 0.1), foreign=(0.2, 0.1, 0.0, 0.0))
    rates = Mode(samples=samples).rates(0.65)
    assert rates.found == Rate.of(3, 4)
    assert rates.wrong == Rate.of(1, 4)
    assert rates.missed.share == pytest.approx(0.25)
    assert (rates.removed, rates.foreign) == (Rate.of(1, 2), Rate.of(0, 4))
    curve = Mode(samples=samples).curve()
    assert [rate.threshold for rate in curve] == pytest.approx([step / 20 for step in range(1, 20)])
    shares = [rate.found.share for rate in curve]
    assert shares == sorted(shares, reverse=True)


def test_bands_begin_at_their_thresholds() -> None:
    thresholds = Thresholds(answer=0.8, offer=0.2)
    assert [thresholds.band(chance) for chance in (0.8, 0.79, 0.2, 0.19)] == ["answer", "offer", "offer", "none"]


def test_what_was_learned_comes_back_and_another_versions_is_not_used(tmp_path: Path) -> None:
    learned = Calibration(words=Mode(scale=Scale(slope=0.8, shift=-1)), vectors=Mode())
    write_calibration(tmp_path, learned)
    assert read_calibration(tmp_path, "") == learned
    write_calibration(tmp_path, learned.model_copy(update={"coefficients": "of another year"}))
    assert read_calibration(tmp_path, MiniLM.id) == as_shipped(MiniLM.id)
    (tmp_path / FILE).unlink()
    assert read_calibration(tmp_path, "") == as_shipped("")
    (tmp_path / FILE).write_text('{"words": {"scale": {"slope": -1}}}')
    with pytest.raises(ValueError, match="damaged"):
        read_calibration(tmp_path, "")


async def test_other_thresholds_are_in_force_from_the_next_search_on(tmp_path: Path, shelf_of_words: Path) -> None:
    shutil.copytree(shelf_of_words, tmp_path / "kb")
    base = KnowledgeBase.open(tmp_path / "kb", None)
    found = await base.search("redefinir a senha", "pt-BR")
    assert found.band == "answer"
    base.thresholds = Thresholds(answer=1.0, offer=found.probability)
    assert (await base.search("redefinir a senha", "pt-BR")).band == "offer"
    base.close()


async def test_a_small_knowledge_base_keeps_the_shipped_scale(shelf_of_words: Path) -> None:
    folder = pointed(shelf_of_words)
    assert folder is not None
    assert (folder / FILE).is_file()
    assert read_calibration(folder, "") == as_shipped("")
