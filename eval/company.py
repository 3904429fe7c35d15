"""The company that cases are about: its people by name, their addresses and phones."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from app.demo.load import COMPANY
from app.demo.run import company_settings
from app.emulator.people import Person
from app.settings import CompanySettings
from eval.suite import SuiteError


@dataclass(frozen=True)
class Company:
    """A folder as `recado desk import` takes it, with `company.yaml` and `people.yaml`."""

    folder: Path = COMPANY

    def person(self, name: str) -> Person:
        """Somebody's phone; raises SuiteError when nobody has this name."""
        known = self._listed(name)
        return Person(
            id=known["id"], name=known["name"], wa_id=known.get("wa_id"), user_id=known.get("bsuid"),
            username=known["id"] if "wa_id" not in known else None, language=known["language"],
        )  # fmt: skip

    def email_of(self, name: str) -> str:
        """Somebody's address; a stranger has one that the company does not know."""
        return str(self._listed(name)["email"])

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all who have a phone."""
        return tuple(self._people)

    @property
    def settings(self) -> CompanySettings:
        """What `company.yaml` says."""
        return company_settings(yaml.safe_load((self.folder / "company.yaml").read_text("utf-8")))

    def _listed(self, name: str) -> dict[str, Any]:
        found = self._people.get(name)
        if found is None:
            raise SuiteError(f"{name} is not among the people of {self.folder.name}: {', '.join(self._people)}.")
        return found

    @cached_property
    def _people(self) -> dict[str, dict[str, Any]]:
        listed = yaml.safe_load((self.folder / "people.yaml").read_text("utf-8"))["people"]
        return {person["id"]: person for person in listed}
