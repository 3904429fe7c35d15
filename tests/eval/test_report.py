"""What a report tells, and that nothing a case holds becomes more than text in it."""

import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.abstention import abstention
from eval.junit import write_junit
from eval.labels import Told, calibrate, classify, decisions, field_types
from eval.markdown import write_markdown
from eval.metrics import metrics
from eval.page import write_page
from eval.record import Exchange, Row, RunFacts, Score
from eval.report import gather, sides
from eval.spending import spending

FACTS = RunFacts(id="now", started_at="2026-11-24T12:00:00Z", engine="offline")
EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)> | `x` \x00\x1b {{ 7*7 }}"


def talk(*replies: str, verdict: str = "passed", case: str = "talk-a", **more) -> Row:
    exchanges = tuple(
        Exchange(did=f"did {n}", replies=(reply,), intents=("ask",), milliseconds=10.0 * (n + 1), engine="offline")
        for n, reply in enumerate(replies)
    )
    scores = (Score(scorer="says", passed=verdict == "passed", value=1.0, details=(f"because {replies[0]}",)),)
    return Row(
        case=case, suite="talks", layer="conversation", verdict=verdict, exchanges=exchanges, scores=scores, **more
    )


def understood(wanted: str, found: str, confidence: float, case: str = "und-a") -> Row:
    facts = {"found": found, "best": found, "wanted": [wanted], "confidence": confidence, "in_three": True}
    score = Score(scorer="category", passed=wanted == found, value=float(wanted == found), facts=facts)
    return Row(case=case, suite="words", layer="understanding", scores=(score,))


def searched(probability: float, *, applies: bool, right: bool, case: str) -> Row:
    facts = {"probability": probability, "band": "answer", "applies": applies, "right": right}
    return Row(case=case, suite="finds", layer="retrieval", scores=(Score(scorer="band", value=1.0, facts=facts),))


