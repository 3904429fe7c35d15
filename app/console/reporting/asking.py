"""What a report's address asks for: days and filters, taken as far as they make sense."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.console.visit import with_query
from app.console.wording import LANGUAGES
from app.desk.models import CategoryRow
from app.desk.rules import DeskRules, rules_of
from app.identity.models import EmployeeRow
from app.reports.choice import Choice
from app.reports.period import Period, between, last_days
from retrieval.passage import Language

PERIODS = (7, 30, 90)  # days
USUAL = 30


@dataclass(frozen=True, slots=True)
class Names:
    """What ids are called in the viewer's language; an id that is gone is called by itself."""

    rules: DeskRules
    categories: Mapping[str, str]
    parents: Mapping[str, str]
    locations: tuple[str, ...]
    language: Language

    def queue(self, queue_id: str) -> str:
        """A queue's name."""
        return self.rules.queue_name(queue_id, self.language)

    def category(self, category_id: str) -> str:
        """A category's name."""
        return self.categories.get(category_id, category_id)

    @property
    def queues(self) -> list[tuple[str, str]]:
        """Ids and names, for a list to choose from."""
        return [(queue.id, self.queue(queue.id)) for queue in self.rules.queues]

    @property
    def places(self) -> list[tuple[str, str]]:
        """Locations, the same way."""
        return [(location, location) for location in self.locations]

    def leaves(self, category_id: str) -> tuple[str, ...]:
        """The category and what is below it."""
        below = [known for known, parent in self.parents.items() if parent == category_id]
        return (category_id, *(leaf for one in below for leaf in self.leaves(one)))


@dataclass(frozen=True, slots=True)
class Asked:
    """The address, understood; `query` is what leads here again."""

    choice: Choice
    days: int  # 0 = days of one's own
    category: str

    @property
    def query(self) -> dict[str, str]:
        """Only what differs from the usual."""
        period, choice = self.choice.period, self.choice
        own = {"from": period.first.isoformat(), "to": period.last.isoformat()}
        usual = {"days": "" if self.days == USUAL else str(self.days)}
        return (usual if self.days else own) | {
            "queue": choice.queue, "category": self.category, "location": choice.location, "language": choice.language,
        }  # fmt: skip

    @property
    def is_filtered(self) -> bool:
        """Not everything is counted."""
        return bool(self.choice.queue or self.category or self.choice.location or self.choice.language)

    def address(self, path: str, **more: str) -> str:
        """A path below /desk with the same question."""
        return with_query(path, **{**self.query, **more})


def names_in(session: Session, language: Language) -> Names:
    """Read what there is to choose from."""
    rows = session.execute(select(CategoryRow.id, CategoryRow.spec).order_by(CategoryRow.position)).all()
    places = session.scalars(select(EmployeeRow.location).where(EmployeeRow.location != "").distinct())
    return Names(
        rules=rules_of(session),
        categories={category_id: _called(spec["name"], language) for category_id, spec in rows},
        parents={category_id: str(spec.get("parent", "")) for category_id, spec in rows},
        locations=tuple(sorted(places)),
        language=language,
    )


def _called(name: Mapping[str, str], language: Language) -> str:
    return name.get(language) or name.get("pt-BR") or next(iter(name.values()), "")


def understand(query: Mapping[str, str], names: Names, now: datetime, zone: ZoneInfo) -> Asked:
    """Read an address; what names nothing that is there is left out."""
    category = query.get("category", "") if query.get("category") in names.categories else ""
    days, period = _period(query, now, zone)
    queue, location, language = (query.get(name, "") for name in ("queue", "location", "language"))
    choice = Choice(
        period=period,
        queue=queue if names.rules.queue(queue) else "",
        categories=names.leaves(category) if category else (),
        location=location if location in names.locations else "",
        language=language if language in LANGUAGES else "",
    )
    return Asked(choice, days, category)


def _period(query: Mapping[str, str], now: datetime, zone: ZoneInfo) -> tuple[int, Period]:
    first, last = _day(query.get("from", "")), _day(query.get("to", ""))
    if first and last and query.get("days", "0") == "0":
        return 0, between(first, last, now, zone)
    days = next((days for days in PERIODS if str(days) == query.get("days")), USUAL)
    return days, last_days(days, now, zone)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
