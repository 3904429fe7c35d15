"""A verified employee's phone, and one of somebody not yet known."""

import pytest

from graph.turn import Agent
from tests.graph.people_and_parts import Phone


@pytest.fixture(scope="session")
def agent() -> Agent:
    return Agent()


@pytest.fixture
def phone(agent: Agent) -> Phone:
    return Phone(agent)


@pytest.fixture
def stranger(agent: Agent) -> Phone:
    return Phone(agent, principal=None)
