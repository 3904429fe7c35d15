"""Calls: those that had to be made, none that must not."""

import pytest

from eval.scorers.calls import score
from tests.eval.scorers.made_up import case, play, said

PLAYED = play(
    said("Oi", effects=({"kind": "create_request"},), reads=("requests_of",), intents=("request",)),
    said("Aqui", searches=({"query": "vpn"},)),
    answers=[["vpn", "answered"], ["wifi", "offered"]],
)


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"calls": ["create_request", "requests_of", "search"]}, ""),
        ({"calls": "hand_off"}, "hand_off was not called"),
        ({"no_calls": "hand_off"}, ""),
        ({"no_calls": "search"}, "search was called"),
        ({"answers_from": ["wifi", "vpn"]}, ""),
        ({"answers_from": "wifi"}, "answered from vpn, not wifi"),
        ({"no_answer_from": "wifi"}, ""),
        ({"no_answer_from": "vpn"}, "answered from vpn"),
        ({"answered": True}, ""),
        ({"answered": False}, "answered from vpn"),
        ({"intents": "request"}, ""),
        ({"intents": "status"}, "nothing was understood as status"),
    ],
)
def test_each_expectation_is_held_or_told(wanted, told):
    found = score(case(expect=wanted), PLAYED)
    assert (found.passed, "\n".join(found.details)) == (not told, told)


def test_without_an_answer_there_is_none_to_take_from_anywhere():
    assert score(case(expect={"answers_from": "vpn"}), play(said("Oi"))).details == ("answered from nothing, not vpn",)
    assert score(case(expect={"answered": True}), play(said("Oi"))).details == ("answered from nothing",)
