import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.statistics import compare, interval, least_seen, mcnemar, pass_power, rule_of_three

VALUES = st.lists(st.floats(0, 1), min_size=2, max_size=60)


@given(VALUES)
def test_an_interval_holds_its_mean(values):
    told = interval(values)
    assert told.low - 1e-9 <= told.mean <= told.high + 1e-9
    assert told.count == len(values)


def test_values_that_hang_together_widen_the_interval():
    values = [1.0] * 50 + [0.0] * 50
    apart, together = interval(values), interval(values, [f"c{number // 25}" for number in range(100)])
    assert together.high - together.low > 2 * (apart.high - apart.low)


def test_no_failure_at_all_is_no_proof_of_none():
    told = interval([1.0] * 30)
    assert told.mean == 1.0
    assert 0.85 < told.low < 0.9


def test_a_hundred_tries_without_a_failure_bound_the_rate_by_three_in_a_hundred():
    assert rule_of_three(100) == pytest.approx(0.0295, abs=0.0005)
    assert rule_of_three(0) == 1.0


def test_mcnemar_counts_only_what_changed():
    assert mcnemar(0, 0) == 1.0
    assert mcnemar(10, 0) == pytest.approx(2 * 0.5**10)
    assert mcnemar(7, 3) == mcnemar(3, 7)


def test_many_lost_cases_are_worse_and_a_few_are_not_distinguishable():
    before = {f"case-{number}": 1.0 for number in range(100)}
    clusters = {case: case for case in before}
    worse = compare(before, before | {f"case-{number}": 0.0 for number in range(12)}, clusters)
    assert (worse.outcome, worse.lost, worse.gained) == ("worse", 12, 0)
    hardly = compare(before, before | {"case-1": 0.0, "case-2": 0.0}, clusters)
    assert hardly.outcome == "not distinguishable"
    assert compare(before | {f"case-{n}": 0.0 for n in range(12)}, before, clusters).outcome == "better"


@given(st.dictionaries(st.text("ab", min_size=1, max_size=4), st.sampled_from([0.0, 1.0]), min_size=1))
def test_a_run_beside_itself_is_not_distinguishable(run):
    told = compare(run, run, {})
    assert told.outcome == "not distinguishable"
    assert told.difference.mean == 0.0
    assert told.difference.low == -told.difference.high < 0


def test_runs_without_a_common_case_cannot_be_compared():
    with pytest.raises(ValueError, match="no case in common"):
        compare({"a": 1.0}, {"b": 1.0}, {})


def test_more_cases_see_smaller_differences():
    few, many = (least_seen(np.tile([1.0, 0.0, -1.0, 0.0], count)) for count in (5, 50))
    assert many < few / 2
    assert least_seen(np.zeros(100)) > 0.01


def test_pass_power_k_is_the_share_of_draws_that_all_pass():
    assert pass_power([True, True, False], 1) == pytest.approx(2 / 3)
    assert pass_power([True, True, False], 2) == pytest.approx(1 / 3)
    assert pass_power([True, True, False], 3) == 0.0
    with pytest.raises(ValueError, match="k from 1 to 3"):
        pass_power([True, True, False], 4)
