"""The embedded desk keeps the contract, on a real database."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.db.base import Base
from app.db.engine import Database
from app.db.schema import FEATURES
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


@pytest.fixture
async def tables(tmp_path: Path) -> AsyncIterator[Database]:
    assert FEATURES
    database = Database(f"sqlite:///{tmp_path / 'desk.db'}")
    Base.metadata.create_all(database.writer_engine)
    yield database
    await database.close()


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
    async def desk(self, tables: Database, clock: Any) -> EmbeddedDesk:
        await tables.write(furnish)
        return EmbeddedDesk(tables, clock)

    @pytest.fixture
    def agent(self, tables: Database, clock: Any) -> Rui:
        return Rui(tables, clock)
