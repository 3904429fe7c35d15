"""The queue's list with very many requests: every filter, order and search, on both stores.

Run: python -m tests.bench.queue [REQUESTS]

A look at a page by primary key is measured in the same run, since absolute times depend on what else the machine does.
"""

import random
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, insert, text
from sqlalchemy.orm import Session

from app.demo.load import COMPANY
from app.desk.catalogue import import_company
from app.desk.listing import Scene, Wish, changed_since, count, latest_event, list_requests, rows_of
from app.desk.models import NOTHING_DUE, RequestEvent, RequestRow, RequestWords
from app.identity.employees import import_employees
from tests.bench.page import half_and_most, p
from tests.stores import migrate, postgres_database, postgres_trouble, sqlalchemy_url

NOW = datetime(2026, 11, 24, 15, tzinfo=UTC)
SCENE = Scene(staff_id=1, now=NOW)
REQUESTS, ROUNDS, PAGE, CHUNK, OPEN_SHARE, YEAR_DAYS = 20_000, 30, 50, 10_000, 0.06, 365
QUEUES = ("it-desk", "it-networks", "it-field", "it-systems", "people", "facilities", "security")
CATEGORIES = ("access-password", "network-vpn", "hardware", "printing", "pay-benefits", "facilities")
PLACES = ("São Paulo", "Campinas", "Recife", "Manaus", "Bogotá", "Miami")
NAMES = tuple(f"pessoa{number}" for number in range(2_000))
WORDS = tuple(f"palavra{number}" for number in range(4_000))
PROMISED_MS = 150.0  # p95 of any list
WISHES = {
    "open": Wish(),
    "mine": Wish(assignee="me"),
    "nobody's": Wish(assignee="nobody"),
    "unanswered": Wish(unanswered=True),
    "overdue": Wish(due="overdue"),
    "at risk": Wish(due="at_risk"),
    "queue and priority": Wish(queue="it-field", priority="urgent"),
    "category, place, language": Wish(category="printing", location="Manaus", language="es"),
    "ended, last changed": Wish(status="ended", sort="updated"),
    "ended, of one place": Wish(status="ended", location="Miami", sort="updated"),
    "all, newest": Wish(status="all", sort="newest"),
    "open, by priority": Wish(sort="priority"),
    "all, a common word": Wish(status="all", words="palavra7", sort="updated"),
    "all, a rare word": Wish(status="all", words="palavra3999 palavra17", sort="updated"),
    "all, a name": Wish(status="all", words="pessoa1234", sort="updated"),
    "all, no such word": Wish(status="all", words="inexistente", sort="updated"),
}


def main() -> None:
    """Fill each store, then measure."""
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else REQUESTS
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        urls = [f"sqlite:///{folder / 'recado.db'}"]
        urls += [] if postgres_trouble() else [stack.enter_context(postgres_database())]
        for url in urls:
            migrate(url)
            engine = create_engine(sqlalchemy_url(url))
            with Session(engine) as session:
                fill(session, requests)
                measure(session, requests)
            engine.dispose()


def fill(session: Session, requests: int) -> None:
    """The demo's company with requests of a year, few of them open."""
    started, dice = time.perf_counter(), random.Random(7)
    import_company(session, COMPANY, now=NOW)
    import_employees(session, COMPANY / "employees.csv", now=NOW)
    for first in range(1, requests + 1, CHUNK):
        rows = [request(dice, number, requests) for number in range(first, min(first + CHUNK, requests + 1))]
        session.execute(insert(RequestRow), rows)
        session.execute(insert(RequestWords), [words_of(dice, row) for row in rows])
        session.execute(insert(RequestEvent), [event_of(row) for row in rows])
        session.commit()
    session.execute(text("ANALYZE"))
    session.commit()
    store = session.get_bind().dialect.name
    print(f"\n{store}: {requests:,} requests in {time.perf_counter() - started:.0f} s")


def request(dice: random.Random, number: int, requests: int) -> dict[str, Any]:
    at = NOW - timedelta(days=(requests - number) / requests * YEAR_DAYS)
    is_open = dice.random() < OPEN_SHARE
    answered = not is_open or dice.random() < 0.6
    due = NOW + timedelta(hours=dice.uniform(-60, 90))
    assignee = dice.choice((None, 1, 2, 3, 4))
    return {
        "number": number, "reference": f"bench-{number}", "employee_id": f"E10{dice.randint(1, 15):02}",
        "conversation_id": None, "category_id": dice.choice(CATEGORIES), "title": f"Chamado {number}",
        "description": "", "fields": {}, "evidence": {}, "language": dice.choice(("pt-BR", "pt-BR", "es", "en")),
        "queue": dice.choice(QUEUES), "assignee": f"Agente {assignee}" if assignee else "", "assignee_id": assignee,
        "priority": dice.choice(("low", "medium", "medium", "high", "urgent")),
        "status": dice.choice(("new", "open", "pending", "waiting")) if is_open else dice.choice(("solved", "closed")),
        "created_at": at, "updated_at": at + timedelta(hours=dice.expovariate(1 / 20)), "first_response_due": due,
        "resolution_due": due, "responded_at": at if answered else None, "solved_at": None if is_open else at,
        "location": dice.choice(PLACES), "due_at": due if is_open else NOTHING_DUE,
        "unanswered_since": at if is_open and dice.random() < 0.4 else None,
        "first_response_warned_at": at if dice.random() < 0.1 else None,
        "resolution_warned_at": at if dice.random() < 0.1 else None,
    }  # fmt: skip


def words_of(dice: random.Random, row: dict[str, Any]) -> dict[str, Any]:
    said = " ".join(dice.choices(WORDS, k=12))
    return {"number": row["number"], "words": said, "person": dice.choice(NAMES)}


def event_of(row: dict[str, Any]) -> dict[str, Any]:
    return {"number": row["number"], "kind": "created", "by": "employee", "tell": False, "at": row["created_at"]}


def measure(session: Session, requests: int) -> None:
    """Each look beside a page read by primary key."""
    newest = latest_event(session)
    numbers = list(range(requests // 2, requests // 2 + PAGE))
    plain = timed(session, lambda: rows_of(session, numbers))
    print(f"{'a page by primary key':32} {half_and_most(plain):>18}")
    looks: dict[str, Callable[[], object]] = {
        name: lambda wish=wish: list_requests(session, wish, SCENE, limit=PAGE) for name, wish in WISHES.items()
    }
    looks["count of open"] = lambda: count(session, Wish(), SCENE)
    looks["live: what changed"] = lambda: changed_since(session, newest - 5)
    for name, look in looks.items():
        taken = timed(session, look)
        late = "  OVER" if p(taken, 95) > PROMISED_MS else ""
        print(f"{name:32} {half_and_most(taken):>18} {p(taken, 50) / p(plain, 50):6.1f} x{late}")


def timed(session: Session, look: Callable[[], object]) -> list[float]:
    """Milliseconds of each round; what was read is forgotten in between."""
    taken = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        look()
        taken.append((time.perf_counter() - started) * 1000)
        session.rollback()
    return taken


if __name__ == "__main__":
    main()
