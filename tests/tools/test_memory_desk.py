"""The desk in memory keeps the contract."""

from typing import Any

import pytest

from tests.tools.service_desk_contract import CATALOGUE, OUTAGE, PEOPLE, ServiceDeskContract
from tools.memory_desk import MemoryDesk
from tools.service_desk import Status


class Rui:
    """An agent of the memory desk."""

    def __init__(self, desk: MemoryDesk) -> None:
        self.desk = desk

    async def answers(self, number: str, text: str) -> None:
        self.desk.agent_comments(number, text, author="Rui")

    async def moves(self, number: str, status: Status) -> None:
        self.desk.agent_sets_status(number, status, author="Rui")


class TestMemoryDesk(ServiceDeskContract):
    @pytest.fixture
    def desk(self, clock: Any) -> MemoryDesk:
        return MemoryDesk(PEOPLE, CATALOGUE, clock, [OUTAGE])

    @pytest.fixture
    def agent(self, desk: MemoryDesk) -> Rui:
        return Rui(desk)
