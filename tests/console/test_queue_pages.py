"""The queue and a request's page over HTTP."""

import re

import pytest
from sqlalchemy import select, update

from app.db.models import Conversation, OutboxEntry
from app.desk.models import AttachmentRow, RequestEvent, RequestRow
from app.news import carry
from tests.console.conftest import token_in
from tests.console.desk_scene import ask, furnish


@pytest.fixture
def store_url(stores, tmp_path) -> str:
    """The functions below the pages are tried on both stores in tests/desk."""
    return stores.sqlite(tmp_path)


@pytest.fixture
async def number(office, clock) -> int:
    def work(session) -> int:
        furnish(session, clock())
        return ask(session, clock())

    return await office.house.database.write(work)


@pytest.fixture
async def agent(office, number):
    browser = office.open()
    await browser.sign_in("agent")
    return browser


async def events(office, number: int) -> list[RequestEvent]:
    wanted = select(RequestEvent).where(RequestEvent.number == number).order_by(RequestEvent.id)
    return await office.house.database.read(lambda s: list(s.scalars(wanted)))


async def request(office, number: int) -> RequestRow:
    return await office.house.database.read(lambda s: s.get(RequestRow, number))


def hidden(html: str, name: str) -> str:
    return re.search(rf'name="{name}" value="([^"]*)"', html)[1]


async def send(browser, number: int, page: str | None = None, **fields: object):
    html = page or (await browser.get(f"/desk/queue/{number}")).text
    told = {"_token": token_in(html), "nonce": hidden(html, "nonce"), "seen": hidden(html, "seen"), "kind": "reply"}
    return await browser.send_form(f"/queue/{number}/reply", told | fields)


async def test_the_queue_shows_what_waits_and_finds_it(agent, number):
    page = (await agent.get("/desk/queue")).text
    assert f'data-number="{number}" data-unanswered' in page
    assert "Mariana Duarte Vilela" in page
    for query in (
        "q=cracha",
        f"q=%23{number}",
        "q=mariana",
        "queue=facilities",
        "location=S%C3%A3o+Paulo",
        "unanswered=1",
    ):
        assert f'data-number="{number}"' in (await agent.get(f"/desk/queue?{query}")).text, query
    for query in ("q=impressora", "queue=people", "assignee=me", "due=overdue", "status=ended", "priority=urgent"):
        assert f'data-number="{number}"' not in (await agent.get(f"/desk/queue?{query}")).text, query


async def test_a_nonsense_address_is_a_list_all_the_same(agent):
    for query in ("status=x", "assignee=9x", "after=zzz", "sort=up", "after=WyJ4IiwgMV0", f"q={'a' * 5000}"):
        assert (await agent.get(f"/desk/queue?{query}")).status_code == 200
    assert (await agent.get("/desk/queue/999999999999999")).status_code == 404


async def test_a_reply_is_kept_sent_and_shown_with_its_state(office, agent, number, clock):
    answer = await send(agent, number, text="Já vou ver *agora*", then="waiting")
    assert answer.status_code == 303
    row = await request(office, number)
    assert (row.status, row.assignee, row.unanswered_since) == ("waiting", "Somebody of agent", None)
    assert [event.kind for event in await events(office, number)] == [
        "created", "comment", "assigned", "status", "status",
    ]  # fmt: skip
    await office.house.database.write(lambda s: carry(s, clock()))
    await office.house.database.write(lambda s: s.execute(update(OutboxEntry).values(state="failed", error="131026 x")))
    page = (await agent.get(f"/desk/queue/{number}")).text
    assert "<strong>agora</strong>" in page
    assert "The number has no WhatsApp" in page


async def test_the_same_form_twice_is_one_reply(office, agent, number):
    page = (await agent.get(f"/desk/queue/{number}")).text
    for _ in range(2):
        assert (await send(agent, number, page, text="uma vez")).status_code == 303
    assert [event.text for event in await events(office, number) if event.kind == "comment"] == ["uma vez"]


async def test_a_note_is_for_staff_only(office, agent, number):
    await send(agent, number, text="liga antes", kind="note")
    note = (await events(office, number))[-1]
    assert (note.kind, note.public, note.tell) == ("note", False, False)


async def test_two_agents_at_once_the_second_sees_what_came_first(office, agent, number):
    other = office.open()
    await other.sign_in("admin")
    page = (await other.get(f"/desk/queue/{number}")).text
    await send(agent, number, text="eu cheguei antes")
    refused = await send(other, number, page, text="e eu depois")
    assert refused.status_code == 409
    assert "eu cheguei antes" in refused.text
    assert ">e eu depois</textarea>" in refused.text
    assert [event.text for event in await events(office, number) if event.kind == "comment"] == ["eu cheguei antes"]
    assert (await send(other, number, page, text="e eu depois", anyway="1")).status_code == 303
    assert len([event for event in await events(office, number) if event.kind == "comment"]) == 2


