"""A scripted provider over real HTTP, and a turn's engine that asks it."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from graph.language.ledger import Ledger
from graph.language.llm.endpoint import Endpoint
from graph.language.llm.engine import LlmEngine
from graph.language.llm.meter import Allowance, Meter
from graph.language.llm.model import ChatModel
from graph.language.port import Hearing
from tests.graph.people_and_parts import ANA
from tests.provider.faithful import categories, engine, faithful
from tests.provider.server import Provider, serving

NOW = datetime(2026, 11, 23, 11, 0, tzinfo=ZoneInfo("America/Sao_Paulo"))
FOREVER = float("inf")


@pytest.fixture
async def provider(free_port) -> AsyncIterator[Provider]:
    async with serving(Provider(mind=faithful), free_port()) as provider:
        yield provider


@pytest.fixture
async def model(provider: Provider) -> AsyncIterator[ChatModel]:
    model = ChatModel(Endpoint(provider.url, "gpt-scripted"))
    yield model
    await model.close()


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def thinking(model: ChatModel, ledger: Ledger) -> LlmEngine:
    return LlmEngine(Meter(model, Allowance(4, 50_000, FOREVER, 1_000_000), ledger), engine(), seconds=5)


@pytest.fixture
def hearing() -> Callable[..., Hearing]:
    def hearing(text: str, **more: object) -> Hearing:
        known = {"language": "pt-BR", "categories": categories(), "employee": ANA, "now": NOW}
        return Hearing(text=text, **(known | more))  # type: ignore[arg-type]

    return hearing
