"""Who sees personal data on the pages: agents and admins in full, everybody else masked. The one place that decides."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from app.staff.roles import Role
from app.staff.sessions import Viewer
from tools.personal_data import hidden

IN_FULL: frozenset[Role] = frozenset({"agent", "admin"})  # they help people; all others look at how the desk works
DOTS = "•••"
SHORTEST_NAME = 3  # letters of a part of a name that is looked for in words: "da" is in too many


@dataclass(frozen=True, slots=True)
class Sight:
    """How a viewer sees people: `in_full`, or just enough to tell one from another."""

    in_full: bool

    def name(self, name: str) -> str:
        """Either "Maria Souza" or "M. S."."""
        if self.in_full:
            return name
        return " ".join(f"{part[0]}." for part in name.split())

    def email(self, email: str) -> str:
        """Either "maria@ipe.example" or "m•••@ipe.example"."""
        if self.in_full or not email:
            return email
        return f"{email[0]}{DOTS}@{email.rpartition('@')[2]}" if "@" in email else DOTS

    def phone(self, number: str) -> str:
        """Either "5511987654321" or "•••21"; the same for a BSUID."""
        return number if self.in_full or not number else f"{DOTS}{number[-2:]}"

    def words(self, text: str, names: Iterable[str] = ()) -> str:
        """What somebody wrote; masked: without numbers, addresses, documents and the parts of `names`."""
        if self.in_full:
            return text
        masked = hidden(text)
        parts = {part for name in names for part in name.split() if len(part) >= SHORTEST_NAME}
        if parts:
            longest_first = sorted(map(re.escape, parts), key=len, reverse=True)
            masked = re.sub(rf"\b(?:{'|'.join(longest_first)})\b", DOTS, masked, flags=re.IGNORECASE)
        return masked


def sight_of(viewer: Viewer) -> Sight:
    """How this viewer sees people."""
    return Sight(bool(viewer.roles & IN_FULL))
