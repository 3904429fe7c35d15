"""What words are about, and when they are about nothing of their own."""

import pytest

from graph.matters import names_nothing


@pytest.mark.parametrize(
    "text",
    [
        "já tentei tudo isso e não resolveu, abre um chamado",
        "continua na mesma, abre um chamado",
        "ya probé todo y sigue igual, abre una solicitud",
        "tried everything, still not working, please open a ticket",
    ],
)
def test_what_was_tried_in_vain_names_nothing(text):
    assert names_nothing(text)


def test_a_thing_is_named_whatever_was_tried():
    assert not names_nothing("já tentei tudo e a impressora não resolveu")
