"""What only the embedded desk does: attachments, waiting, numbers, agents' half, who hears what."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.desk import agents, requests
from app.desk.history import history_of
from app.desk.models import AttachmentRow, CategoryRow, DeskDocument, RequestRow
from tests.desk.test_embedded import RULES
from tests.tools.service_desk_contract import ANA, CATALOGUE, NOW, draft
from tools.service_desk import DeskRefusedError


@pytest.fixture
def session(session: Session) -> Session:
    for position, category in enumerate(CATALOGUE):
        session.add(CategoryRow(id=category.id, position=position, spec=category.model_dump(mode="json")))
    session.add(DeskDocument(name="rules", body=RULES.model_dump_json(exclude_unset=True)))
    session.flush()
    return session


def create(session: Session, reference: str = "r1", now: datetime = NOW, **more: object) -> str:
    receipt = requests.create_request(
        session, employee=ANA, conversation_id="7", draft=draft(**more), reference=reference, now=now
    )
    return receipt.number


def row(session: Session, number: str) -> RequestRow:
    return session.get_one(RequestRow, int(number))


def test_numbers_start_at_1001_and_are_never_used_twice(session: Session) -> None:
    assert [create(session, f"r{count}") for count in range(3)] == ["1001", "1002", "1003"]
    with pytest.raises(DeskRefusedError), session.begin_nested():
        create(session, "r9", values={})
    assert create(session, "r4") == "1004"


def test_the_conversation_words_and_pictures_belong_to_the_request(session: Session) -> None:
    number = create(session, attachments=("wamid.1", "wamid.2"), evidence={"where": "em casa"})
    assert row(session, number).conversation_id == "7"
    assert row(session, number).evidence == {"where": "em casa"}
    requests.comment_request(session, "E1", number, "", reference="c1", now=NOW, attachments=["wamid.3"])
    files = session.scalars(select(AttachmentRow.wamid).order_by(AttachmentRow.id)).all()
    assert files == ["wamid.1", "wamid.2", "wamid.3"]
    with pytest.raises(DeskRefusedError):
        requests.comment_request(session, "E1", number, " ", reference="c2", now=NOW)


def test_an_answer_of_the_requester_ends_the_waiting_for_them(session: Session) -> None:
    number = create(session)
    agents.set_status(session, number, "waiting", author="Rui", now=NOW, text="Qual é o modelo?")
    requests.comment_request(session, "E1", number, "é um T14", reference="c1", now=NOW)
    assert row(session, number).status == "open"
    assert [change.status for change in requests.changes_since(session, "")] == ["waiting"]


def test_the_first_answer_opens_and_is_told_once(session: Session) -> None:
    number = create(session)
    later = NOW + timedelta(hours=1)
    for _ in range(2):
        agents.agent_comment(session, number, "vendo", author="Rui", public=True, now=later, reference="a1")
    assert (row(session, number).status, row(session, number).responded_at) == ("open", later)
    assert [change.kind for change in requests.changes_since(session, "")] == ["comment"]


def test_a_note_is_nobodys_but_agents(session: Session) -> None:
    number = create(session)
    agents.agent_comment(session, number, "pessoa difícil", author="Rui", public=False, now=NOW)
    view = requests.request_of(session, "E1", number, now=NOW)
    assert view is not None
    assert (view.last_comment, view.status) == (None, "new")
    assert requests.changes_since(session, "") == ()
    assert [event.kind for event in history_of(session, int(number))] == ["created", "note"]


def test_assigning_is_told_by_name_and_an_unknown_queue_refused(session: Session) -> None:
    number = create(session)
    agents.assign(session, number, author="Rui", now=NOW, assignee="Bia")
    assert [(change.kind, change.text) for change in requests.changes_since(session, "")] == [("assigned", "Bia")]
    with pytest.raises(DeskRefusedError, match="queue"):
        agents.assign(session, number, author="Rui", now=NOW, queue="nowhere")


def test_nonsense_moves_are_refused(session: Session) -> None:
    number = create(session)
    with pytest.raises(DeskRefusedError, match="closed cannot follow new"):
        agents.set_status(session, number, "closed", author="Rui", now=NOW)
    requests.close_request(session, "E1", number, reference="x1", now=NOW)
    assert row(session, number).status == "cancelled"
    for status in ("open", "solved", "closed", "cancelled"):
        with pytest.raises(DeskRefusedError):
            agents.set_status(session, number, status, author="Rui", now=NOW)  # type: ignore[arg-type]
    with pytest.raises(DeskRefusedError, match="cancelled"):
        agents.agent_comment(session, number, "oi", author="Rui", public=True, now=NOW)


def test_accepting_a_solution_closes_it_and_it_may_still_be_reopened(session: Session) -> None:
    number = create(session)
    agents.set_status(session, number, "solved", author="Rui", now=NOW)
    requests.close_request(session, "E1", number, reference="x1", now=NOW)
    assert row(session, number).status == "closed"
    requests.reopen_request(session, "E1", number, "voltou", reference="x2", now=NOW + timedelta(days=1))
    assert row(session, number).status == "open"
    assert requests.close_solved(session, NOW + timedelta(days=30)) == 0


def test_a_category_that_left_the_catalogue_takes_no_more_requests(session: Session) -> None:
    session.get_one(CategoryRow, "vpn").active = False
    with pytest.raises(DeskRefusedError, match="category_id"):
        create(session)


def test_a_status_history_says_who_and_when(session: Session) -> None:
    number = create(session)
    agents.set_status(session, number, "solved", author="Rui", now=datetime(2026, 11, 24, tzinfo=UTC))
    solved = history_of(session, int(number))[-1]
    assert (solved.kind, solved.status, solved.by, solved.author) == ("status", "solved", "agent", "Rui")
    assert solved.at == datetime(2026, 11, 24, tzinfo=UTC)
