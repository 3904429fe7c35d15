"""A code nobody typed: told once, the same to everybody, or at once to whoever may know."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.carriers import MailCarrier
from app.container import House
from app.db.models import Conversation, InboxMessage, OutboxEntry
from app.identity.lapsed import tell_lapsed, tell_rejected
from app.identity.models import EmployeeRow, OneTimeCode
from app.identity.sessions import end_session, start_session
from app.identity.smtp import MailRefusedError
from app.outbox import Claim
from app.settings import Settings
from app.whatsapp.errors import RefusedError

LIFE = timedelta(minutes=10)


@pytest.fixture
async def ask(database, clock):
    """Somebody asks for a code, for an address that is known or not."""
    await database.write(lambda s: s.add(EmployeeRow(id="E1", name="Ana", email="ana@ipe.example")))

    async def ask(number: int, *, known: bool = True, language: str = "pt-BR", **more) -> None:
        def asked(session) -> None:
            session.merge(
                Conversation(
                    id=number,
                    phone_number_id="p",
                    wa_id=f"551199999000{number}",
                    language=language,
                    created_at=clock(),
                    **more,
                )
            )
            session.flush()
            message = {"id": f"w{number}", "kind": "text", "text": "ana@ipe.example", "at": clock().isoformat()}
            session.add(
                InboxMessage(
                    wamid=f"w{number}", conversation_id=number, body=message, received_at=clock(), state="done"
                )
            )
            session.add(
                OneTimeCode(
                    ref=f"r{number}",
                    conversation_id=str(number),
                    email_key="k",
                    hash="h",
                    tries=0,
                    employee_id="E1" if known else None,
                    issued_at=clock(),
                    expires_at=clock() + LIFE,
                )
            )

        await database.write(asked)

    return ask


@pytest.fixture
def told(database):
    async def told() -> list[tuple[int, str]]:
        query = select(OutboxEntry.conversation_id, OutboxEntry.body).order_by(OutboxEntry.conversation_id)
        rows = await database.read(lambda s: s.execute(query).all())
        return [(who, body["text"]["body"]) for who, body in rows]

    return told


async def sweep(database, clock) -> None:
    await database.write(lambda s: tell_lapsed(s, clock()))


async def test_known_unknown_and_rejected_addresses_are_told_the_same_at_the_same_time(database, clock, ask, told):
    await ask(1, known=True)
    await ask(2, known=False)
    await ask(3, known=True)
    await database.write(lambda s: tell_rejected(s, "r3", clock()))
    clock.pass_by(minutes=9)
    await sweep(database, clock)
    assert await told() == []
    clock.pass_by(minutes=1)
    await sweep(database, clock)
    heard = await told()
    assert [who for who, _ in heard] == [1, 2, 3]
    assert len({text for _, text in heard}) == 1


async def test_it_is_told_once(database, clock, ask, told):
    await ask(1)
    for _ in range(5):
        clock.pass_by(minutes=10)
        await sweep(database, clock)
    assert len(await told()) == 1


@pytest.mark.parametrize(("language", "words"), [("pt-BR", "já venceu"), ("es", "ya venció"), ("en", "has expired")])
async def test_it_is_told_in_their_language(database, clock, ask, told, language, words):
    await ask(1, language=language)
    clock.pass_by(minutes=11)
    await sweep(database, clock)
    assert words in (await told())[0][1]


@pytest.mark.parametrize("field", ["used_at", "replaced_at", "expired_at"])
async def test_a_code_that_was_used_replaced_or_seen_to_lapse_is_no_news(database, clock, ask, told, field):
    await ask(1)
    await database.write(lambda s: setattr(s.scalars(select(OneTimeCode)).one(), field, clock()))
    clock.pass_by(minutes=11)
    await sweep(database, clock)
    assert await told() == []


async def test_whoever_wrote_since_a_person_has_or_asked_long_ago_is_left_alone(database, clock, ask, told):
    await ask(1)
    await ask(2, handed_over=True)
    clock.pass_by(minutes=5)
    body = {"id": "w9", "kind": "text", "text": "oi?", "at": clock().isoformat()}
    await database.write(
        lambda s: s.add(InboxMessage(wamid="w9", conversation_id=1, body=body, received_at=clock(), state="done"))
    )
    clock.pass_by(minutes=6)
    await sweep(database, clock)
    await ask(3)
    clock.pass_by(hours=2)
    await sweep(database, clock)
    assert await told() == []


async def test_a_rejected_mail_is_told_at_once_to_whoever_proved_that_the_address_is_theirs(
    database, clock, ask, told, tmp_path
):
    await ask(1)
    await ask(2)

    def proved(session) -> None:
        start_session(session, "1", "E1", bound_to="5511999990001", now=clock() - timedelta(days=2))
        end_session(session, "1", because="idle", now=clock())

    await database.write(proved)

    class Refusing:
        async def deliver(self, *_: object, **__: object) -> None:
            raise MailRefusedError("the mail server answered 550")

    carrier = MailCarrier(House(Settings(data_dir=tmp_path), database, clock, tmp_path), Refusing())
    for number in (1, 2):
        claim = Claim(number, number, "mail", {"ref": f"r{number}"}, 1, "", f"551199999000{number}", clock())
        with pytest.raises(RefusedError):
            await carrier(claim)
    assert [(who, "não aceitou" in text) for who, text in await told()] == [(1, True)]
    clock.pass_by(minutes=11)
    await sweep(database, clock)
    assert [who for who, _ in await told()] == [1, 2]
