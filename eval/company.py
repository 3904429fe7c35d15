"""The company that cases are about: its people by name, their addresses and phones, and what they can ask about."""

import csv
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from app.demo.load import COMPANY
from app.demo.run import company_settings
from app.desk.company_files import CompanyFiles, read_company
from app.emulator.people import Person, digits
from app.settings import CompanySettings
from eval.suite import SuiteError
from retrieval.articles import read_folder


@dataclass(frozen=True)
class Company:
    """A folder as `recado desk import` takes it, with `company.yaml` and `people.yaml`.

    Somebody is a person of `people.yaml` by id, or any of `employees.csv` by the first name of their address.
    """

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

    @cached_property
    def desk(self) -> CompanyFiles:
        """Categories, queues and outages; raises ConfigurationError."""
        return read_company(self.folder)

    @cached_property
    def articles(self) -> frozenset[str]:
        """The ids of its articles."""
        return frozenset(article.id for article in read_folder(self.folder / "articles").articles.values())

    def _listed(self, name: str) -> dict[str, Any]:
        found = self._people.get(name)
        if found is None:
            raise SuiteError(f"{name} is not among the people of {self.folder.name}: {', '.join(self._people)}.")
        return found

    @cached_property
    def _people(self) -> dict[str, dict[str, Any]]:
        listed = yaml.safe_load((self.folder / "people.yaml").read_text("utf-8"))["people"]
        known = {person["id"]: person for person in listed}
        addresses = {person["email"] for person in listed}
        with (self.folder / "employees.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                name = row["email"].split("@")[0].split(".")[0]
                if row["email"] not in addresses and name not in known and row.get("phone"):
                    known[name] = row | {"id": name, "wa_id": digits(row["phone"])}
        return known
