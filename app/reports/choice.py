"""Which requests and conversations a report is about."""

from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, select

from app.desk.models import RequestRow
from app.identity.models import EmployeeRow
from app.reports.period import Period


@dataclass(frozen=True, slots=True)
class Choice:
    """A period and filters; what is empty filters nothing. `categories` holds a branch's leaves."""

    period: Period
    queue: str = ""
    categories: tuple[str, ...] = ()
    location: str = ""
    language: str = ""

    @property
    def before(self) -> "Choice":
        """The same of the period before."""
        return replace(self, period=self.period.before)

    @property
    def of_requests(self) -> list[ColumnElement[bool]]:
        """What a request must meet, whenever it was."""
        wanted: list[ColumnElement[bool]] = []
        if self.queue:
            wanted.append(RequestRow.queue == self.queue)
        if self.categories:
            wanted.append(RequestRow.category_id.in_(self.categories))
        if self.language:
            wanted.append(RequestRow.language == self.language)
        if self.location:
            there = select(EmployeeRow.id).where(EmployeeRow.location == self.location)
            wanted.append(RequestRow.employee_id.in_(there))
        return wanted
