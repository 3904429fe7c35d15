import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.db.engine import Database
from app.knowledge.errors import ThresholdsRefusedError
from app.knowledge.thresholds import checked, choose, chosen, default_thresholds, effect, follow, forget, take_up
from app.settings import KnowledgeSettings
from retrieval.applies import Thresholds
from retrieval.calibration import Calibration, Mode, Samples
from retrieval.knowledge import KnowledgeBase

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
DEFAULT = default_thresholds(KnowledgeSettings())


async def test_the_settings_decide_until_a_manager_does_and_again_afterwards(database: Database, tmp_path: Path):
    knowledge = KnowledgeBase.open(tmp_path / "none", None)
    await take_up(database, knowledge, DEFAULT)
    assert knowledge.thresholds == Thresholds(answer=0.65, offer=0.35)
    for answer in (0.8, 0.9):
        await database.write(lambda session, answer=answer: choose(session, checked(answer, 0.2), NOW))
        await take_up(database, knowledge, DEFAULT)
        assert knowledge.thresholds == Thresholds(answer=answer, offer=0.2)
    await database.write(forget)
    await take_up(database, knowledge, DEFAULT)
    assert knowledge.thresholds == DEFAULT
    assert await database.read(chosen) is None


async def test_a_worker_takes_up_a_choice_without_a_restart(database: Database, tmp_path: Path):
    knowledge = KnowledgeBase.open(tmp_path / "none", None)
    following = asyncio.create_task(follow(database, knowledge, DEFAULT, timedelta(seconds=0.01)))
    await database.write(lambda session: choose(session, checked(0.7, 0.7), NOW))
    async with asyncio.timeout(20):
        while knowledge.thresholds == DEFAULT:
            await asyncio.sleep(0.01)
    assert knowledge.thresholds == Thresholds(answer=0.7, offer=0.7)
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


@pytest.mark.parametrize(("answer", "offer"), [(0.3, 0.5), (1.2, 0.3), (0.5, -0.1), (float("nan"), 0.1)])
def test_thresholds_out_of_order_are_refused_in_a_sentence(answer: float, offer: float):
    with pytest.raises(ThresholdsRefusedError, match="offer ≤ answer"):
        checked(answer, offer)


def test_settings_out_of_order_are_refused():
    with pytest.raises(ValidationError, match="must not be above"):
        KnowledgeSettings(answer_from=0.3)


def test_the_effect_is_that_of_the_way_it_usually_searches():
    samples = Samples(right=(0.9, 0.5), removed=(0.7,), foreign=(0.1,))
    told = effect(Calibration(vectors=Mode(samples=samples)), Thresholds(answer=0.8, offer=0.4))
    assert told.answering.missed.share == 0.5
    assert told.offering.missed.share == 0
    assert told.answering.removed.share == 0
    assert told.offering.removed.share == 1
    assert len(told.curve) == 19
