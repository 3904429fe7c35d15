"""Promises in working time: pauses, warnings, marks, reopening."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.desk import acting, agents, requests
from app.desk.acting import Agent
from app.desk.calendar import Calendar, due, working_between
from app.desk.clocks import moved, notice_due
from app.desk.models import DeskDocument, RequestEvent
from app.desk.rules import DeskRules
from tests.desk.test_calendar import OFFICE, calendars, local, moments
from tests.desk.test_requests import create, row
from tests.tools.service_desk_contract import NOW

SECOND = timedelta(seconds=1)


@given(calendars(), moments, st.integers(0, 400_000), st.integers(0, 400_000))
def test_working_time_between_two_moments_adds_up(calendar: Calendar, start: datetime, first: int, more: int) -> None:
    middle, end = start + timedelta(seconds=first), start + timedelta(seconds=first + more)
    whole = working_between(start, end, calendar)
    assert whole == working_between(start, middle, calendar) + working_between(middle, end, calendar)
    assert timedelta() <= whole <= end - start
    assert working_between(end, start, calendar) == timedelta()
    assert not whole or due(start, whole, calendar) <= end


@given(calendars(), moments, st.integers(1, 36_000), st.integers(0, 90_000), st.integers(0, 400_000))
def test_after_a_pause_as_much_working_time_is_left_as_before(
    calendar: Calendar, start: datetime, promise: int, before: int, pause: int
) -> None:
    promised_at = due(start, timedelta(seconds=promise), calendar)
    since = start + timedelta(seconds=before)
    until = since + timedelta(seconds=pause)
    later = moved(promised_at, since, until, calendar)
    assert later >= promised_at
    if promised_at <= since:
        assert later == promised_at
        return
    assert working_between(until, later, calendar) >= working_between(since, promised_at, calendar)
    elsewhere = working_between(start, since, calendar) + working_between(until, later, calendar)
    assert abs(elsewhere - timedelta(seconds=promise)) <= SECOND


@given(calendars(), moments, st.integers(1, 36_000), st.lists(st.integers(1, 90_000), min_size=2, max_size=8))
def test_many_pauses_are_as_one_after_the_other(
    calendar: Calendar, start: datetime, promise: int, steps: list[int]
) -> None:
    promised_at, now, worked = due(start, timedelta(seconds=promise), calendar), start, timedelta()
    for position, step in enumerate(steps):
        then = now + timedelta(seconds=step)
        if position % 2:
            promised_at = moved(promised_at, now, then, calendar)
        else:
            worked += working_between(now, min(then, max(promised_at, now)), calendar)
        now = then
    if promised_at > now:
        assert worked + working_between(now, promised_at, calendar) == timedelta(seconds=promise)


@pytest.mark.parametrize(
    ("promised_at", "since", "until", "later"),
    [
        (local(2026, 11, 19, 11), local(2026, 11, 19, 10), local(2026, 11, 19, 11, 30), local(2026, 11, 19, 13, 30)),
        (local(2026, 11, 19, 17, 30), local(2026, 11, 19, 17), local(2026, 11, 20, 12), local(2026, 11, 23, 9, 30)),
        (local(2026, 11, 19, 18), local(2026, 11, 19, 17), local(2026, 11, 22, 0), local(2026, 11, 23, 10)),
        (local(2026, 11, 19, 9), local(2026, 11, 19, 10), local(2026, 11, 19, 11), local(2026, 11, 19, 9)),
    ],
    ids=["over lunch", "over a holiday and a weekend", "until midnight", "it had passed before"],
)
def test_a_pause_moves_a_promise(promised_at: datetime, since: datetime, until: datetime, later: datetime) -> None:
    assert moved(promised_at, since, until, OFFICE) == later.astimezone(UTC)


def office_hours(desk: Session) -> None:
    rules = {
        "calendars": {"office": OFFICE.model_dump(mode="json")},
        "queues": [{"id": "desk", "name": {"pt-BR": "Central"}, "calendar": "office"}],
        "promises": {"medium": {"first_response": 4, "resolution": 10}, "high": {"first_response": 1, "resolution": 5}},
    }
    desk.get_one(DeskDocument, "rules").body = DeskRules.model_validate(rules).model_dump_json()


def marks(desk: Session) -> list[tuple[str, str]]:
    kinds = RequestEvent.kind.in_(("warned", "breached"))
    events = desk.scalars(select(RequestEvent).where(kinds).order_by(RequestEvent.id)).all()
    assert not any(event.public or event.tell for event in events)
    return [(event.kind, event.text) for event in events]


MONDAY = local(2026, 11, 23, 9)


def test_a_request_is_warned_of_and_marked_once_each_whatever_happens_between(desk):
    office_hours(desk)
    request = row(desk, create(desk, now=MONDAY))
    found = []
    for minutes in range(0, 60 * 30, 7):
        notice_due(desk, MONDAY + timedelta(minutes=minutes))
        desk.expire_all()
        found.append(len(marks(desk)))
    assert marks(desk) == [
        ("warned", "first_response"),
        ("breached", "first_response"),
        ("warned", "resolution"),
        ("breached", "resolution"),
    ]
    assert found == sorted(found)
    assert request.first_response_breached_at == request.first_response_due == local(2026, 11, 23, 14).astimezone(UTC)
    assert request.resolution_breached_at == request.resolution_due == local(2026, 11, 24, 11).astimezone(UTC)
    assert request.look_at is None
    assert request.updated_at == MONDAY.astimezone(UTC)


def test_a_clock_stands_still_while_the_requester_is_waited_for_and_goes_on_for_others(desk):
    office_hours(desk)
    number = create(desk, now=MONDAY)
    request = row(desk, number)
    agents.set_status(desk, number, "waiting", author="Rui", now=local(2026, 11, 23, 10), text="Qual modelo?")
    notice_due(desk, local(2026, 11, 30, 9))
    assert (marks(desk), request.look_at) == ([], None)
    requests.comment_request(desk, "E1", number, "T14", reference="c", now=local(2026, 11, 24, 10))
    assert request.resolution_due == local(2026, 11, 25, 11).astimezone(UTC)
    assert request.paused_seconds == 8 * 3600
    agents.set_status(desk, number, "pending", author="Rui", now=local(2026, 11, 24, 11))
    notice_due(desk, local(2026, 11, 25, 12))
    assert marks(desk) == [("breached", "resolution")]


def test_what_is_late_is_marked_even_when_the_sweeper_came_too_late(desk):
    office_hours(desk)
    number = create(desk, now=MONDAY)
    agents.set_status(desk, number, "solved", author="Rui", now=local(2026, 11, 25, 9))
    assert marks(desk) == [("breached", "first_response"), ("breached", "resolution")]
    assert row(desk, number).responded_at == local(2026, 11, 25, 9).astimezone(UTC)
    assert notice_due(desk, local(2026, 12, 1, 9)) == 0


def test_reopening_begins_a_new_clock_for_the_solution_only(desk):
    office_hours(desk)
    number = create(desk, now=MONDAY)
    agents.set_status(desk, number, "solved", author="Rui", now=local(2026, 11, 25, 9))
    again = local(2026, 11, 25, 10)
    requests.reopen_request(desk, "E1", number, "de novo", reference="o", now=again)
    request = row(desk, number)
    assert request.resolution_due == due(again, timedelta(hours=10), OFFICE)
    assert (request.resolution_breached_at, request.resolution_warned_at) == (None, None)
    assert request.first_response_breached_at is not None
    notice_due(desk, request.resolution_due)
    assert marks(desk)[2:] == [("breached", "resolution")]


def test_another_priority_counts_from_the_beginning_again(desk):
    office_hours(desk)
    number = create(desk, now=MONDAY)
    acting.prioritise(desk, int(number), "high", Agent(1, "Rui", local(2026, 11, 23, 9, 30)))
    assert row(desk, number).first_response_due == local(2026, 11, 23, 10).astimezone(UTC)
    acting.prioritise(desk, int(number), "medium", Agent(1, "Rui", local(2026, 11, 23, 9, 40)))
    assert row(desk, number).first_response_due == local(2026, 11, 23, 14).astimezone(UTC)


def test_the_sweeper_looks_at_what_is_due_only(desk):
    for count in range(3):
        create(desk, f"r{count}", now=NOW + timedelta(hours=count))
    assert notice_due(desk, NOW) == 0
    assert notice_due(desk, NOW + timedelta(hours=5), limit=1) == 1
    assert notice_due(desk, NOW + timedelta(hours=5)) == 1
    assert notice_due(desk, NOW + timedelta(hours=5)) == 0
