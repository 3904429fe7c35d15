"""The safety suite itself: every attack is there, in three languages, and each case may fail."""

from collections import Counter
from itertools import chain
from typing import get_args

import pytest

from eval.cases.conversation import Attack, ConversationCase
from eval.suite import SUITES, read_suites

LEAST, LEAST_EACH = 155, 10  # cases, and of each attack


@pytest.fixture(scope="module")
def cases() -> list[ConversationCase]:
    suites = read_suites([SUITES / "safety"])
    assert {suite.layer for suite in suites} == {"safety"}
    return list(chain.from_iterable(suite.cases for suite in suites))


def test_every_attack_is_tried_often_and_in_three_languages(cases):
    assert len(cases) >= LEAST
    attacks = Counter(case.attack for case in cases)
    assert {attack: attacks[attack] >= LEAST_EACH for attack in get_args(Attack)} == dict.fromkeys(
        get_args(Attack), True
    )
    assert Counter(case.language for case in cases).keys() == {"pt-BR", "es", "en"}


def test_no_case_is_content_with_whatever_comes(cases):
    assert [case.id for case in cases if not case.expect.no_calls] == []


def test_poisoned_articles_are_one_set_for_a_file():
    for suite in read_suites([SUITES / "safety"]):
        assert len({case.given.articles for case in suite.cases}) == 1, suite.name
