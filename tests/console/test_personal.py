"""Personal data by role: agents and admins see it, everybody else sees enough to tell one person from another."""

import pytest

from app.console.personal import Sight, sight_of
from app.staff.roles import ROLES
from app.staff.sessions import Viewer

WORDS = "Sou a Maria Souza da Silva, maria@ipe.example, 11 98765-4321, CPF 529.982.247-25"


def viewer(*roles: str) -> Viewer:
    return Viewer(1, "Ana", "ana@ipe.example", frozenset(roles), "en", "UTC", 1, "full", "", has_second_step=False)


@pytest.mark.parametrize("role", ROLES)
def test_only_agents_and_admins_see_people_in_full(role):
    assert sight_of(viewer(role)).in_full == (role in {"agent", "admin"})


def test_one_role_that_sees_is_enough():
    assert sight_of(viewer("auditor", "agent")).in_full


def test_in_full_nothing_is_changed():
    sight = Sight(in_full=True)
    assert (sight.name("Maria Souza"), sight.email("m@i.example"), sight.phone("5511987654321")) == (
        "Maria Souza",
        "m@i.example",
        "5511987654321",
    )
    assert sight.words(WORDS, ["Maria Souza"]) == WORDS


def test_masked_one_can_be_told_from_another_and_no_more():
    sight = Sight(in_full=False)
    assert sight.name("Maria Souza") == "M. S."
    assert sight.email("maria@ipe.example") == "m•••@ipe.example"
    assert sight.phone("5511987654321") == "•••21"
    masked = sight.words(WORDS, ["Maria Souza da Silva"])
    for part in ("maria", "Souza", "Silva", "98765", "529.982", "@"):
        assert part.casefold() not in masked.casefold()
    assert masked.startswith("Sou a ")


def test_what_is_empty_stays_empty():
    sight = Sight(in_full=False)
    assert (sight.name(""), sight.email(""), sight.phone(""), sight.words("", [""])) == ("", "", "", "")