async def test_after_24_hours_the_server_refuses_free_words(office, agent, number, clock):
    page = (await agent.get(f"/desk/queue/{number}")).text
    clock.pass_by(hours=23, minutes=59, seconds=30)
    await agent.sign_in("agent")
    page = (await agent.get(f"/desk/queue/{number}")).text
    refused = await send(agent, number, page, text="tarde demais")
    assert refused.status_code == 422
    assert ">tarde demais</textarea>" in refused.text
    assert "RECADO_WHATSAPP__REOPEN_TEMPLATE" in refused.text
    assert [event.kind for event in await events(office, number)][0:1] == ["created"]
    assert not [event for event in await events(office, number) if event.kind == "comment"]


async def test_somebody_whose_phone_is_unknown_gets_notes_only(office, agent, number):
    await office.house.database.write(lambda s: s.execute(update(Conversation).values(wa_id="", bsuid="other")))
    page = (await agent.get(f"/desk/queue/{number}")).text
    assert "No WhatsApp chat may be told" in page
    assert (await send(agent, number, page, text="oi")).status_code == 422
    assert (await send(agent, number, page, text="oi", kind="note")).status_code == 303


async def test_an_upload_that_lies_is_refused_and_an_honest_one_kept(office, agent, number, tmp_path):
    page = (await agent.get(f"/desk/queue/{number}")).text
    told = {"_token": token_in(page), "nonce": hidden(page, "nonce"), "seen": hidden(page, "seen"), "kind": "reply"}
    headers = {"Origin": "http://127.0.0.1", "Sec-Fetch-Site": "same-origin"}
    path = f"/desk/queue/{number}/reply"
    lie = {"files": ("nota.png", b"<script>alert(1)</script>", "image/png")}
    refused = await agent.post(path, data=told, files=lie, headers=headers)
    assert refused.status_code == 422
    assert "not what its name says" in refused.text
    honest = {"files": ("nota.png", b"\x89PNG\r\n\x1a\n0000", "text/html")}
    assert (await agent.post(path, data=told, files=honest, headers=headers)).status_code == 303
    kept = await office.house.database.read(lambda s: s.scalars(select(AttachmentRow)).one())
    assert kept.path.startswith("uploads/")
    assert kept.name == "nota.png"
    file = await agent.get(f"/desk/queue/{number}/files/{kept.id}")
    assert (file.content[:4], file.headers["content-type"]) == (b"\x89PNG", "image/png")
    assert file.headers["x-content-type-options"] == "nosniff"
    assert file.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in file.headers["content-security-policy"]
    assert (await agent.get(f"/desk/queue/{number + 1}/files/{kept.id}")).status_code == 404


async def test_acts_change_the_request_and_say_who_and_why(office, agent, number):
    await agent.press("/account", f"/queue/{number}/take")
    await agent.press("/account", f"/queue/{number}/priority", priority="urgent", reason="parou tudo")
    await agent.press("/account", f"/queue/{number}/queue", queue="people", reason="é com eles")
    await agent.press("/account", f"/queue/{number}/category", category="payroll", reason="folha")
    await agent.press("/account", f"/queue/{number}/status", status="solved")
    row = await request(office, number)
    assert (row.priority, row.queue, row.status) == ("urgent", "people", "solved")
    page = (await agent.get(f"/desk/queue/{number}")).text
    for words in ("took it", "to Urgent", "parou tudo", "to People team (HR)", "set it to: Solved"):
        assert words in page, words
    assert {event.author for event in (await events(office, number))[1:]} <= {"Somebody of agent", ""}


async def test_several_at_once_and_what_cannot_be_is_said(office, agent, number, clock):
    other = await office.house.database.write(lambda s: ask(s, clock(), "Cadeira quebrada"))
    await agent.press("/account", f"/queue/{other}/status", status="cancelled")
    answer = await agent.press("/account", "/queue/several", n=[str(number), str(other)], act="take", back="/queue")
    assert answer.status_code == 303
    assert "One could not be changed" in (await agent.get("/desk/queue")).text
    assert (await request(office, number)).assignee == "Somebody of agent"


async def test_a_view_is_kept_for_oneself_or_for_all(office, agent, number):
    await agent.press("/queue", "/queue/views", queue="facilities", name="Prédio", shared="1")
    await agent.press("/queue", "/queue/views", status="ended", name="Minha")
    other = office.open()
    await other.sign_in("auditor")
    page = (await other.get("/desk/queue")).text
    assert "Prédio" in page
    assert "Minha" not in page
    assert "queue=facilities" in page


async def test_who_only_reads_sees_no_names_and_no_composer(office, number):
    browser = office.open()
    await browser.sign_in("auditor")
    for path in ("/desk/queue", f"/desk/queue/{number}"):
        page = (await browser.get(path)).text
        assert "Vilela" not in page
        assert "M. D. V." in page
    assert 'id="composer"' not in page
    assert f'data-number="{number}"' not in (await browser.get("/desk/queue?q=mariana")).text


async def test_what_an_employee_typed_stays_text(office, agent, clock, number):
    hostile = "<img src=x onerror=alert(1)>{{7*7}}'\""
    mine = await office.house.database.write(lambda s: ask(s, clock(), hostile))
    for path in ("/desk/queue", f"/desk/queue/{mine}", f"/desk/queue/rows?n={mine}"):
        page = (await agent.get(path)).text
        assert "<img src=x" not in page
        assert "&lt;img src=x" in page
        assert "{{7*7}}" in page
