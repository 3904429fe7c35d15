"""What models cost is kept with the turn, limited per contact and day, and reported."""

from datetime import timedelta

import pytest

from app.db.models import Conversation
from app.thinking.costs import costs, keep, tokens_of_today
from graph.language.ledger import ModelCall

UNDERSTAND = ModelCall(
    purpose="understand", prompt="understand@1+a", model="m", provider="p", tokens_in=900, tokens_out=100,
    tokens_cached=500, milliseconds=400.0, cost=0.5,
)  # fmt: skip
FAILED = UNDERSTAND.model_copy(
    update={
        "purpose": "answer",
        "outcome": "too_slow",
        "tokens_in": 0,
        "tokens_out": 0,
        "milliseconds": 9000.0,
        "cost": 0,
    }
)


@pytest.fixture
async def people(database, clock):
    def two(session) -> None:
        for number in (1, 2):
            session.add(Conversation(id=number, phone_number_id="p", wa_id=f"551{number}", created_at=clock()))

    await database.write(two)


async def test_a_contacts_tokens_count_for_a_day_and_for_nobody_else(database, clock, people):
    await database.write(lambda s: keep(s, 1, 1, [UNDERSTAND, FAILED], clock()))
    assert await database.read(lambda s: tokens_of_today(s, 1, clock())) == 1000
    assert await database.read(lambda s: tokens_of_today(s, 2, clock())) == 0
    clock.pass_by(hours=25)
    assert await database.read(lambda s: tokens_of_today(s, 1, clock())) == 0


async def test_a_report_tells_by_purpose_and_why_answers_were_not_used(database, clock, people):
    await database.write(lambda s: keep(s, 1, 1, [UNDERSTAND, FAILED], clock()))
    await database.write(lambda s: keep(s, 2, 1, [UNDERSTAND], clock()))
    await database.write(lambda s: keep(s, 2, 0, [UNDERSTAND.model_copy(update={"purpose": "transcribe"})], clock()))

    report = await database.read(lambda s: costs(s, clock() - timedelta(days=1)))

    assert [(cost.purpose, cost.calls, cost.failed) for cost in report.by_purpose] == [
        ("answer", 1, 1), ("transcribe", 1, 0), ("understand", 2, 0),
    ]  # fmt: skip
    assert report.turns == 2
    assert report.calls_per_turn == 1.5
    assert report.failures == {"too_slow": 1}
    understanding = report.by_purpose[2]
    assert (understanding.tokens_in, understanding.tokens_cached, understanding.cost) == (1800, 1000, 1.0)
    assert report.as_json()["by_purpose"][0]["milliseconds_longest"] == 9000.0


async def test_what_is_older_is_not_in_the_report(database, clock, people):
    await database.write(lambda s: keep(s, 1, 1, [UNDERSTAND], clock()))
    report = await database.read(lambda s: costs(s, clock()))

    assert (report.turns, report.by_purpose, report.calls_per_turn) == (0, (), 0.0)
