"""The embedded desk keeps the contract, on a real database."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.db.engine import Database
from app.desk import agents
from app.desk.embedded import EmbeddedDesk
from app.desk.models import CategoryRow, DeskDocument, OutageRow
from app.desk.rules import DeskRules
from app.identity.models import EmployeeRow
from tests.tools.service_desk_contract import CATALOGUE, OUTAGE, PEOPLE, ServiceDeskContract, words
from tools.service_desk import Status

ALWAYS = {
    "timezone": "UTC",
    "hours": {
        day: [["00:00", "24:00"]]
        for day in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    },
}
RULES = DeskRules.model_validate(
    {
        "calendars": {"always": ALWAYS},
        "queues": [{"id": "desk", "name": words("Central"), "calendar": "always"}],
        "promises": {"medium": {"first_response": 4, "resolution": 24}},
    }
)


def furnish(session: Session) -> None:
    for position, category in enumerate(CATALOGUE):
        session.add(CategoryRow(id=category.id, position=position, spec=category.model_dump(mode="json")))
    session.add(DeskDocument(name="rules", body=RULES.model_dump_json(exclude_unset=True)))
    session.add(DeskDocument(name="revision", body="1"))
    session.add(OutageRow(id=OUTAGE.id, spec=OUTAGE.model_dump(mode="json")))
    for person in PEOPLE:
        session.add(EmployeeRow(**person.model_dump(exclude={"groups"}), groups=list(person.groups)))


class Rui:
    """An agent of the embedded desk."""

    def __init__(self, database: Database, clock: Any) -> None:
        self.database = database
        self.clock = clock

    async def answers(self, number: str, text: str) -> None:
        now = self.clock()
        await self.database.write(
            lambda s: agents.agent_comment(s, number, "só entre nós", author="Rui", public=False, now=now)
        )
        await self.database.write(lambda s: agents.agent_comment(s, number, text, author="Rui", public=True, now=now))

    async def moves(self, number: str, status: Status) -> None:
        now = self.clock()
        await self.database.write(lambda s: agents.set_status(s, number, status, author="Rui", now=now))


class TestEmbeddedDesk(ServiceDeskContract):
    @pytest.fixture
    async def desk(self, database: Database, clock: Any) -> EmbeddedDesk:
        await database.write(furnish)
        return EmbeddedDesk(database, clock)

    @pytest.fixture
    def agent(self, database: Database, clock: Any) -> Rui:
        return Rui(database, clock)


async def test_a_changed_catalogue_is_seen_at_once(database: Database, clock: Any) -> None:
    desk = EmbeddedDesk(database, clock)
    assert await desk.catalogue() == ()
    await database.write(furnish)
    known = await desk.catalogue()
    assert await desk.catalogue() is known

    def lose(session: Session) -> None:
        session.get_one(CategoryRow, "pay").active = False
        session.get_one(DeskDocument, "revision").body = "2"

    await database.write(lose)
    assert [category.id for category in await desk.catalogue()] == ["it", "vpn"]
