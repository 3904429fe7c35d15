"""The operations pages over HTTP: what failed is told by its reason, taken up or dropped; nobody's words are shown."""

import json

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import Conversation, HandOffNote, InboxMessage, Notice, OutboxEntry
from app.doctor.finding import Finding
from app.operations.failures import cause_of
from app.operations.notices import notices

SECRET = "minha senha é banana"
REFUSED = "131026 Message undeliverable"


@pytest.fixture
def store_url(stores, tmp_path) -> str:
    return stores.sqlite(tmp_path)


def troubles(session: Session, now) -> None:
    """Four refused messages, one dead mail, a parked message, notices."""
    talk = Conversation(phone_number_id="1", wa_id="5511995550101", created_at=now, handed_over=True)
    session.add(talk)
    session.flush()
    for part, (kind, state, error) in enumerate([("message", "failed", REFUSED)] * 4 + [("mail", "dead", "SMTP 550")]):
        body = {"text": {"body": SECRET}}
        session.add(
            OutboxEntry(
                conversation_id=talk.id, version=1, part=part, lane=f"{kind[0]}{talk.id}", kind=kind, body=body,
                state=state, error=error, created_at=now,
            )
        )  # fmt: skip
    parked = {"id": "w1", "kind": "text", "text": SECRET}
    session.add(InboxMessage(wamid="w1", conversation_id=talk.id, body=parked, received_at=now, state="dead"))
    session.add(HandOffNote(conversation_id=talk.id, reason="tool_failed", summary=SECRET, at=now))
    told = {"value": {"event": "PAUSED", "message_template_name": "<b>reabrir</b>", "reason": "LOW_QUALITY"}}
    session.add(Notice(key="1", kind="message_template_status_update", body={"raw": json.dumps(told)}, at=now))
    session.add(Notice(key="2", kind="group_message", body={"raw": json.dumps({"title": SECRET})}, at=now))
    session.add(Notice(key="3", kind="user_changed_number", body={"raw": json.dumps({"title": SECRET})}, at=now))
    session.add(Notice(key="4", kind="account_alerts", body={"raw": "{cut sho"}, at=now))


@pytest.fixture
async def trouble(office) -> None:
    now = office.house.clock()
    await office.house.database.write(lambda session: troubles(session, now))


async def states(office) -> list[str]:
    return await office.house.database.read(
        lambda s: list(s.scalars(select(OutboxEntry.state).order_by(OutboxEntry.id)))
    )


LETTERS = "/operations/letters?kind=message&state=failed&error=131026%20Message%20undeliverable"
REASON = {"kind": "message", "state": "failed", "error": REFUSED}


async def test_the_page_says_what_failed_and_why_without_words_of_anybody(office, browser, trouble):
    await browser.sign_in("engineer")
    page = (await browser.get("/desk/operations")).text
    for said in ("This person cannot be reached", "A mail could not be sent", "Nobody could think about it", "PAUSED"):
        assert said in page
    assert "&lt;b&gt;reabrir" in page
    letters = (await browser.get(f"/desk{LETTERS}")).text
    for text in (page, letters):
        assert SECRET not in text
        assert "995550101" not in text
    assert "Try all 4 again" in letters


async def test_one_entry_is_taken_up_and_all_of_a_reason(office, browser, trouble):
    await browser.sign_in("admin")
    await browser.press(LETTERS, "/operations/letters/again", **REASON, id="1")
    assert await states(office) == ["new", "failed", "failed", "failed", "dead"]
    answer = await browser.press(LETTERS, "/operations/letters/again", **REASON, all="yes")
    assert "3 entries go out again." in (await browser.get(answer.headers["location"])).text
    assert await states(office) == ["new"] * 4 + ["dead"]


async def test_all_of_a_reason_are_dropped_and_others_are_not(office, browser, trouble):
    await browser.sign_in("engineer")
    await browser.press(LETTERS, "/operations/letters/drop", **REASON, all="yes")
    assert await states(office) == ["dropped"] * 4 + ["dead"]
    again = await browser.get(f"/desk{LETTERS}", follow_redirects=True)
    assert "Nothing of that reason is left." in again.text


async def test_a_code_that_was_mailed_never_goes_out_again(office, browser, trouble):
    await browser.sign_in("admin")
    page = "/operations/letters?kind=mail&state=dead&error=SMTP%20550"
    assert "Try all" not in (await browser.get(f"/desk{page}")).text
    await browser.press(page, "/operations/letters/again", kind="mail", state="dead", error="SMTP 550", all="yes")
    assert (await states(office))[-1] == "dead"


async def test_a_parked_message_comes_back_to_the_assistant(office, browser, trouble):
    await browser.sign_in("engineer")
    page = "/operations/letters?kind=inbox&state=dead"
    await browser.press(page, "/operations/letters/again", kind="inbox", state="dead", error="", all="yes")
    found = await office.house.database.read(lambda s: s.scalars(select(InboxMessage.state)).all())
    assert found == ["new"]
    assert (await browser.press("/operations", "/operations/letters/drop", kind="inbox", id="1")).status_code == 400


async def test_auditors_look_and_change_nothing(office, browser, trouble):
    await browser.sign_in("auditor")
    page = (await browser.get(f"/desk{LETTERS}")).text
    assert "/operations/letters/drop" not in page.split("<dialog")[0]
    assert (await browser.press("/operations", "/operations/letters/drop", **REASON, all="yes")).status_code == 403
    assert "Run the doctor" not in (await browser.get("/desk/operations")).text


async def test_reasons_that_are_none_have_an_answer(office, browser, trouble):
    await browser.sign_in("admin")
    for query in ("kind=x", "", "kind=message&state=sent&error="):
        answer = await browser.get(f"/desk/operations/letters?{query}")
        assert answer.status_code in {303, 404}
    assert (await browser.press("/operations", "/operations/letters/again", kind="message")).status_code == 400


async def test_the_doctor_is_asked_on_demand(office, browser, monkeypatch):
    await browser.sign_in("engineer")
    found = [Finding("mail", "trouble", "<i>no server</i>", "Set RECADO_MAIL__HOST."), Finding("store", "good", "fine")]
    monkeypatch.setattr("app.doctor.examine", lambda _: found)
    page = (await browser.press("/operations", "/operations/doctor")).text
    assert "1 trouble" in page
    assert "&lt;i&gt;no server" in page
    assert "Set RECADO_MAIL__HOST." in page


@pytest.mark.parametrize(
    ("kind", "state", "error", "cause"),
    [
        ("message", "held", "", "window"),
        ("message", "failed", "131047 Re-engagement message", "window"),
        ("message", "failed", "190 token expired", "stopped"),
        ("message", "failed", "131056 pair rate", "too_fast"),
        ("message", "failed", "132015 Template is paused", "template"),
        ("message", "failed", "131053 Media upload error", "media"),
        ("message", "failed", "131049 not delivered", "marketing"),
        ("message", "failed", "100 Invalid parameter", "malformed"),
        ("message", "dead", "0 timeout", "later"),
        ("message", "failed", "0 strange", "unknown"),
        ("fetch", "failed", "404", "file"),
    ],
)
def test_why_an_entry_failed(kind, state, error, cause):
    assert cause_of(kind, state, error) == cause


async def test_notices_about_people_are_not_told(office, trouble):
    found = await office.house.database.read(notices)
    assert [one.kind for one in found] == ["account_alerts", "message_template_status_update"]
    assert found[1].is_bad
    assert not found[0].facts  # cut short, and still no error
