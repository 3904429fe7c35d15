"""Regular expressions of the catalogue: which are taken, and that those that are taken end."""

import re
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.desk.patterns import trouble_with

PIECES = ("a", "b", r"\d", "[ab]", "(", "(?:", ")", "*", "+", "?", "{2}", "{1,3}", "{2,}", "|", ".", r"\w")


@pytest.mark.parametrize(
    "pattern", ["", r"IPE-\d{5}", r"\d{1,4}-[A-Z]{2}", r"(?:ab){2,3}", r"(\d{2}){3}", r"[](+]+", r"\w+@\w+", r"a|b"]
)
def test_ordinary_patterns_are_taken(pattern):
    assert trouble_with(pattern) == ""


@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "(a|a)*", "(a*)*", r"(a)\1", "(?=a)b", ".*.*.*x", "((a?){9}){9}", "(a?a?)*b"]
)
def test_patterns_that_could_run_for_ever_are_not(pattern):
    assert trouble_with(pattern) == "unsafe"


@pytest.mark.parametrize(("pattern", "trouble"), [("(", "malformed"), ("[", "malformed"), ("a" * 201, "long")])
def test_what_is_no_pattern_is_said(pattern, trouble):
    assert trouble_with(pattern) == trouble


@hypothesis_settings(max_examples=300)
@given(st.lists(st.sampled_from(PIECES), max_size=10).map("".join))
def test_whatever_is_taken_ends_soon_on_what_repeats(pattern):
    if trouble_with(pattern):
        return
    compiled = re.compile(pattern, re.IGNORECASE)
    started = perf_counter()
    for text in ("a" * 1000 + "!", "ab" * 500 + "!", "1" * 1000 + "!"):
        compiled.fullmatch(text)
    assert perf_counter() - started < 2
