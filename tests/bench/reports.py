"""`python -m tests.bench.reports [--postgres]`: the report pages of a desk with 100,000 requests of a year."""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, create_engine, insert, text
from sqlalchemy.orm import Session

from app.console.reporting.sections import ASSISTANT, COST, HAND_OFFS, PROMISES, SATISFACTION, VOLUME
from app.db.models import AnswerRecord, Conversation, HandOffNote, Turn
from app.db.schema import upgrade
from app.desk.models import RequestEvent, RequestRow
from app.reports import breakdown
from app.reports.choice import Choice
from app.reports.period import last_days
from app.reports.themes import requests_said, themes
from tests.reports.past import found_desk
from tests.stores import postgres_database, sqlalchemy_url

NOW = datetime(2026, 11, 24, 15, tzinfo=UTC)
REQUESTS, QUESTIONS, TALKS, YEAR = 100_000, 60_000, 5_000, 365
ROUNDS, DAYS = 20, (30, 90, 365)
CHUNK = 10_000
WORDS = tuple(f"palavra{number}" for number in range(40))


def main() -> None:
    """Fill, then measure."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.reports", description=__doc__)
    parser.add_argument("--postgres", action="store_true", help="on PostgreSQL instead of SQLite")
    with _store(postgres=parser.parse_args().postgres) as engine:
        started = time.perf_counter()
        with Session(engine) as session:
            _fill(session)
        print(f"{REQUESTS:,} requests and {QUESTIONS:,} questions in {time.perf_counter() - started:.0f} s")
        for days in DAYS:
            _measure(engine, days)
        _bring_together(engine)


@contextmanager
def _store(*, postgres: bool) -> Iterator[Engine]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(postgres_database()) if postgres else f"sqlite:///{folder / 'recado.db'}"
        engine = create_engine(sqlalchemy_url(url))
        upgrade(engine)
        yield engine
        engine.dispose()


def _fill(session: Session) -> None:
    dice = random.Random(7)
    found_desk(session)
    session.commit()
    for start in range(0, REQUESTS, CHUNK):
        rows = [_request(dice, number) for number in range(start + 1, start + CHUNK + 1)]
        session.execute(insert(RequestRow), rows)
        session.execute(insert(RequestEvent), [event for row in rows for event in _events(row)])
        session.commit()
    talks = [{"phone_number_id": "1", "bsuid": f"b{n}", "created_at": NOW, "language": "pt-BR"} for n in range(TALKS)]
    session.execute(insert(Conversation), talks)
    session.commit()
    for start in range(0, QUESTIONS, CHUNK):
        records = [record for place in range(start, start + CHUNK) for record in _records(dice, place)]
        session.execute(insert(AnswerRecord), records)
        turns = [
            {"conversation_id": one["conversation_id"], "version": 2 * start + place + 1, "at": one["at"],
             "engine": "offline", "intents": "", "prompts": "", "milliseconds": {}}
            for place, one in enumerate(records)
        ]  # fmt: skip
        session.execute(insert(Turn), turns)
        notes = [{"conversation_id": one["conversation_id"], "reason": "asked", "summary": "", "at": one["at"],
                  "ended_at": one["at"] + timedelta(minutes=9)} for one in records[::20]]  # fmt: skip
        session.execute(insert(HandOffNote), notes)
        session.commit()
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("ANALYZE"))
        session.commit()


def _request(dice: random.Random, number: int) -> dict[str, object]:
    at = NOW - timedelta(seconds=(REQUESTS - number) / REQUESTS * YEAR * 86_400)
    solved = at + timedelta(hours=dice.expovariate(1 / 20))
    is_solved = solved < NOW
    return {
        "number": number, "reference": f"r{number}", "employee_id": dice.choice(("ana", "rui")),
        "category_id": dice.choice(("password", "office")), "title": "t",
        "description": " ".join(dice.sample(WORDS, 5)), "fields": {}, "evidence": {},
        "language": dice.choice(("pt-BR", "pt-BR", "es", "en")), "queue": "ti",
        "priority": "medium", "status": "solved" if is_solved else "open", "created_at": at, "updated_at": at,
        "first_response_due": at + timedelta(hours=4), "resolution_due": at + timedelta(hours=30),
        "responded_at": at + (solved - at) / 4, "solved_at": solved if is_solved else None,
        "rating": dice.choice((None, None, 2, 4, 5)) if is_solved else None, "rating_comment": "",
    }  # fmt: skip


def _events(row: dict[str, object]) -> Iterator[dict[str, object]]:
    shared = {"number": row["number"], "by": "agent", "author": "", "public": True, "tell": False, "text": ""}
    yield {**shared, "kind": "created", "status": None, "at": row["created_at"]}
    yield {**shared, "kind": "comment", "status": None, "at": row["responded_at"]}
    yield {**shared, "kind": "status", "status": "open", "at": row["responded_at"]}
    if row["solved_at"]:
        yield {**shared, "kind": "status", "status": "solved", "at": row["solved_at"]}


def _records(dice: random.Random, place: int) -> Iterator[dict[str, object]]:
    at = NOW - timedelta(seconds=(QUESTIONS - place) / QUESTIONS * YEAR * 86_400)
    shared = {
        "conversation_id": dice.randrange(TALKS) + 1, "key": f"k{place}", "question": " ".join(dice.sample(WORDS, 4)),
        "language": "pt-BR", "groups": [], "article_id": dice.choice(WORDS), "articles": [],
        "probability": 0.8, "at": at,
    }  # fmt: skip
    yield {**shared, "outcome": "answered"}
    if dice.random() < 0.5:
        yield {**shared, "outcome": "resolved", "at": at + timedelta(minutes=2)}


def _measure(engine: Engine, days: int) -> None:
    """A page reads the period and the one before."""
    choice = Choice(last_days(days, NOW, ZoneInfo("America/Sao_Paulo")))
    looks = {section.name: section.look for section in (VOLUME, PROMISES, ASSISTANT, HAND_OFFS, SATISFACTION, COST)}
    looks["categories"] = lambda session, one, _: breakdown.by_category(session, one)
    rounds = ROUNDS if days == DAYS[0] else 5
    print(f"\n{days} days beside the {days} before, {rounds} times: p50 / p95 ms, and of processor time")
    with Session(engine) as session:
        for name, look in looks.items():
            taken = sorted(_took(look, session, choice) for _ in range(rounds))
            cpu = sorted(processor for _, processor in taken)
            half, most = len(taken) // 2, min(int(len(taken) * 0.95), len(taken) - 1)
            print(f"  {name:14} {taken[half][0]:7.0f} {taken[most][0]:7.0f}   {cpu[half]:7.0f} {cpu[most]:7.0f}")


def _took(look: Callable[[Session, Choice, datetime], object], session: Session, choice: Choice) -> tuple[float, float]:
    """Milliseconds by the clock and of the processor."""
    started, cpu = time.perf_counter(), time.process_time()
    look(session, choice, NOW)
    look(session, choice.before, NOW)
    return (time.perf_counter() - started) * 1000, (time.process_time() - cpu) * 1000


def _bring_together(engine: Engine) -> None:
    choice = Choice(last_days(30, NOW, ZoneInfo("America/Sao_Paulo")))
    with Session(engine) as session:
        said = requests_said(session, choice)
    started = time.perf_counter()
    themes(said, choice)
    print(
        f"\n{len(said):,} requests brought together by words in {time.perf_counter() - started:.1f} s, behind the page"
    )


if __name__ == "__main__":
    sys.exit(main())
