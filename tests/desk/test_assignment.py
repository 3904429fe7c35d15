"""Who of a queue takes a request."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.db.engine import Database
from app.desk import agents
from app.desk.assignment import members_of, set_members
from app.desk.history import history_of
from app.desk.models import DeskDocument, RequestRow
from app.desk.requests import changes_since, create_request
from app.desk.rules import DeskRules
from app.staff.models import StaffRow
from tests.desk.test_embedded import RULES, furnish
from tests.desk.test_requests import create, row
from tests.tools.service_desk_contract import ANA, NOW, draft


def staff(session: Session, *names: str) -> list[StaffRow]:
    people = [
        StaffRow(
            email=f"{name.lower()}@ipe.example", name=name, password_hash="", password_at=NOW, roles=["agent"],
            language="en", timezone="UTC", created_at=NOW,
        )
        for name in names
    ]  # fmt: skip
    session.add_all(people)
    session.flush()
    return people


def share(session: Session, how: str, **more: object) -> list[StaffRow]:
    told = RULES.model_dump(mode="json", by_alias=True)
    told["queues"] = [
        {**told["queues"][0], "assignment": how},
        {"id": "second", "name": {"pt-BR": "Segunda"}, "calendar": "always", "assignment": how},
    ]
    session.get_one(DeskDocument, "rules").body = DeskRules.model_validate(told | more).model_dump_json(by_alias=True)
    people = staff(session, "Ana", "Bia", "Caio")
    set_members(session, "desk", {one.id for one in people})
    return people


def given(desk: Session, count: int) -> list[str]:
    return [row(desk, create(desk, f"g{count}-{number}")).assignee for number in range(count)]


def test_by_hand_nobody_is_given_anything(desk):
    share(desk, "manual")
    assert given(desk, 2) == ["", ""]


def test_in_turn_everybody_gets_one_and_who_is_away_or_gone_none(desk):
    people = share(desk, "round_robin")
    assert given(desk, 4) == ["Ana", "Bia", "Caio", "Ana"]
    people[1].away_until, people[2].active = NOW + timedelta(hours=1), False
    assert given(desk, 2) == ["Ana", "Ana"]
    people[1].away_until = NOW
    assert given(desk, 3) == ["Bia", "Ana", "Bia"]


def test_by_load_whoever_has_the_fewest_open_ones_is_next(desk):
    people = share(desk, "by_load")
    assert given(desk, 3) == ["Ana", "Bia", "Caio"]
    agents.set_status(desk, "1002", "solved", author="Bia", now=NOW)
    assert given(desk, 2) == ["Bia", "Ana"]
    assert {one.id for one in people} == set(members_of(desk, "desk"))


def test_the_requester_hears_who_takes_it_at_a_move_and_not_when_it_is_opened(desk):
    people = share(desk, "round_robin")
    set_members(desk, "second", {people[2].id})
    number = create(desk)
    assert changes_since(desk, "") == ()
    agents.assign(desk, number, author="Rui", now=NOW, queue="second")
    assert (row(desk, number).assignee, row(desk, number).assignee_id) == ("Caio", people[2].id)
    assert [(change.kind, change.text) for change in changes_since(desk, "")] == [("assigned", "Caio")]
    assert [event.kind for event in history_of(desk, int(number))] == ["created", "assigned", "assigned"]


def test_a_rule_may_name_somebody_and_the_queue_decides_when_they_are_away(desk):
    category = draft().category_id
    rule = {"when": {"category": [category]}, "assignee": "caio@ipe.example"}
    people = share(desk, "round_robin", routing=[rule])
    assert given(desk, 1) == ["Caio"]
    people[2].away_until = NOW + timedelta(days=1)
    assert given(desk, 2) == ["Ana", "Bia"]


@pytest.mark.parametrize("how", ["round_robin", "by_load"])
async def test_requests_that_come_at_once_are_shared_fairly(database: Database, how):
    def found(session: Session) -> None:
        furnish(session)
        share(session, how)

    await database.write(found)

    async def open_one(count: int) -> None:
        await database.write(
            lambda s: create_request(
                s, employee=ANA, conversation_id=None, draft=draft(), reference=f"r{count}", now=NOW
            )
        )

    await asyncio.gather(*(open_one(count) for count in range(12)))
    names = await database.read(lambda s: [request.assignee for request in s.query(RequestRow)])
    assert Counter(names) == {"Ana": 4, "Bia": 4, "Caio": 4}
