"""The state afterwards: exactly what was wanted, and each thing that is not."""

import pytest

from eval.scorers.state import score
from tests.eval.scorers.made_up import PRINTER, case, play, request

WANTED = {"category": "printing", "fields": {"location": "recife"}}


def details(wanted, *requests, **state) -> str:
    told = score(case(expect=wanted), play(requests=list(requests), **state))
    assert told.passed is (not told.details)
    return "\n".join(told.details)


def test_the_request_that_was_wanted_is_enough():
    assert details({"requests": [WANTED]}, request(fields={"location": "Recife ", "impact": "me"})) == ""


def test_no_request_none_too_many_and_the_wrong_one_are_told():
    assert "no request of printing was opened" in details({"requests": [WANTED]})
    assert "request #1001 of printing was opened and not wanted" in details({}, request())
    assert "its category is hardware, not printing" in details({"requests": [WANTED]}, request(category="hardware"))


def test_of_two_requests_each_is_held_against_the_one_it_fits():
    wanted = {"requests": [WANTED, {"category": "travel"}]}
    assert details(wanted, request(category="travel"), request(1002, fields={"location": "recife"})) == ""


@pytest.mark.parametrize(
    ("found", "wanted", "same"),
    [
        (482.9, 482.90, True),
        (482.9, 482.8, False),
        (["a", "b"], ["b", "a"], True),
        (["a"], ["a", "b"], False),
        (True, False, False),
        (None, "me", False),
    ],
)
def test_values_are_compared_as_what_they_are(found, wanted, same):
    told = details({"requests": [{"category": "printing", "fields": {"x": wanted}}]}, request(fields={"x": found}))
    assert (told == "") is same


@pytest.mark.parametrize(
    ("wanted", "row", "told"),
    [
        ({"absent": "amount"}, {"fields": {"amount": 3}}, "its field amount is filled"),
        ({"status": "open"}, {}, "its status is new, not open"),
        ({"queue": "it-desk"}, {}, "its queue is it-field, not it-desk"),
        ({"priority": "high"}, {}, "its priority is medium, not high"),
        ({"attachments": 1}, {}, "its attachments is 0, not 1"),
        ({"title": "toner"}, {}, "its title lacks 'toner'"),
        ({"description": "/^toner/"}, {}, "its description lacks"),
        ({"comments": "sala 12"}, {"comments": ["sala 13"]}, "its comments lacks 'sala 12'"),
    ],
)
def test_what_a_request_lacks_is_told(wanted, row, told):
    assert told in details({"requests": [{"category": "printing"} | wanted]}, request(**row))


def test_a_request_of_before_is_no_new_one_and_its_changes_are_looked_at():
    world = {"given": {"requests": [PRINTER]}}
    before = play(given=[1001], requests=[request(status="solved", rating=4, comments=["é a 3"], touched=True)])
    right = {"changes": [{"status": "solved", "rating": 4, "comments": "é a 3"}]}
    wrong = {"changes": [{"status": "open", "rating": 5, "comments": "é a 4", "untouched": True}]}
    assert score(case(expect=right, **world), before).passed is True
    assert len(score(case(expect=wrong, **world), before).details) == 4


def test_what_agents_did_is_no_touch_of_the_employee():
    world = {"given": {"requests": [PRINTER]}, "expect": {"changes": [{"untouched": True}]}}
    assert score(case(**world), play(given=[1001], requests=[request(status="open")])).passed is True


@pytest.mark.parametrize("name", ["verified", "handed_over"])
def test_the_conversation_is_as_it_was_wanted(name):
    wanted = {"conversation": {name: True}}
    assert details(wanted, **{name: True}) == ""
    assert f"the conversation's {name} is False, not True" in details(wanted, **{name: False})


def test_language_and_followers():
    assert "language is pt-BR, not es" in details({"conversation": {"language": "es"}})
    assert "nobody follows the outage vpn" in details({"followers": "vpn"})
    assert details({"followers": "vpn"}, followers=[["vpn", "E1"]]) == ""
