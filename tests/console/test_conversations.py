"""The conversations' pages: who may, what is shown, what is refused, and that nothing typed is lost."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from app import handovers
from app.db.models import Conversation, HandOffNote, InboxMessage, MediaFile, OutboxEntry
from app.demo.load import COMPANY
from app.desk.catalogue import import_company
from app.desk.models import RequestRow
from app.handovers import Agent
from app.identity.employees import import_employees
from app.identity.sessions import start_session
from tests.console.conftest import Browser, Office, token_in

PAGE = "/conversations/1"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
WORDS = "<script>alert(1)</script> *ajuda* 11987654321"


@pytest.fixture
def store_url(stores, tmp_path) -> str:
    """Pages run on either store as their functions do; those are tested on both."""
    return stores.sqlite(tmp_path)


@pytest.fixture
async def talk(office: Office, tmp_path) -> Office:
    """Ana waits for a person; she sent words and two files."""
    now = office.clock()

    def found(session) -> None:
        import_company(session, COMPANY, now=now)
        import_employees(session, COMPANY / "employees.csv", now=now)
        session.add(
            Conversation(
                id=1, phone_number_id="p", wa_id="5511999990001", profile_name="Aninha", language="pt-BR",
                created_at=now, last_inbound_at=now,
            )
        )  # fmt: skip
        session.flush()
        start_session(session, "1", "E1001", bound_to="5511999990001", now=now)
        for seq, kind, name, content in (
            (1, "text", "", b""),
            (2, "image", "tela.png", PNG),
            (3, "document", "a.html", b"<b>"),
        ):
            body = {"id": f"w{seq}", "kind": kind, "text": WORDS if seq == 1 else "", "at": now.isoformat()}
            session.add(
                InboxMessage(seq=seq, wamid=f"w{seq}", conversation_id=1, body=body, received_at=now, state="done")
            )
            if name:
                (tmp_path / name).write_bytes(content)
                media_type = "image/png" if kind == "image" else "text/html"
                session.add(
                    MediaFile(
                        wamid=f"w{seq}", conversation_id=1, media_id="m", mime_type=media_type, name=name, path=name,
                        state="stored",
                    )
                )  # fmt: skip
        handovers.begin(session, 1, "no_article", "A VPN de Ana caiu.", now)

    await office.house.database.write(found)
    return office


async def as_(office: Office, role: str) -> Browser:
    browser = office.open()
    await browser.sign_in(role)
    return browser


def nonce_in(html: str) -> str:
    return re.search(r'name="nonce" value="([0-9a-f]+)"', html)[1]


async def say(browser: Browser, text: str, **more: str):
    html = (await browser.get(f"/desk{PAGE}")).text
    fields = {"_token": token_in(html), "nonce": nonce_in(html), "text": text, **more}
    return await browser.send_form(f"{PAGE}/words", fields)


async def outbox(office: Office) -> list[str]:
    rows = await office.house.database.read(
        lambda s: list(s.scalars(select(OutboxEntry.body).order_by(OutboxEntry.id)))
    )
    return [row["text"]["body"] for row in rows if row["type"] == "text"]


async def test_who_waits_is_listed_with_why_and_read_from_the_first_word(talk: Office):
    browser = await as_(talk, "agent")
    listed = (await browser.get("/desk/conversations")).text
    page = (await browser.get(f"/desk{PAGE}")).text

    for shown in ("Mariana Duarte Vilela", "No article", "A VPN de Ana caiu.", "Nobody has it"):
        assert shown in listed
    assert "&lt;script&gt;alert(1)&lt;/script&gt; <strong>ajuda</strong>" in page
    assert "<script>alert" not in page
    assert 'name="text"' not in page  # nobody writes before taking it


async def test_an_agent_takes_it_writes_and_hands_it_back(talk: Office):
    browser = await as_(talk, "agent")
    await browser.press(PAGE, f"{PAGE}/take")
    assert (await say(browser, "Oi, Mariana!")).status_code == 303
    page = (await browser.get(f"/desk{PAGE}")).text
    assert "Oi, Mariana!" in page
    assert "23 h 59 min" in page or "24 h 00 min" in page
    await browser.press(PAGE, f"{PAGE}/hand-back")

    told = await outbox(talk)
    assert [words.partition("\n")[0][:24] for words in told[1:2]] == ["*Somebody of agent*:"]
    assert len(told) == 3
    assert "Oi, Mariana!" in (await browser.get("/desk/conversations/1")).text


async def test_the_slower_of_two_is_told_who_has_it(talk: Office):
    first, second = await as_(talk, "agent"), await as_(talk, "admin")
    token = token_in((await second.get(f"/desk{PAGE}")).text)
    await first.press(PAGE, f"{PAGE}/take")
    await second.send_form(f"{PAGE}/take", {"_token": token})

    assert "Somebody of agent has just taken it." in (await second.get(f"/desk{PAGE}")).text
    assert len(await outbox(talk)) == 1


async def test_a_form_sent_twice_says_it_once(talk: Office):
    browser = await as_(talk, "agent")
    await browser.press(PAGE, f"{PAGE}/take")
    html = (await browser.get(f"/desk{PAGE}")).text
    fields = {"_token": token_in(html), "nonce": nonce_in(html), "text": "uma vez"}
    for _ in range(2):
        assert (await browser.send_form(f"{PAGE}/words", fields)).status_code == 303

    assert sum("uma vez" in words for words in await outbox(talk)) == 1


async def test_after_the_24_hours_the_server_refuses_keeps_the_text_and_offers_to_hold_it(talk: Office, clock):
    browser = await as_(talk, "agent")
    await browser.press(PAGE, f"{PAGE}/take")
    html = (await browser.get(f"/desk{PAGE}")).text
    clock.pass_by(hours=24)
    browser = await as_(talk, "agent")
    token = token_in((await browser.get(f"/desk{PAGE}")).text)
    late = await browser.send_form(f"{PAGE}/words", {"_token": token, "nonce": nonce_in(html), "text": "tarde demais"})

    assert late.status_code == 409
    assert "24 hours are over" in late.text
    assert ">tarde demais</textarea>" in late.text
    assert len(await outbox(talk)) == 1
    assert (await say(browser, "para depois", later="1")).status_code == 303
    states = await talk.house.database.read(lambda s: list(s.scalars(select(OutboxEntry.state))))
    assert states[-1] == "held"


async def test_words_for_another_agents_conversation_come_back_with_their_name(talk: Office):
    first, second = await as_(talk, "agent"), await as_(talk, "admin")
    await first.press(PAGE, f"{PAGE}/take")
    html = (await first.get(f"/desk{PAGE}")).text
    await second.press(PAGE, f"{PAGE}/pass-on", to=(await talk.staff())["admin"], seen=(await talk.staff())["agent"])
    late = await first.send_form(f"{PAGE}/words", {"_token": token_in(html), "nonce": nonce_in(html), "text": "oi?"})

    assert late.status_code == 409
    assert "Somebody of admin has this conversation" in late.text


async def test_a_request_is_opened_from_it_with_what_its_category_asks(talk: Office):
    browser = await as_(talk, "agent")
    await browser.press(PAGE, f"{PAGE}/take")
    form = await browser.get(f"/desk{PAGE}/request?category=facilities")
    assert "A VPN de Ana caiu." in form.text
    fields = {
        "_token": token_in(form.text), "nonce": nonce_in(form.text), "category": "facilities", "title": "Crachá",
        "description": "não abre", "v-location": "sao-paulo",
    }  # fmt: skip
    lacking = await browser.send_form(f"{PAGE}/request", fields)
    assert lacking.status_code == 409
    assert "Please fill in" in lacking.text
    assert 'value="Crachá"' in lacking.text
    done = await browser.send_form(f"{PAGE}/request", fields | {"v-what": "badge"})

    assert done.headers["location"] == f"/desk{PAGE}"
    rows = await talk.house.database.read(lambda s: s.execute(select(RequestRow.title, RequestRow.employee_id)).all())
    assert [tuple(row) for row in rows] == [("Crachá", "E1001")]
    assert any("#1001" in words for words in await outbox(talk))


async def test_files_are_served_to_be_kept_and_only_to_who_helps(talk: Office):
    agent, auditor = await as_(talk, "agent"), await as_(talk, "auditor")
    picture = await agent.get(f"/desk{PAGE}/files/2")
    page = await agent.get(f"/desk{PAGE}/files/3")

    assert picture.headers["content-type"] == "image/png"
    for served in (picture, page):
        assert served.headers["content-disposition"].startswith("attachment")
        assert "sandbox" in served.headers["content-security-policy"]
        assert served.headers["x-content-type-options"] == "nosniff"
    assert "html" not in page.headers["content-type"]
    assert (await agent.get(f"/desk{PAGE}/files/1")).status_code == 404
    assert (await agent.get("/desk/conversations/2/files/2")).status_code == 404
    assert (await auditor.get(f"/desk{PAGE}/files/2")).status_code == 403


async def test_an_auditor_reads_it_masked_and_changes_nothing(talk: Office):
    browser = await as_(talk, "auditor")
    for path in ("/conversations", PAGE):
        page = (await browser.get(f"/desk{path}")).text
        for hidden in ("Mariana", "Vilela", "11987654321", "5511999990001", "Aninha", "tela.png"):
            assert hidden not in page
    token = token_in((await browser.get(f"/desk{PAGE}")).text)
    for act in ("take", "words", "hand-back", "pass-on", "unlock", "request"):
        assert (await browser.send_form(f"{PAGE}/{act}", {"_token": token})).status_code == 403


async def test_a_conversation_that_no_person_ever_had_is_not_shown(talk: Office):
    await talk.house.database.write(
        lambda s: s.add(Conversation(id=9, phone_number_id="p", wa_id="559", created_at=talk.clock()))
    )
    browser = await as_(talk, "agent")

    for path in ("/conversations/9", "/conversations/77", f"/conversations/{2**63}"):
        assert (await browser.get(f"/desk{path}")).status_code == 404


async def test_a_silent_holder_is_shown_as_such(talk: Office, clock):
    staff = await talk.staff()
    await talk.house.database.write(
        lambda s: handovers.take(s, 1, Agent(staff["agent"], "Somebody of agent", talk.clock()))
    )
    clock.pass_by(minutes=25)
    browser = await as_(talk, "admin")

    assert "No answer for long" in (await browser.get("/desk/conversations")).text
    assert "They have waited for an answer for long." in (await browser.get(f"/desk{PAGE}")).text


async def test_those_that_are_over_have_a_list_of_their_own(talk: Office):
    await talk.house.database.write(lambda s: handovers.end(s, 1, talk.clock() + timedelta(minutes=1)))
    browser = await as_(talk, "agent")

    assert "Mariana Duarte Vilela" not in (await browser.get("/desk/conversations")).text
    assert "Mariana Duarte Vilela" in (await browser.get("/desk/conversations?view=over")).text
    ended = await talk.house.database.read(lambda s: s.scalar(select(HandOffNote.ended_at)))
    assert ended is not None
