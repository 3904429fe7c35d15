"""People are recognised under every name WhatsApp gives them."""

import pytest

from app.whatsapp.address import Address, address_of, canonical_number


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("551187654321", "5511987654321"),  # Brazil, ninth digit
        ("555198765432", "5551998765432"),
        ("5215512345678", "525512345678"),  # Mexico, 521
        ("541155554444", "5491155554444"),  # Argentina, 549
        ("+55 11 98765-4321", "5511987654321"),
    ],
)
def test_two_spellings_of_one_line_are_one_number(one, other):
    assert canonical_number(one) == canonical_number(other)


@pytest.mark.parametrize("number", ["551133334444", "16505551234", "34600111222", "5511987654321", "525512345678"])
def test_other_numbers_stay_as_they_are(number):
    assert canonical_number(number) == number


def test_two_people_in_brazil_stay_two():
    assert canonical_number("5511987654321") != canonical_number("5521987654321")


def test_a_bsuid_is_recognised_wherever_it_stands():
    bsuid = "US.13491208655302741918"
    assert address_of("", bsuid, "+16505551234") == Address(bsuid=bsuid, wa_id="16505551234")
    assert address_of(bsuid, "") == Address(bsuid=bsuid)
    assert address_of("", "nonsense") == Address()


def test_the_key_is_the_bsuid_or_else_the_canonical_number():
    assert Address(bsuid="BR.1", wa_id="551187654321").key == "BR.1"
    assert Address(wa_id="551187654321").key == "5511987654321"
