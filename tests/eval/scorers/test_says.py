"""Words: of the whole conversation, and of single turns."""

from eval.record import Exchange
from eval.scorers.says import score
from tests.eval.scorers.made_up import case, play, said


def details(turns=({"say": "oi"},), *exchanges, **expect) -> list[str]:
    return list(score(case(turns, expect=expect), play(*(exchanges or [said("Seu  chamado é o *#1001*")]))).details)


def test_words_are_found_whatever_their_case_and_spacing():
    assert details(says=["seu chamado", "/#\\d{4}/"], never=["1002"]) == []


def test_what_is_missing_and_what_is_too_much_are_told():
    assert details(says="1002", never="chamado") == ["never says '1002'", "says 'chamado'"]


def test_a_turns_expectations_are_held_against_that_turn():
    turns = (
        {"say": "oi", "expect": {"says": "Oi"}},
        {"wait": "2h"},
        {"other": "otavio"},
        {"agent": {"reply": "x"}, "expect": {"says": "respondeu", "never": "Oi"}},
    )
    waited, taken = Exchange(did="2 h later", who="time"), Exchange(did="otavio takes over", who="time")
    answered = said("Bianca respondeu", did="#1001 x", who="agent")
    assert details(turns, said("Oi!"), waited, taken, answered) == []
    wrong = details(turns, said("Olá!"), waited, taken, said("Oi", did="#1001 x", who="agent"))
    assert [detail.split(" lacks")[0].split(" says")[0] for detail in wrong] == [
        "turn 1 ('oi')", "turn 2 ('#1001 x')", "turn 2 ('#1001 x')",
    ]  # fmt: skip


def test_silence_can_be_wanted():
    silent = ({"say": "alô?", "expect": {"never": "/./"}},)
    assert details(silent, said(did="alô?")) == []
    assert details(silent, said("Oi", did="alô?")) != []
