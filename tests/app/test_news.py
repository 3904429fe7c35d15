import pytest
from sqlalchemy import select

from app.db.models import Conversation, OutboxEntry
from app.demo.load import COMPANY
from app.desk import agents
from app.desk.catalogue import import_company
from app.desk.requests import create_request
from app.identity.employees import employee_by_id, import_employees
from app.identity.sessions import end_session, start_session
from app.news import carry
from app.topics import about, awaited, newest_topic
from app.wakeups import NEWS
from tools.service_desk import Draft


@pytest.fixture
async def request_number(database, clock) -> str:
    def found(session) -> str:
        now = clock()
        import_company(session, COMPANY, now=now)
        import_employees(session, COMPANY / "employees.csv", now=now)
        session.add(Conversation(id=1, phone_number_id="p", wa_id="5511999990001", language="es", created_at=now))
        session.flush()
        start_session(session, "1", "E1001", bound_to="5511999990001", now=now)
        draft = Draft(category_id="facilities", title="Crachá", description="não abre", values={"location": "recife"})
        draft = draft.model_copy(update={"values": {"location": "recife", "what": "badge"}})
        employee = employee_by_id(session, "E1001")
        receipt = create_request(session, employee=employee, conversation_id="1", draft=draft, reference="n", now=now)
        return receipt.number

    return await database.write(found)


async def told(database) -> list[str]:
    bodies = await database.read(lambda s: list(s.scalars(select(OutboxEntry.body).order_by(OutboxEntry.id))))
    return [str(body) for body in bodies]


async def test_an_agents_words_reach_the_employee_once_in_their_language(database, clock, request_number, woken):
    def reply(session) -> None:
        agents.agent_comment(session, request_number, "Já troquei o leitor.", author="Rita", public=True, now=clock())

    await woken()
    await database.write(reply)
    assert await woken() == {NEWS}
    assert await database.write(lambda s: carry(s, clock())) == 1
    assert await woken() == {"c1"}
    assert await database.write(lambda s: carry(s, clock())) == 0
    heard = await told(database)
    assert any("Rita" in words and "Já troquei o leitor." in words and "respondió" in words for words in heard)
    assert sum("Já troquei" in words for words in heard) == 1


async def test_an_internal_note_is_told_to_nobody(database, clock, request_number):
    def note(session) -> None:
        agents.agent_comment(session, request_number, "cliente difícil", author="Rita", public=False, now=clock())

    await database.write(note)
    await database.write(lambda s: carry(s, clock()))
    assert not any("difícil" in words for words in await told(database))


@pytest.mark.parametrize(("because", "reached"), [("idle", True), ("logout", False), ("number_changed", False)])
async def test_news_go_only_to_a_phone_that_is_still_theirs(database, clock, request_number, because, reached):
    def solve(session) -> None:
        end_session(session, "1", because=because, now=clock())
        agents.set_status(session, request_number, "solved", author="Rita", now=clock())

    await database.write(solve)
    await database.write(lambda s: carry(s, clock()))
    assert bool(await told(database)) is reached


async def test_what_is_quoted_is_known_by_the_request_it_brought_news_of(database, clock, request_number):
    def reply(session) -> None:
        agents.agent_comment(session, request_number, "Em que sala você está?", author="Rita", public=True, now=clock())
        carry(session, clock())
        entry = session.scalars(select(OutboxEntry)).one()
        entry.wamid = "wamid.news"
        other = OutboxEntry(conversation_id=1, version=7, part=entry.part, lane="c1", kind="message", body={})
        other.wamid, other.created_at = "wamid.reply", clock()
        session.add(other)

    await database.write(reply)
    quoted = {"wamid.news", "wamid.reply", "wamid.never"}
    assert await database.read(lambda s: about(s, 1, quoted, "E1001")) == {"wamid.news": request_number}
    assert await database.read(lambda s: about(s, 2, quoted, "E1001")) == {}
    assert await database.read(lambda s: about(s, 1, (), "E1001")) == {}
    assert await database.read(lambda s: about(s, 1, quoted, "E1002")) == {}
    assert await database.read(lambda s: about(s, 1, quoted, None)) == {}
    await database.write(lambda s: agents.set_status(s, request_number, "solved", author="Rita", now=clock()))
    assert await database.read(lambda s: about(s, 1, quoted, "E1001")) == {"wamid.news": request_number}


async def test_a_receipt_a_card_and_a_confirmed_summary_are_about_their_request(database, clock, request_number):
    def text(body: str) -> dict:
        return {"type": "text", "text": {"body": body}}

    buttons = {"buttons": [{"type": "reply", "reply": {"id": "confirm||n", "title": "Confirmar"}}]}
    summary = {
        "type": "interactive",
        "interactive": {"type": "button", "body": {"text": "Confere?"}, "action": buttons},
    }
    bodies = [text(f"Pronto, seu chamado é o *#{request_number}*!"), summary, text("Oi!"), text("*#9999* outro")]

    def say(session) -> None:
        for part, body in enumerate(bodies):
            entry = OutboxEntry(conversation_id=1, version=3, part=part, lane="c1", kind="message", body=body)
            entry.wamid, entry.created_at = f"wamid.{part}", clock()
            session.add(entry)

    await database.write(say)
    quoted = {f"wamid.{part}" for part in range(4)}
    found = await database.read(lambda s: about(s, 1, quoted, "E1001"))
    assert found == {"wamid.0": request_number, "wamid.1": request_number}


async def test_the_last_thing_said_is_the_topic_and_an_agents_word_awaits_an_answer(database, clock, request_number):
    def reply(session) -> None:
        agents.agent_comment(session, request_number, "Em que sala você está?", author="Rita", public=True, now=clock())
        carry(session, clock())

    assert await database.read(lambda s: newest_topic(s, 1, "E1001")) is None
    await database.write(reply)
    topic = await database.read(lambda s: newest_topic(s, 1, "E1001"))
    assert topic is not None
    assert (topic.number, topic.category_id, topic.asked) == (request_number, "facilities", True)
    assert await database.read(lambda s: awaited(s, "E1001")) == (request_number,)
    assert await database.read(lambda s: newest_topic(s, 1, "E1002")) is None
    assert await database.read(lambda s: awaited(s, "E1002")) == ()
