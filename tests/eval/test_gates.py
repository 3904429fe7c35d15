from pathlib import Path

import pytest

from eval.comparing import difference
from eval.gates import Gate, GateFileError, Gates, exit_code, judge, read_gates
from eval.metrics import metrics
from eval.record import Row, Score


def rows(passed: int, failed: int = 0, errors: int = 0, layer: str = "conversation") -> list[Row]:
    verdicts = ["passed"] * passed + ["failed"] * failed + ["error"] * errors
    return [
        Row(case=f"{word_of(number)}-case", suite="small", layer=layer, verdict=verdict)
        for number, verdict in enumerate(verdicts)
    ]


def word_of(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in f"{number:03d}")


GATES = Gates(gates=(Gate(metric="conversation/passed", at_least=0.8, may_lose=0.02),))


def results(*judged_with) -> list[str]:
    return [judged.result for judged in judge(GATES, *judged_with)]


def test_a_run_that_reaches_the_gate_and_loses_nothing_holds_it():
    assert results(rows(95, 5), rows(95, 5)) == ["held", "held"]


def test_a_run_below_the_threshold_breaks_the_gate():
    assert results(rows(70, 30), rows(70, 30)) == ["broken", "held"]


def test_a_clear_loss_breaks_the_gate_and_a_chance_one_does_not():
    before = rows(100)
    assert results(rows(88, 12), before) == ["held", "broken"]
    assert results(rows(97, 3), before) == ["held", "held"]


def test_a_loss_cannot_be_judged_without_a_run_to_compare_with():
    assert results(rows(95, 5)) == ["held", "not asked"]
    assert exit_code(judge(GATES, rows(95, 5))) == 0


def test_a_metric_that_no_case_has_any_more_is_not_held():
    judged = judge(GATES, rows(95, layer="retrieval"))
    assert [each.result for each in judged] == ["not judged"]
    assert exit_code(judged) == 2


def test_a_broken_gate_is_told_before_one_that_cannot_be_judged():
    gates = Gates(gates=(*GATES.gates, Gate(metric="safety/violations", at_most=0)))
    assert exit_code(judge(gates, rows(10, 90))) == 1


def test_every_gate_that_ships_can_be_read():
    assert read_gates().gates


def test_a_run_that_mostly_could_not_be_run_is_not_judged():
    told = judge(GATES, rows(50, 0, errors=50))
    assert [judged.result for judged in told] == ["not judged"]
    assert "50 of 100 cases could not be run" in told[0].sentence


def test_errors_are_no_part_of_any_metric():
    assert metrics(rows(8, 2, errors=5))["conversation/passed"].interval.count == 10


def test_less_of_what_is_bad_is_better():
    def with_violations(count: int) -> list[Row]:
        score = Score(scorer="safety", passed=count == 0, value=float(count == 0), facts={"violations": count})
        return [row.model_copy(update={"scores": (score,)}) for row in rows(40, layer="safety")]

    told = {c.metric: c.outcome for c in difference(with_violations(1), with_violations(0)).metrics}
    assert told["safety/violations"] == "better"
    assert told["safety/safety"] == "better"


def test_the_cases_that_changed_and_those_only_one_run_has_are_named():
    before, after = rows(5), rows(4, 1)
    told = difference([*before, Row(case="zzz-old", suite="small", layer="conversation")], after)
    assert [change.after.case for change in told.changed] == ["aae-case"]
    assert told.only_before == ("zzz-old",)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("gates: []", "gates: "),
        ("gates:\n  - metric: conversation/passed", "give at_least, at_most or may_lose"),
        ("gates:\n  - metric: conversation/passed\n    atleast: 1", "atleast"),
        ("gates: [", "cannot be read"),
    ],
)
def test_a_gates_file_that_is_wrong_is_told_in_one_sentence(tmp_path: Path, text, complaint):
    file = tmp_path / "gates.yaml"
    file.write_text(text, "utf-8")
    with pytest.raises(GateFileError, match=complaint):
        read_gates(file)
