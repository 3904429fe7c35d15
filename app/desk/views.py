"""Requests as their requester may see them: only their own, no internal notes; another's is as unknown as none."""

import re
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from app.desk.models import RequestEvent, RequestRow
from app.desk.rules import DeskRules, rules_of
from app.desk.transitions import OPEN, may_reopen
from tools.service_desk import Comment, DeskRefusedError, RequestView

NUMBER = re.compile(r"#?([1-9][0-9]{0,8})")
LONGEST_LIST = 100
LONGEST_CHAIN = 20  # of requests merged into one another


def number_in(text: str) -> int | None:
    """Read a request's number as people write it: "1042" or "#1042"."""
    found = NUMBER.fullmatch(text.strip())
    return int(found[1]) if found else None


def own_request(session: Session, employee_id: str, number: str, *, to_change: bool = False) -> RequestRow:
    """Find one of their requests; raises the same `DeskRefusedError` for another's and for none.

    With `to_change` nobody else changes it before this transaction ends.
    """
    wanted = number_in(number)
    row = session.get(RequestRow, wanted, with_for_update=to_change) if wanted is not None else None
    if row is None or row.employee_id != employee_id:
        raise DeskRefusedError("number: they have no such request")
    return row


def going_on(session: Session, row: RequestRow) -> RequestRow:
    """Find the request that a merged one goes on in; any other is its own."""
    for _ in range(LONGEST_CHAIN):
        if row.merged_into is None:
            break
        row = session.get_one(RequestRow, row.merged_into, with_for_update=True)
    return row


def request_of(session: Session, employee_id: str, number: str, *, now: datetime) -> RequestView | None:
    """Read one of their requests."""
    try:
        row = own_request(session, employee_id, number)
    except DeskRefusedError:
        return None
    return _view(row, _comments(session, [row]), rules_of(session), now)


def requests_of(session: Session, employee_id: str, *, now: datetime, limit: int = 10) -> tuple[RequestView, ...]:
    """Read their requests, open ones before ended ones, last changed first."""
    ended = case((RequestRow.status.in_(OPEN), 0), else_=1)
    rows = session.scalars(
        select(RequestRow)
        .where(RequestRow.employee_id == employee_id)
        .order_by(ended, RequestRow.updated_at.desc(), RequestRow.number.desc())
        .limit(max(0, min(limit, LONGEST_LIST)))
    ).all()
    comments, rules = _comments(session, rows), rules_of(session)
    return tuple(_view(row, comments, rules, now) for row in rows)


def _comments(session: Session, rows: Sequence[RequestRow]) -> dict[int, Comment]:
    ids = [row.last_comment_id for row in rows if row.last_comment_id is not None]
    events = session.scalars(select(RequestEvent).where(RequestEvent.id.in_(ids))) if ids else ()
    return {
        event.id: Comment.model_validate({"author": event.author, "by": event.by, "text": event.text, "at": event.at})
        for event in events
    }


def _view(row: RequestRow, comments: dict[int, Comment], rules: DeskRules, now: datetime) -> RequestView:
    view = {
        "number": str(row.number),
        "title": row.title,
        "category_id": row.category_id,
        "status": row.status,
        "queue": rules.queue_name(row.queue, row.language),
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "first_response_due": row.first_response_due,
        "resolution_due": row.resolution_due,
        "last_comment": comments.get(row.last_comment_id or 0),
        "can_reopen": may_reopen(row.status, row.solved_at, now, rules.reopen_days),
        "rating": row.rating,
    }
    return RequestView.model_validate(view)