class Reader(HTMLParser):
    """Which tags and links a page really has."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words = ""

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.words += data


@pytest.fixture
def evil_run():
    rows = [
        talk(EVIL, verdict="failed", case="talk-a"),
        talk("fine", case="talk-b"),
        Row(case="talk-c", suite="talks", layer="conversation", verdict="error", trouble=EVIL),
        understood("a", EVIL, 0.4),
        searched(0.9, applies=True, right=True, case="ret-a"),
        searched(0.7, applies=False, right=False, case="ret-b"),
    ]
    return FACTS, rows


def test_nothing_in_a_case_becomes_markup_and_nothing_outside_is_loaded(evil_run, tmp_path):
    before = (FACTS.model_copy(update={"id": EVIL}), [talk("once", EVIL, case="talk-a"), talk("other", case="talk-b")])
    write_page(gather(evil_run, before), tmp_path / "report.html")
    page = Reader()
    page.feed((tmp_path / "report.html").read_text("utf-8"))

    assert not {"script", "img", "link", "iframe", "form"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on") or name == "src"]
    assert all(value.startswith("#") for name, value in page.attributes if name == "href")
    assert "<script>alert(1)</script>" in page.words
    assert "{{ 7*7 }}" in page.words


def test_a_page_has_what_there_is_and_leaves_out_what_there_is_not(tmp_path):
    write_page(gather((FACTS, [talk("oi")])), tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text("utf-8")
    assert "no failure: rate below 95.0 %" in text
    assert "Answer or not" not in text
    write_page(gather((FACTS, [])), tmp_path / "empty.html")
    assert "0 / 0" in (tmp_path / "empty.html").read_text("utf-8")


def test_failures_come_first_those_of_safety_before_all():
    unsafe = talk("x", verdict="failed", case="zzz").model_copy(update={"layer": "safety"})
    report = gather((FACTS, [talk("y", verdict="failed", case="aaa"), unsafe]))
    assert [row.case for row in report.failures] == ["zzz", "aaa"]


def test_junit_says_what_failed_and_what_could_not_be_run(evil_run, tmp_path):
    write_junit(gather(evil_run), tmp_path / "junit.xml")
    root = ET.parse(tmp_path / "junit.xml").getroot()  # noqa: S314 -- our own file
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("6", "1", "1")
    failure = root.find(".//failure")
    assert failure is not None
    assert "because <script>alert(1)</script>" in (failure.get("message") or "")
    assert len(root.findall(".//testcase")) == 6


def test_markdown_keeps_tables_and_words_as_they_are(evil_run, tmp_path):
    write_markdown(gather(evil_run, (FACTS, [talk("x", case="talk-a")])), tmp_path / "report.md")
    text = (tmp_path / "report.md").read_text("utf-8")
    assert "<script>" not in text
    assert "1 failed, 1 not run" in text
    assert "- talk-a: passed → failed" in text
    widths = [len(re.findall(r"(?<!\\)\|", line)) for line in text.splitlines() if line.startswith("|")]
    assert set(widths) <= {4, 7}


def test_a_changed_conversation_is_shown_turn_by_turn_with_the_turns_that_differ():
    report = gather((FACTS, [talk("a", "c")]), (FACTS, [talk("a", "b", "d")]))
    assert report.difference is not None
    [changed] = report.difference.reworded
    assert [side.differs for side in sides(changed)] == [False, True, True]
    assert report.difference.changed == ()


def test_labels_have_precision_and_recall_and_who_is_taken_for_whom():
    told = [
        Told("a", "a", 0.9, True),
        Told("a", "b", 0.6, False),
        Told("b", "b", 0.8, True),
        Told("c", "b", 0.3, False),
    ]
    found = classify("category", told)
    labels = {label.name: label for label in found.labels}
    assert (labels["b"].precision, labels["b"].recall) == (pytest.approx(1 / 3), 1.0)
    assert (labels["c"].precision, labels["c"].recall) == (None, 0.0)
    assert found.confusion == ((1, 1, 0), (0, 1, 0), (0, 1, 0))
    assert (found.right, found.count) == (2, 4)


def test_of_several_right_answers_the_one_found_is_the_one_wanted():
    facts = {"found": "request", "wanted": ["ask", "request"], "confidence": 0.7}
    row = Row(
        case="x-y-z", suite="s", layer="understanding", scores=(Score(scorer="intent", passed=True, facts=facts),)
    )
    assert decisions([row], "intent") == [Told("request", "request", 0.7, True)]


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=60))
def test_calibration_counts_every_decision_once_and_its_error_is_a_share(told):
    found = calibrate(told)
    assert found.count == len(told)
    assert 0 <= found.error <= 1


def test_a_confidence_that_is_the_share_that_is_right_has_no_error():
    assert calibrate([(0.75, True)] * 3 + [(0.75, False)]).error == pytest.approx(0)
    assert calibrate([(1.0, False)] * 4).error == 1


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans(), st.booleans()), min_size=1, max_size=40))
def test_a_higher_threshold_never_answers_more(told):
    rows = [searched(p, applies=a, right=a and r, case=f"ret-{n}") for n, (p, a, r) in enumerate(told)]
    found = abstention(rows)
    assert found is not None
    for lower, higher in zip(found.points, found.points[1:], strict=False):
        assert higher.right <= lower.right
        assert higher.wrong <= lower.wrong
        assert higher.false <= lower.false
    assert found.points[0].right + found.points[0].wrong == pytest.approx(1.0 if found.answerable else 0.0)


def test_fields_are_counted_by_their_type():
    facts = {"right": ["a"], "wrong": ["b"], "missed": ["b", "c"], "types": {"a": "date", "b": "date", "c": "number"}}
    row = Row(case="f-a", suite="s", layer="understanding", scores=(Score(scorer="fields", facts=facts),))
    date, number = field_types([row])
    assert (date.name, date.precision, date.recall) == ("date", 0.5, 0.5)
    assert (number.name, number.precision, number.recall) == ("number", None, 0.0)


def test_time_is_of_turns_and_neither_of_waiting_nor_of_errors():
    waited = Exchange(did="2 h later", who="time", milliseconds=9e9)
    row = talk("a", "b", tokens=30, cost=0.5)
    row = row.model_copy(update={"exchanges": (*row.exchanges, waited)})
    [found] = spending([row, talk("c", case="talk-b", verdict="error")])
    assert (found.turns, found.p50, found.tokens, found.cost) == (2, 15.0, 30, 0.5)


def test_repeats_give_the_chance_to_pass_every_time():
    rows = [
        Row(case=case, suite="s", layer="conversation", repeat=n, verdict="passed" if passed else "failed")
        for case, tries in {"aa": (1, 1, 1), "bb": (1, 0, 1)}.items()
        for n, passed in enumerate(tries)
    ]
    found = {name: metric.interval.mean for name, metric in metrics(rows).items()}
    assert found["conversation/pass^1"] == pytest.approx((1 + 2 / 3) / 2)
    assert found["conversation/pass^2"] == pytest.approx((1 + 1 / 3) / 2)
    assert found["conversation/pass^3"] == 0.5
