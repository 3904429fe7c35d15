"""Values that may stand in a field, and how they read."""

import pytest

from graph.choices import Option
from graph.forms import accepted, fits, missing, paged, shown, title_of, value_of_tap
from graph.language.port import FieldValue
from graph.matters import names_nothing, outage_for
from tests.graph.people_and_parts import DAY, FLOOR, KIND, NOW, PRINTER, alike
from tools.service_desk import Field, Outage

YES_NO = Field(id="f", type="yes_no", label=alike("F"), question=alike("F?"))
MANY = KIND.model_copy(update={"type": "multi_choice"})
TAG = Field(id="t", type="asset_tag", label=alike("T"), question=alike("T?"), pattern=r"IPE-\d{5}")
PLACE = KIND.model_copy(update={"type": "location"})


@pytest.mark.parametrize(("field", "good", "bad"), [
    (KIND, "Toner", "Gato"), (MANY, ["Toner"], []), (MANY, ["Toner", "Atolamento"], ["Toner", "Gato"]),
    (FLOOR, 7, 21), (FLOOR, 1, True), (FLOOR, 20.0, "7"), (DAY, "2026-11-24", "24/11"), (DAY, "2026-11-24", None),
    (YES_NO, False, "não"), (TAG, "ipe-20331", "IPE-1"), (PLACE, "Toner", "Lua"),
])  # fmt: skip
def test_a_value_fits_its_field_or_not(field, good, bad):
    assert fits(field, good)
    assert not fits(field, bad)


def test_a_value_whose_evidence_was_not_said_is_dropped():
    said = "o andar é o 7"
    good = FieldValue(field_id="floor", value=7, evidence="Andar é o 7", confidence=0.9)

    assert accepted(PRINTER, [good], said) == {"floor": good}
    for change in ({"evidence": "andar 9"}, {"evidence": ""}, {"confidence": 0.1}, {"value": 99}, {"field_id": "x"}):
        assert accepted(PRINTER, [good.model_copy(update=change)], said) == {}


def test_values_are_told_in_words():
    assert shown(MANY, ["Toner", "Atolamento"], "pt-BR") == "Toner, Atolamento"
    assert shown(YES_NO, value=True, language="es") == "Sí"
    assert shown(FLOOR, 1234.5, "pt-BR") == "1.234,50"
    assert shown(DAY, "2026-11-24", "en") == "Tuesday, November 24, 2026"


def test_only_required_fields_are_missing():
    optional = PRINTER.model_copy(update={"fields": (KIND.model_copy(update={"required": False}), FLOOR)})

    assert missing(optional, {}) == (FLOOR,)


def test_a_tapped_value_is_one_of_the_fields():
    assert value_of_tap(KIND, "Toner") == "Toner"
    assert value_of_tap(MANY, "Toner") == ["Toner"]
    assert value_of_tap(KIND, "Gato") is None
    assert value_of_tap(YES_NO, "no") is False


@pytest.mark.parametrize("count", [1, 10, 11, 17, 40])
def test_pages_hold_every_option_once_and_ten_rows_at_most(count):
    options = [Option("v", str(n), str(n)) for n in range(count)]
    pages = [paged(options, "en", page, verb="page") for page in range(count)]

    assert all(len(page) <= 10 for page in pages)
    assert {o.arg for page in pages for o in page if o.verb == "v"} == {o.arg for o in options}


def test_a_title_is_the_first_line_that_says_something():
    assert title_of("\n  \n a tela piscou\nontem") == "A tela piscou"


@pytest.mark.parametrize(
    "text",
    ["quero abrir um chamado", "Preciso de ajuda!", "necesito abrir una solicitud", "I need to open a ticket, please"],
)
def test_words_that_only_ask_for_a_request_name_no_matter(text):
    assert names_nothing(text)
    assert not names_nothing(text + " da impressora")


def test_an_outage_wants_more_signs_from_a_question_than_from_a_complaint():
    vpn = Outage(
        id="o", title=alike("VPN"), body=alike("V"), categories=("net",), keywords=("vpn", "caindo"), since=NOW
    )
    matter = {"words": "como instalo a vpn?", "query": "", "categories": [["net", 0.9]]}

    assert outage_for(matter, (vpn,), (), asking=True) is None
    assert outage_for(matter | {"words": "a vpn fica caindo"}, (vpn,), (), asking=True) == vpn
    assert outage_for(matter | {"words": "o wifi fica caindo"}, (vpn,), (), asking=False) is None
    assert outage_for(matter, (vpn,), (), asking=False) == vpn
    assert outage_for(matter, (vpn,), ("o",), asking=False) is None
