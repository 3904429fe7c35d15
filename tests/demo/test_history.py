"""The demo's made-up past: the same at every start, written once, and nobody hears of it."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from app.container import House
from app.db.models import AnswerRecord, OutboxEntry
from app.demo.history import load_history
from app.demo.load import load_company
from app.desk.history import take_news
from app.desk.models import RequestEvent, RequestRow
from app.desk.requests import FIRST_NUMBER
from app.reports.choice import Choice
from app.reports.period import last_days
from app.reports.themes import requests_said, themes
from app.settings import Settings


@pytest.fixture
def store_url(stores, tmp_path) -> str:
    return stores.sqlite(tmp_path)


async def test_a_past_is_written_once_that_reports_can_be_drawn_from(database, clock, tmp_path):
    house = House(Settings(data_dir=tmp_path), database, clock, tmp_path)
    await load_company(house)
    await load_history(house)
    await load_history(house)

    def look(session):
        rows = session.scalars(select(RequestRow).order_by(RequestRow.number)).all()
        assert 200 < len(rows) < 400
        assert rows[-1].number == FIRST_NUMBER - 1
        assert all(row.created_at < clock() for row in rows)
        assert all(row.solved_at is None or row.solved_at < clock() for row in rows)
        assert {"solved", "closed"} <= {row.status for row in rows}
        assert session.scalar(select(func.count()).select_from(AnswerRecord)) > 400
        untold = select(func.count()).where(RequestEvent.tell, RequestEvent.told_at.is_(None))
        assert session.scalar(untold) == 0
        month = Choice(last_days(30, clock(), ZoneInfo("America/Sao_Paulo")))
        found = themes(requests_said(session, month), month)
        assert {"rising", "new"} & {theme.trend for theme in found[:2]}

    await database.read(look)
    assert await database.write(lambda s: take_news(s, clock() + timedelta(days=1))) == ()
    assert await database.read(lambda s: s.scalar(select(func.count()).select_from(OutboxEntry))) == 0
