from datetime import timedelta

import pytest
from sqlalchemy import select

from app.db.models import Conversation, OutboxEntry
from app.delivered import Delivered, delivery_of, why_not
from app.demo.load import COMPANY
from app.desk import agents
from app.desk.catalogue import import_company
from app.desk.history import attach_file, history_of
from app.desk.models import RequestRow
from app.desk.outages import end_outage
from app.desk.requests import create_request, join_outage
from app.identity.employees import employee_by_id, import_employees
from app.identity.models import EmployeeRow
from app.identity.sessions import end_session, start_session
from app.news import NEWS, PARTS, carry
from app.request_mail import NoMailError, send_by_mail, written
from app.settings import MailSettings, Settings
from app.ways import phone_of, ways_to_reach
from tools.service_desk import Draft

SETTINGS = Settings(mail=MailSettings(host="mail.example", sender="suporte@empresa.example"))
LONG = "\n\n".join(f"Passo {number}. " + "Abra o painel e confira a luz verde. " * 12 for number in range(30))


@pytest.fixture
def number(session, clock) -> str:
    now = clock()
    import_company(session, COMPANY, now=now)
    import_employees(session, COMPANY / "employees.csv", now=now)
    session.add(Conversation(id=1, phone_number_id="p", wa_id="5511999990001", created_at=now, last_inbound_at=now))
    session.add(Conversation(id=2, phone_number_id="p", wa_id="5511999990002", created_at=now, last_inbound_at=now))
    session.flush()
    start_session(session, "1", "E1001", bound_to="5511999990001", now=now)
    draft = Draft(category_id="facilities", title="Crachá", description="não abre")
    draft = draft.model_copy(update={"values": {"location": "recife", "what": "badge"}})
    employee = employee_by_id(session, "E1001")
    return create_request(session, employee=employee, conversation_id="1", draft=draft, reference="n", now=now).number


def reply(session, number: str, text: str, now) -> int:
    agents.agent_comment(session, number, text, author="Rita", public=True, now=now)
    return next(event.id for event in reversed(history_of(session, int(number))) if event.kind == "comment")


def entries(session) -> list[OutboxEntry]:
    return list(session.scalars(select(OutboxEntry).order_by(OutboxEntry.id)))


def test_a_reply_is_as_its_worst_part_fared(session, clock, number):
    event = reply(session, number, "Já troquei o leitor.", clock())
    assert delivery_of(session, [event]) == {event: Delivered("waiting")}
    carry(session, clock())
    (entry,) = entries(session)
    for state, shown in (("sending", "waiting"), ("sent", "sent"), ("delivered", "delivered"), ("read", "read")):
        entry.state = state
        session.flush()
        assert delivery_of(session, [event])[event].state == shown
    entry.state, entry.error = "failed", "131026 Message undeliverable"
    session.flush()
    found = delivery_of(session, [event, 999_999])
    assert found == {event: Delivered("failed", "not_reachable", "131026 Message undeliverable")}


def test_a_long_reply_is_split_in_its_order_with_its_files_behind(session, clock, number):
    event = reply(session, number, LONG, clock())
    comment = next(e for e in history_of(session, int(number)) if e.id == event)
    attach_file(session, comment, path="uploads/a", name="manual.pdf")
    attach_file(session, comment, wamid="wamid.theirs")
    session.flush()
    carry(session, clock())
    sent = entries(session)
    assert [entry.part for entry in sent] == [event * PARTS + n for n in range(len(sent))]
    texts = [entry.body["text"]["body"] for entry in sent if entry.kind == "message"]
    assert len(texts) > 2
    assert all(len(text) <= 4096 for text in texts)
    assert "Rita" in texts[0]
    assert "".join("".join(texts).split()).endswith("".join(LONG.split())[-500:])
    assert [entry.kind for entry in sent][-1] == "file"
    sent[-1].state, sent[-1].error = "failed", "0 WhatsApp does not take files of this type"
    session.flush()
    found = delivery_of(session, [event])[event]
    assert (found.state, found.why) == ("failed", "file_type")
    assert [(file.state, file.why) for file in found.files] == [("failed", "file_type")]


@pytest.mark.parametrize(
    ("error", "why"), [("131047 Re-engagement", "window"), ("0 strange", "other"), ("", ""), ("99999 new", "other")]
)
def test_every_error_has_a_plain_reason(error, why):
    assert why_not(error) == why


@pytest.mark.parametrize(
    ("because", "why"), [("idle", ""), ("age", ""), ("logout", "logged_out"), ("number_changed", "other_phone")]
)
def test_whose_phone_it_still_is_decides_the_ways(session, clock, number, because, why):
    end_session(session, "1", because=because, now=clock())
    ways = ways_to_reach(session, session.get(RequestRow, int(number)), SETTINGS)
    assert ways.because == why
    assert ways.whatsapp(clock()) == ("nobody" if why else "open")
    assert ways.whatsapp(clock() + timedelta(hours=25)) == ("nobody" if why else "closed")
    assert ways.mail.endswith("@example.com") or "@" in ways.mail


