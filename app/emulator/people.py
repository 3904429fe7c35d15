"""The people whose phones are emulated, and how a number or BSUID finds one of them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_MOBILE_PREFIXES = (
    re.compile(r"^(55\d{2})9(\d{8})$"),
    re.compile(r"^(52)1(\d{10})$"),
    re.compile(r"^(54)9(\d{10})$"),
)


@dataclass
class Person:
    """One WhatsApp user: known by a phone number, by a business-scoped user id (BSUID), or by both.

    `wa_id` is digits with the country code, or None for a user whose username hides the number.
    `note` is for whoever plays this person on the phone page: a line about them, then one line for each thing to
    write (an e-mail, a “first question”), which the page offers for a tap.
    """

    id: str
    name: str
    wa_id: str | None = None
    user_id: str | None = None
    username: str | None = None
    language: str = "en"
    note: str = ""

    def __post_init__(self) -> None:
        """Refuse a person nobody could address."""
        if not self.wa_id and not self.user_id:
            raise ValueError(f"{self.id} needs a wa_id or a user_id")

    @property
    def address(self) -> str:
        """What a human sees as this person's address."""
        return f"+{self.wa_id}" if self.wa_id else f"@{self.username or self.id}"


def sample_people() -> tuple[Person, ...]:
    """Give five people that cover the ways WhatsApp names its users."""
    no_ninth = "O número não tem o nono dígito.\n“Não consigo acessar a VPN”"
    hidden = "Has a username and hides the number.\n“How do I ask for a new laptop?”"
    return (
        Person("ana", "Ana Souza", "5511987654321", "BR.4471029385561207", language="pt-BR"),
        Person("caio", "Caio Ribeiro", "553188776655", "BR.8830012945571643", language="pt-BR", note=no_ninth),
        Person("lucia", "Lucía Fernández", "5491155667788", "AR.2290417736650184", language="es"),
        Person("emily", "Emily Carter", "14155550134", "US.6619203347715028", language="en"),
        Person("noa", "Noa", None, "PT.7014226639958120", "noa.b", "en", hidden),
    )


class Directory:
    """Finds people by id, phone number (with or without the mobile prefix) or BSUID."""

    def __init__(self, people: Iterable[Person]) -> None:
        self._people = {person.id: person for person in people}

    def __iter__(self) -> Iterator[Person]:
        return iter(self._people.values())

    def add(self, person: Person) -> None:
        """Let one more person in, replacing whoever had the same id."""
        self._people[person.id] = person

    def get(self, person: Person | str) -> Person:
        """Return the person with this id.

        Raises:
            KeyError: nobody has it.
        """
        return self._people[person if isinstance(person, str) else person.id]

    def by_phone(self, number: str) -> Person | None:
        """Find whose number this is, forgiving the prefix Brazil, Mexico and Argentina add to mobiles."""
        wanted = without_mobile_prefix(digits(number))
        return next((p for p in self._people.values() if p.wa_id and without_mobile_prefix(p.wa_id) == wanted), None)

    def by_user_id(self, user_id: str) -> Person | None:
        """Find whose BSUID this is."""
        return next((p for p in self._people.values() if p.user_id == user_id), None)


def digits(number: str) -> str:
    """Keep the digits of a number as people write it."""
    return re.sub(r"\D", "", number)


def without_mobile_prefix(number: str) -> str:
    """Strip the extra mobile digit that WhatsApp adds or drops in some countries."""
    for pattern in _MOBILE_PREFIXES:
        number = pattern.sub(r"\1\2", number)
    return number
