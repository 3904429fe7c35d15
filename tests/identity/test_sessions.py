"""How long a proof of identity holds, and what ends it."""

from datetime import timedelta
from typing import Any

import pytest

from app.identity.models import EmployeeRow
from app.identity.sessions import current_session, end_session, end_sessions_of, start_session, touch_session


class Visit:
    """One conversation's session, asked about and touched as turns do."""

    def __init__(self, door: Any) -> None:
        self.door = door

    async def begin(self, conversation: str = "1", bound: str = "BR.1", who: str = "E1") -> None:
        now = self.door.wall
        await self.door.database.write(lambda s: start_session(s, conversation, who, bound_to=bound, now=now) and None)

    async def who(self, conversation: str = "1", bound: str = "BR.1") -> tuple[str, str]:
        now, rules = self.door.wall, self.door.settings
        employee, ended = await self.door.database.read(lambda s: current_session(s, conversation, bound, now, rules))
        return (employee.id if employee else "", ended)

    async def touch(self, conversation: str = "1", bound: str = "BR.1") -> None:
        now, rules = self.door.wall, self.door.settings
        await self.door.database.write(lambda s: touch_session(s, conversation, bound, now, rules))


@pytest.fixture
def visit(door: Any) -> Visit:
    return Visit(door)


async def test_nobody_is_known_before_a_proof(visit: Visit) -> None:
    await visit.touch()
    assert await visit.who() == ("", "")


async def test_twelve_silent_hours_end_a_session_and_it_is_told_once(door: Any, visit: Visit) -> None:
    await visit.begin()
    door.pass_by(hours=11, minutes=59)
    assert await visit.who() == ("E1", "")
    await visit.touch()
    door.pass_by(hours=12)
    assert await visit.who() == ("", "idle")
    await visit.touch()
    assert await visit.who() == ("", "")


async def test_seven_days_end_every_session(door: Any, visit: Visit) -> None:
    await visit.begin()
    for _ in range(7 * 24 - 1):
        door.pass_by(hours=1)
        await visit.touch()
    assert await visit.who() == ("E1", "")
    door.pass_by(hours=1)
    assert await visit.who() == ("", "age")


async def test_another_number_ends_the_session_for_good(visit: Visit) -> None:
    await visit.begin()
    assert await visit.who(bound="BR.2") == ("", "number_changed")
    await visit.touch(bound="BR.2")
    assert await visit.who(bound="BR.1") == ("", "")


async def test_a_deactivated_employee_is_out_and_stays_out(door: Any, visit: Visit) -> None:
    await visit.begin()
    await door.database.write(lambda s: setattr(s.get_one(EmployeeRow, "E1"), "active", False))
    assert await visit.who() == ("", "disabled")
    now = door.wall
    await door.database.write(lambda s: end_sessions_of(s, "E1", because="disabled", now=now))
    await door.database.write(lambda s: setattr(s.get_one(EmployeeRow, "E1"), "active", True))
    assert await visit.who() == ("", "disabled")


async def test_goodbye_ends_it_without_an_announcement(door: Any, visit: Visit) -> None:
    await visit.begin()
    now = door.wall
    await door.database.write(lambda s: end_session(s, "1", because="logout", now=now))
    assert await visit.who() == ("", "")


async def test_an_employee_may_be_on_two_phones_and_each_ends_alone(door: Any, visit: Visit) -> None:
    await visit.begin("1", "BR.1")
    await visit.begin("2", "BR.2")
    assert await visit.who("1", "BR.1") == await visit.who("2", "BR.2") == ("E1", "")
    now = door.wall
    await door.database.write(lambda s: end_session(s, "1", because="logout", now=now))
    assert await visit.who("2", "BR.2") == ("E1", "")


async def test_a_new_proof_replaces_the_session_of_its_conversation(visit: Visit) -> None:
    await visit.begin(who="E1")
    await visit.begin(who="E2")
    assert await visit.who() == ("E2", "")


async def test_a_clock_set_back_does_not_shorten_a_session(door: Any, visit: Visit) -> None:
    await visit.begin()
    door.wall -= timedelta(hours=1)
    await visit.touch()
    assert await visit.who() == ("E1", "")