def test_a_phone_on_which_somebody_else_proved_themselves_is_nobodys_any_more(session, clock, number):
    end_session(session, "1", because="idle", now=clock())
    start_session(session, "1", "E1002", bound_to="5511999990001", now=clock())
    event = reply(session, number, "A sua senha provisória está no cofre.", clock())
    carry(session, clock())
    assert entries(session) == []
    assert delivery_of(session, [event])[event].state == "nobody"
    assert phone_of(session, "E1001").because == "other_phone"


def test_nothing_reaches_whoever_was_erased(session, clock, number):
    row = session.get(RequestRow, int(number))
    row.employee_id = "gone"
    event = reply(session, number, "Olá", clock())
    carry(session, clock())
    ways = ways_to_reach(session, row, SETTINGS)
    assert (ways.because, ways.mail, ways.whatsapp(clock())) == ("erased", "", "nobody")
    assert entries(session) == []
    with pytest.raises(NoMailError, match="no_address"):
        send_by_mail(session, event, SETTINGS, clock())


def test_a_reply_goes_by_mail_once_and_instead_of_whatsapp(session, clock, number):
    event = reply(session, number, "Segue o manual.", clock())
    for _ in range(2):
        send_by_mail(session, event, SETTINGS, clock(), instead=True)
    carry(session, clock())
    assert [(entry.kind, entry.lane) for entry in entries(session)] == [("comment_mail", "m1")]
    assert delivery_of(session, [event])[event].mail == "waiting"
    agents.agent_comment(session, number, "só para nós", author="Rita", public=False, now=clock())
    note = history_of(session, int(number))[-1].id
    with pytest.raises(NoMailError, match="not_public"):
        send_by_mail(session, note, SETTINGS, clock())


def test_mails_of_one_request_are_one_thread_and_no_header_can_be_forged(clock):
    from app.request_mail import CommentMail

    mail = CommentMail(
        event_id=7, number=1042, title="Oi\r\nBcc: x@y.example", author="Rita", text="Olá\n.\n", address="a@b.example",
        name="Ana\r\nX: 1", language="es", at=clock(),
    )  # fmt: skip
    first = written(mail, [("a.pdf", b"%PDF-1.7 x")], company="Casa", sender="suporte@empresa.example")
    assert first["Subject"].startswith("[#1042] Oi")
    assert first["References"] == first["In-Reply-To"] == "<request.1042@empresa.example>"
    assert first["Message-ID"] == "<7.request.1042@empresa.example>"
    assert (first["Bcc"], first["X"]) == (None, None)
    assert "Rita escribió" in first.get_body().get_content()
    assert [part.get_filename() for part in first.iter_attachments()] == ["a.pdf"]


def test_the_end_of_an_outage_is_told_to_each_follower_once(session, clock, number):
    from app.desk.models import OutageRow

    spec = {
        "id": "o9", "title": {"pt-BR": "VPN fora", "es": "VPN caída", "en": "VPN down"},
        "body": {"pt-BR": "…", "es": "…", "en": "…"}, "keywords": ["vpn"], "since": clock().isoformat(),
    }  # fmt: skip
    session.add(OutageRow(id="o9", spec=spec))
    session.flush()
    join_outage(session, "E1001", "o9", reference="r", now=clock())
    join_outage(session, "E1002", "o9", reference="r2", now=clock())
    carry(session, clock())
    assert entries(session) == []
    clock.pass_by(hours=1)
    end_outage(session, "o9", clock())
    assert carry(session, clock()) == 2
    assert carry(session, clock()) == 0
    assert ["VPN fora" in str(entry.body) for entry in entries(session)] == [True]
    assert [entry.version for entry in entries(session)] != [NEWS]
    assert session.get(EmployeeRow, "E1002") is not None


def test_mere_notices_are_muted_and_agents_words_are_not(session, clock, number):
    session.get(EmployeeRow, "E1001").notices_off = True
    agents.set_status(session, number, "pending", author="Rita", now=clock())
    agents.set_status(session, number, "waiting", author="Rita", now=clock(), text="Qual é a sua sala?")
    reply(session, number, "Respondo aqui também.", clock())
    carry(session, clock())
    said = [str(entry.body) for entry in entries(session)]
    assert len(said) == 2
    assert "Qual é a sua sala?" in said[0]
    assert "Respondo aqui também." in said[1]
    muted = next(event.id for event in history_of(session, int(number)) if event.status == "pending")
    assert delivery_of(session, [muted]) == {}
