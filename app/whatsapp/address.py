"""Who somebody is on WhatsApp: a business-scoped user id (BSUID), a phone number, or both."""

import re

from tools.service_desk import Frozen

BSUID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9_-]{1,128}")
NUMBER = re.compile(r"\+?[0-9]{5,20}")

NO_DIGIT = re.compile(r"[^0-9]")

# National prefixes that WhatsApp adds or leaves out for the same line (a changed wa_id is "not a bug", says Meta).
BRAZIL_WITHOUT_NINE = re.compile(r"(55[1-9][0-9])([6-9][0-9]{7})")
MEXICO_WITH_ONE = re.compile(r"521([0-9]{10})")
ARGENTINA_WITHOUT_NINE = re.compile(r"54([1-8][0-9]{9})")


class Address(Frozen):
    """A person as one business number sees them; at least one of the two is set for whoever can be written to."""

    bsuid: str = ""  # "BR.1502…": stable until they change their number
    wa_id: str = ""  # digits only, as Meta writes it; absent for people with a username

    @property
    def key(self) -> str:
        """What tells this person from others: the BSUID, else the canonical number."""
        return self.bsuid or canonical_number(self.wa_id)


def address_of(*names: str) -> Address:
    """The first BSUID and the first phone number among these, wherever Meta put them."""
    given = [name for name in names if name]
    bsuid = next((name for name in given if BSUID.fullmatch(name)), "")
    number = next((name for name in given if NUMBER.fullmatch(name)), "")
    return Address(bsuid=bsuid, wa_id=number.removeprefix("+"))


def canonical_number(wa_id: str) -> str:
    """The same digits for every spelling of one line: for comparing, never for sending.

    Brazil with its ninth digit (5511987654321), Mexico without the 1 (52…), Argentina with the 9 (549…).
    """
    digits = wa_id if wa_id.isascii() and wa_id.isdigit() else NO_DIGIT.sub("", wa_id)
    if match := BRAZIL_WITHOUT_NINE.fullmatch(digits):
        return f"{match[1]}9{match[2]}"
    if match := MEXICO_WITH_ONE.fullmatch(digits):
        return f"52{match[1]}"
    if match := ARGENTINA_WITHOUT_NINE.fullmatch(digits):
        return f"549{match[1]}"
    return digits
