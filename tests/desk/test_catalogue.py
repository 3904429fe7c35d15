"""A company's folder becomes the desk, or a sentence says what is wrong with it."""

import itertools
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.desk import requests
from app.desk.agents import set_status
from app.desk.catalogue import catalogue_of, import_company, outages_of, revision_of
from app.desk.hours import reception_opens_at
from app.desk.models import CategoryRow, RequestRow
from app.desk.rules import rules_of
from app.errors import ConfigurationError
from tools.service_desk import Draft, Employee

COMPANY = Path(__file__).parents[2] / "app/demo/company"
NOW = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
REFERENCES = itertools.count()
ANA = Employee(id="E1", name="Ana", email="ana@x.example", location="São Paulo")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("catalogue.yaml", "desk.yaml", "outages.yaml"):
        shutil.copy(COMPANY / name, tmp_path / name)
    return tmp_path


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf8")


def test_the_demo_company_is_taken_and_taking_it_again_changes_nothing(session: Session) -> None:
    first = import_company(session, COMPANY, now=NOW)
    revision = revision_of(session)
    again = import_company(session, COMPANY, now=NOW)
    assert first.added == again.unchanged >= 12
    assert (again.added, again.changed, again.deactivated) == (0, 0, 0)
    assert revision_of(session) == revision
    seen: set[str] = set()
    for category in catalogue_of(session):
        assert not category.parent or category.parent in seen
        seen.add(category.id)
    assert [outage.id for outage in outages_of(session, NOW)] == ["vpn-recife"]
    assert outages_of(session, datetime(2026, 11, 23, 10, 0, tzinfo=UTC)) == ()


def test_a_category_that_is_gone_is_kept_for_its_requests(session: Session, folder: Path) -> None:
    import_company(session, folder, now=NOW)
    revision = revision_of(session)
    text = (folder / "catalogue.yaml").read_text(encoding="utf8")
    start = text.index("  - id: facilities")
    following = text.find("\n  - id: ", start + 1)
    (folder / "catalogue.yaml").write_text(text[:start] + (text[following + 1 :] if following > 0 else ""), "utf8")
    summary = import_company(session, folder, now=NOW)
    assert summary.deactivated == 1
    assert session.get_one(CategoryRow, "facilities").active is False
    assert "facilities" not in {category.id for category in catalogue_of(session)}
    assert revision_of(session) != revision


def test_an_outage_that_left_the_file_is_over(session: Session, folder: Path) -> None:
    import_company(session, folder, now=NOW)
    (folder / "outages.yaml").write_text("outages: []\n", encoding="utf8")
    import_company(session, folder, now=NOW)
    assert outages_of(session, NOW) == ()


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("desk.yaml", "calendar: sao-paulo", "calendar: mars", "queues.it-desk.calendar"),
        ("desk.yaml", "queue: it-desk-es", "queue: nowhere", r"routing\[1\].queue"),
        ("desk.yaml", "field: impact", "field: impacto", r"priority_rules\[0\].when.field"),
        ("desk.yaml", "timezone: America/Manaus", "timezone: Manaus", "calendars.manaus.timezone"),
        ("desk.yaml", "reopen_days: 7", "reopen_days: many", "reopen_days"),
        ("desk.yaml", "reopen_days: 7", "reopening: 7", "reopening"),
        ("desk.yaml", "  raise: 1", "  raise: 1\n    at_least: high", r"priority_rules\[2\]"),
        ("desk.yaml", "  urgent: { first_response: 0.5, resolution: 4 }\n", "", "promises: 'urgent' is missing"),
        ("desk.yaml", "\nqueues:", "\nqueues: [", "desk.yaml, line"),
        ("catalogue.yaml", "parent: it\n", "parent: its\n", "access-password.parent"),
        ("catalogue.yaml", "queue: it-desk\n", "queue: it-dusk\n", "access-password.queue"),
        ("catalogue.yaml", "id: network-vpn", "id: access-password", "categories: 'access-password' is there twice"),
        ("catalogue.yaml", r"pattern: 'IPE-\d{5}'", "pattern: 'IPE-('", "asset_tag.pattern"),
        ("catalogue.yaml", "type: choice", "type: choose", r"fields\[\d\].type"),
        ("outages.yaml", "categories: [network-vpn]", "categories: [vpns]", "vpn-recife.categories"),
        ("outages.yaml", "since: 2026-11-23T07:40:00-03:00", "since: yesterday", r"outages\[0\].since"),
    ],
)
def test_a_mistake_is_told_by_file_key_and_problem(
    session: Session, folder: Path, name: str, old: str, new: str, told: str
) -> None:
    change(folder / name, old, new)
    with pytest.raises(ConfigurationError, match=told) as complaint:
        import_company(session, folder, now=NOW)
    assert name in str(complaint.value)
    assert catalogue_of(session) == ()


@pytest.mark.parametrize(
    "spoil", [lambda f: f.unlink(), lambda f: f.write_bytes(b"\xff\xfe\x00"), lambda f: f.write_text("")]
)
def test_a_file_that_is_missing_or_no_text_is_told(
    session: Session, folder: Path, spoil: Callable[[Path], object]
) -> None:
    spoil(folder / "desk.yaml")
    with pytest.raises(ConfigurationError, match=r"desk\.yaml"):
        import_company(session, folder, now=NOW)


def create(session: Session, employee: Employee, **more: object) -> RequestRow:
    values = {"connection": "vpn", "impact": "me"}
    given = {"category_id": "network-vpn", "title": "VPN", "description": "cai", "values": values, **more}
    receipt = requests.create_request(
        session,
        employee=employee,
        conversation_id="7",
        draft=Draft.model_validate(given),
        reference=f"r{next(REFERENCES)}",
        now=NOW,
    )
    return session.get_one(RequestRow, int(receipt.number))


def test_routing_and_priority_follow_the_rules(session: Session) -> None:
    import_company(session, COMPANY, now=NOW)
    plain = create(session, ANA)
    assert (plain.number, plain.queue, plain.priority) == (1001, "it-networks", "medium")
    assert create(session, ANA, language="es").queue == "it-desk-es"
    everyone = create(session, ANA, values={"connection": "vpn", "impact": "everyone"})
    assert everyone.priority == "high"
    assert create(session, ANA.model_copy(update={"vip": True})).priority == "high"
    assert everyone.resolution_due < plain.resolution_due
    assert rules_of(session).queue_name("it-desk-es", "es") == "Mesa de ayuda de TI"


def test_out_of_hours_the_opening_is_told(session: Session) -> None:
    assert reception_opens_at(session, NOW) is None
    import_company(session, COMPANY, now=NOW)
    assert reception_opens_at(session, NOW) is None
    sunday = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)
    assert reception_opens_at(session, sunday) == datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
    assert reception_opens_at(session, sunday, "es") == datetime(2026, 11, 23, 13, 0, tzinfo=UTC)


def test_solved_requests_close_when_nobody_may_reopen_them(session: Session) -> None:
    import_company(session, COMPANY, now=NOW)
    row = create(session, ANA)
    set_status(session, str(row.number), "solved", author="Rui", now=NOW)
    assert requests.close_solved(session, NOW + timedelta(days=6, hours=23)) == 0
    assert requests.close_solved(session, NOW + timedelta(days=7)) == 1
    assert requests.close_solved(session, NOW + timedelta(days=8)) == 0
    assert row.status == "closed"
    assert requests.changes_since(session, "")[-1].status == "closed"
