"""An agent's long reply with files, from the desk to the emulated phone and its ticks back."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from app.carriers import FileCarrier, MessageCarrier
from app.container import House
from app.db.models import Conversation, OutboxEntry
from app.delivered import delivery_of
from app.delivery import Delivery, Rules
from app.demo.load import COMPANY
from app.desk import agents
from app.desk.catalogue import import_company
from app.desk.history import attach_file, history_of
from app.desk.requests import create_request
from app.emulator.people import Person
from app.emulator.switchboard import Emulator
from app.identity.employees import employee_by_id, import_employees
from app.identity.models import EmployeeRow
from app.identity.sessions import start_session
from app.inbox import Inbox
from app.news import NEWS, PARTS, carry
from app.rates import OwnRates
from app.settings import Settings
from app.whatsapp.client import CloudApi
from app.whatsapp.webhook import webhook_app
from tests.conftest import FakeClock
from tests.stores import sqlalchemy_url
from tools.service_desk import Draft

LEASE = timedelta(seconds=30)
ANA = "5511987654321"
PDF, WEBP = b"%PDF-1.7\n" + b"x" * 200, b"RIFF\x00\x00\x00\x00WEBPVP8 " + b"0" * 50
LONG = "\n\n".join(f"Passo {number}. " + "Abra o painel e confira a luz verde. " * 10 for number in range(30))


def request_for(session: Session, now) -> str:
    import_company(session, COMPANY, now=now)
    import_employees(session, COMPANY / "employees.csv", now=now)
    conversation = session.scalars(select(Conversation)).first()
    if conversation is None:
        conversation = Conversation(phone_number_id="p", wa_id=ANA, created_at=now)
        session.add(conversation)
        session.flush()
    start_session(session, str(conversation.id), "E1001", bound_to=conversation.bound_to, now=now)
    draft = Draft(category_id="facilities", title="Crachá", description="não abre")
    draft = draft.model_copy(update={"values": {"location": "recife", "what": "badge"}})
    employee = employee_by_id(session, "E1001")
    return create_request(
        session, employee=employee, conversation_id=str(conversation.id), draft=draft, reference="n", now=now
    ).number


@dataclass
class Line:
    """A phone that has written once, and the way to it."""

    emulator: Emulator
    delivery: Delivery
    folder: object


@pytest.fixture
async def line(whatsapp, serve, database, clock, tmp_path) -> AsyncIterator[Line]:
    emulator = Emulator(
        "app-secret", "token-of-ours", whatsapp.phone_number_id, whatsapp.waba_id,
        people=(Person("ana", "Ana", ANA, "BR.1"),), clock=clock, templates=(), reads_by_itself=False,
    )  # fmt: skip
    async with CloudApi(whatsapp.model_copy(update={"base_url": await serve(emulator.app)})) as api:
        house = House(Settings(data_dir=tmp_path), database, clock, tmp_path)
        ways = {"message": MessageCarrier(api), "file": FileCarrier(house, api)}
        rules = Rules(whatsapp.phone_number_id, LEASE)
        inbox = Inbox(database, clock)
        emulator.webhook_url = await serve(webhook_app(whatsapp, inbox.accept))
        await emulator.start()
        await emulator.say("ana", "oi")
        await emulator.settled()
        yield Line(emulator, Delivery(database, clock, ways, OwnRates(80, clock), rules), tmp_path)
        await emulator.stop()


async def test_long_words_arrive_in_order_before_their_files_and_the_ticks_come_back(line, database, clock):
    def reply(session: Session) -> tuple[int, int]:
        number = request_for(session, clock())
        agents.agent_comment(session, number, LONG, author="Rita", public=True, now=clock())
        event = history_of(session, int(number))[-2]
        for name, content in (("manual.pdf", PDF), ("figura.webp", WEBP)):
            (line.folder / name).write_bytes(content)
            attach_file(session, event, path=name, name=name)
        attach_file(session, event, path="gone", name="sumiu.pdf")
        session.flush()
        carry(session, clock())
        conversation = session.scalars(select(OutboxEntry.conversation_id)).first()
        return event.id, conversation or 0

    event, conversation = await database.write(reply)
    while (pause := await line.delivery.handle(f"c{conversation}")) is not None:
        clock.pass_by(seconds=max(pause, 0.001))
    await line.emulator.settled()

    got = line.emulator.outbox("ana")
    kinds = [message.kind for message in got]
    texts = [message.text for message in got if message.kind == "text"]
    assert kinds == ["text"] * len(texts) + ["document"]
    assert len(texts) > 1
    assert all(len(text) <= 4096 for text in texts)
    assert all(text.rstrip().endswith(".") for text in texts)
    assert "Rita" in texts[0]
    assert "".join(" ".join(texts).split()).endswith("".join(LONG.split()))
    assert got[-1].content["filename"] == "manual.pdf"
    found = (await database.read(lambda s: delivery_of(s, [event])))[event]
    assert (found.state, found.why) == ("failed", "file_type")
    assert [(file.state, file.why) for file in found.files] == [
        ("delivered", ""), ("failed", "file_type"), ("failed", "file_gone"),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def desk(stores, tmp_path_factory):
    """A store with one request, on which each example is undone."""
    engine = create_engine(sqlalchemy_url(stores.sqlite(tmp_path_factory.mktemp("desk"))))
    with engine.connect() as connection, connection.begin() as outer:
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            number = request_for(session, FakeClock()())
            session.commit()
        yield connection, number
        outer.rollback()
    engine.dispose()


ACTS = st.lists(st.sampled_from(["say", "note", "long", "wait", "open", "carry", "mute", "unmute"]), max_size=14)


@settings(max_examples=40)
@given(acts=ACTS)
def test_whatever_happens_news_go_out_once_and_in_their_order(desk, acts):
    connection, number = desk
    clock = FakeClock()
    with Session(connection, join_transaction_mode="create_savepoint") as session:
        row = session.get(EmployeeRow, "E1001")
        expected, since, muted = [], [], False
        for turn, act in enumerate(acts):
            clock.pass_by(minutes=1)
            if act in ("say", "long"):
                words = f"palavra {turn}." + " e mais uma frase inteira." * (400 if act == "long" else 0)
                agents.agent_comment(session, number, words, author="Rita", public=True, now=clock())
                since.append((f"palavra {turn}.", False))
            elif act == "note":
                agents.agent_comment(session, number, f"segredo {turn}", author="Rita", public=False, now=clock())
            elif act in ("wait", "open"):
                now = agents.find_request(session, number).status
                wanted = "waiting" if act == "wait" else "open"
                if now != wanted:
                    agents.set_status(session, number, wanted, author="Rita", now=clock())
                    since.append((wanted, True))
            elif act == "carry":
                carry(session, clock())
                expected += [what for what, status in since if not (status and muted)]
                since = []
            else:
                muted = act == "mute"
                row.notices_off = muted
        carry(session, clock())
        expected += [what for what, status in since if not (status and muted)]
        assert carry(session, clock()) == 0
        news = select(OutboxEntry.part, OutboxEntry.body).where(OutboxEntry.version == NEWS)
        sent = [(part, str(body)) for part, body in session.execute(news.order_by(OutboxEntry.id))]
        session.rollback()
    parts = [part for part, _ in sent]
    assert parts == sorted(set(parts))
    assert len({part // PARTS for part in parts}) == len(expected)
    bodies = [body for part, body in sent if part % PARTS == 0]
    marks = {"waiting": "esperando você", "open": "em andamento"}
    assert all(marks.get(what, what) in body for what, body in zip(expected, bodies, strict=True))
    assert not any("segredo" in body for _, body in sent)
