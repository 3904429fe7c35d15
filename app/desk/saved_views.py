"""Views: choices of requests under a name. Some are always there; staff keep others, for themselves or for all."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.desk.listing import MINE, NOBODY, Wish
from app.desk.models import SavedView
from app.desk.refusals import ActRefusedError
from tools.drafts import plain

LONGEST_NAME = 60  # characters
MOST_VIEWS = 40  # of one person

ALWAYS: dict[str, Wish] = {
    "mine": Wish(assignee=MINE),
    "unassigned": Wish(assignee=NOBODY),
    "unanswered": Wish(unanswered=True),
    "overdue": Wish(due="overdue"),
    "at_risk": Wish(due="at_risk"),
    "open": Wish(),
    "ended": Wish(status="ended", sort="updated"),
}
"""Views that everybody has; their words are `queue.view.NAME`."""


@dataclass(frozen=True, slots=True)
class View:
    """A kept choice as a page shows it."""

    id: int
    name: str
    wish: Wish
    shared: bool
    mine: bool


def views_of(session: Session, staff_id: int) -> list[View]:
    """Read one's own and those that others share, by name."""
    rows = session.scalars(
        select(SavedView)
        .where(or_(SavedView.staff_id == staff_id, SavedView.shared))
        .order_by(SavedView.name, SavedView.id)
    )
    return [view for row in rows if (view := _view(row, staff_id)) is not None]


def _view(row: SavedView, staff_id: int) -> View | None:
    """A wish of an older version that nobody understands any more is left out."""
    try:
        wish = Wish.model_validate(row.wish)
    except ValidationError:
        return None
    return View(row.id, row.name, wish, row.shared, mine=row.staff_id == staff_id)


def save_view(  # noqa: PLR0913 -- what a view is, by name
    session: Session, staff_id: int, name: str, wish: Wish, *, shared: bool, now: datetime
) -> int:
    """Keep a choice; one of the same name of theirs is replaced. Raises `ActRefusedError`."""
    said = " ".join(plain(name).split())
    if not said or len(said) > LONGEST_NAME:
        raise ActRefusedError("view_name")
    mine = session.scalars(select(SavedView).where(SavedView.staff_id == staff_id)).all()
    row = next((row for row in mine if row.name == said), None)
    if row is None:
        if len(mine) >= MOST_VIEWS:
            raise ActRefusedError("view_many")
        row = SavedView(staff_id=staff_id, name=said, created_at=now)
        session.add(row)
    row.wish, row.shared = wish.model_dump(mode="json", exclude_defaults=True), shared
    session.flush()
    return row.id


def drop_view(session: Session, staff_id: int, view_id: int, *, any_owner: bool) -> None:
    """Forget a view of theirs; with `any_owner` a shared one of somebody else's too."""
    row = session.get(SavedView, view_id)
    if row is None or not (row.staff_id == staff_id or (row.shared and any_owner)):
        raise ActRefusedError("view_unknown")
    session.delete(row)
    session.flush()
