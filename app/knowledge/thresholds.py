"""When to answer and when to offer: what the manager chose, else what the settings say, and what either would do.

The choice is one row that every worker looks at every few seconds: it takes effect without a restart.
"""

import asyncio
import logging
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import delete
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.audit.chain import note
from app.db.engine import Database
from app.errors import RecadoError
from app.knowledge.errors import ThresholdsRefusedError
from app.knowledge.models import KnowledgeThresholds
from app.settings import KnowledgeSettings
from retrieval.applies import Thresholds
from retrieval.calibration import Calibration, Rates
from retrieval.knowledge import KnowledgeBase

log = logging.getLogger(__name__)


class Effect(NamedTuple):
    """A pair of thresholds and what is expected of each in this knowledge base."""

    thresholds: Thresholds
    answering: Rates
    offering: Rates
    curve: list[Rates]  # at thresholds .05 to .95


def default_thresholds(settings: KnowledgeSettings) -> Thresholds:
    """What the settings say."""
    return Thresholds(answer=settings.answer_from, offer=settings.offer_from)


def checked(answer: float, offer: float) -> Thresholds:
    """Both as a pair; raises ThresholdsRefusedError with a sentence."""
    if not 0 <= offer <= answer <= 1:
        raise ThresholdsRefusedError(
            f"Offering from {offer:g} and answering from {answer:g} is no order: 0 ≤ offer ≤ answer ≤ 1 is needed."
        )
    return Thresholds(answer=answer, offer=offer)


def chosen(session: Session) -> Thresholds | None:
    """The manager's choice; None while the settings decide."""
    row = session.get(KnowledgeThresholds, 1)
    return Thresholds(answer=row.answer_from, offer=row.offer_from) if row else None


def choose(session: Session, thresholds: Thresholds, now: datetime) -> None:
    """From now on these."""
    wanted = {"answer_from": thresholds.answer, "offer_from": thresholds.offer, "chosen_at": now}
    session.merge(KnowledgeThresholds(id=1, **wanted))
    note(session, "knowledge.thresholds", "thresholds", now, answer=thresholds.answer, offer=thresholds.offer)


def forget(session: Session) -> None:
    """The settings decide again."""
    session.execute(delete(KnowledgeThresholds))


def effect(calibration: Calibration, thresholds: Thresholds) -> Effect:
    """What is expected of these thresholds."""
    usual = calibration.usual
    return Effect(thresholds, usual.rates(thresholds.answer), usual.rates(thresholds.offer), usual.curve())


async def take_up(database: Database, knowledge: KnowledgeBase, default: Thresholds) -> None:
    """Judge by what is chosen now."""
    found = await database.read(chosen)
    knowledge.thresholds = found or default


async def follow(database: Database, knowledge: KnowledgeBase, default: Thresholds, every: timedelta) -> None:
    """Do so for as long as the process lives; a database that is away leaves everything as it was."""
    while True:
        await asyncio.sleep(every.total_seconds())
        try:
            await take_up(database, knowledge, default)
        except (RecadoError, SQLAlchemyError) as error:
            log.info("the thresholds of the knowledge base cannot be looked at (%s)", type(error).__name__)
