"""Words that quote nothing and still belong to a request; ended ones; why a rating was low; notices."""

import pytest

from graph.context import Topic
from graph.notices import wants_notices
from tests.graph.people_and_parts import PaperDesk, Phone, view
from tools.effects import CommentRequest, CreateRequest, RateRequest, ReopenRequest, SwitchNotices

ASKED = Topic("1042", "access", asked=True)
TOLD = Topic("1042", "access")


@pytest.fixture
def phone(phone: Phone) -> Phone:
    phone.desk = PaperDesk(mine=(view("1042", "Acesso ao ERP"), view("1043", "Cadeira", category="printer")))
    return phone


def comments(phone: Phone) -> list[tuple[str, str]]:
    return [(effect.number, effect.text) for effect in phone.effects if isinstance(effect, CommentRequest)]


@pytest.mark.parametrize("said", ["sim, já reiniciei", "não", "é a 3ª vez hoje", "sala 204", "xyzzy 17"])
async def test_a_short_answer_to_an_agent_joins_at_once(phone: Phone, said: str):
    phone.topic = ASKED
    await phone.say(said)

    assert comments(phone) == [("1042", said)]


@pytest.mark.parametrize(
    "said",
    ["a impressora do andar 7 está quebrada", "abrir um chamado novo", "obrigada!", "tchau", "meus chamados", "oi"],
)
async def test_another_matter_thanks_and_commands_are_not_swallowed(phone: Phone, said: str):
    phone.topic = ASKED
    await phone.say(said)

    assert comments(phone) == []


async def test_a_photo_or_voice_note_answers_an_agent(phone: Phone):
    phone.topic = ASKED
    await phone.photo()

    assert [effect.attachments for effect in phone.effects if isinstance(effect, CommentRequest)] == [("wamid.1",)]


async def test_in_doubt_it_is_asked_and_yes_keeps_the_words(phone: Phone):
    phone.topic = ASKED
    reply = await phone.say("como faço para liberar a vpn depois disso?")
    assert "1042" in reply
    assert "[Sim, é] [Assunto novo]" in reply
    assert comments(phone) == []

    phone.topic = None
    await phone.tap("Sim")
    assert comments(phone) == [("1042", "como faço para liberar a vpn depois disso?")]


@pytest.mark.parametrize("how", ["tap", "word"])
async def test_a_new_subject_is_taken_up_without_being_told_again(phone: Phone, how: str):
    phone.topic = ASKED
    await phone.say("como faço para liberar a vpn depois disso?")
    phone.topic = TOLD
    reply = await (phone.tap("Assunto novo") if how == "tap" else phone.say("não"))

    assert comments(phone) == []
    assert "Conectar" in reply


async def test_words_after_a_receipt_are_asked_about_when_they_go_on(phone: Phone):
    phone.topic = TOLD
    assert "1042" in await phone.say("é a 3ª vez hoje")
    await phone.tap("Sim")

    assert comments(phone) == [("1042", "é a 3ª vez hoje")]


async def test_several_requests_that_await_an_answer_are_a_list(phone: Phone):
    phone.awaited = ("1042", "1043")
    reply = await phone.say("xyzzy")
    assert "#1042" in reply
    assert "#1043" in reply
    await phone.say("do 1043")

    assert comments(phone) == [("1043", "xyzzy")]


async def test_an_open_form_keeps_its_answers(phone: Phone):
    phone.topic = ASKED
    await phone.say("abrir um chamado: a impressora do andar 7 está quebrada, Toner")
    await phone.say("sim")

    assert comments(phone) == []
    assert any(isinstance(effect, CreateRequest) for effect in phone.effects)


async def test_what_quotes_a_solved_request_reopens_it_with_the_words(phone: Phone):
    phone.desk = PaperDesk(mine=(view("1042", "Acesso ao ERP", status="solved", can_reopen=True),))
    phone.about = {"wamid.a": "1042"}
    reply = await phone.send(phone.message("text", "voltou a falhar", quoted="wamid.a"))
    assert "[Reabrir] [Abrir um novo] [Não]" in reply
    await phone.tap("Reabrir")

    assert phone.effects == [ReopenRequest(number="1042", reason="voltou a falhar")]


async def test_what_quotes_a_request_that_is_long_closed_begins_a_linked_one(phone: Phone):
    phone.desk = PaperDesk(mine=(view("1042", "Acesso ao ERP", status="closed"),))
    phone.about = {"wamid.a": "1042"}
    reply = await phone.send(phone.message("text", "voltou a falhar", quoted="wamid.a"))
    assert "[Abrir um novo] [Não]" in reply
    reply = await phone.tap("Abrir um novo")

    assert "Qual sistema?" in reply
    assert "ReopenRequest" not in str(phone.effects)


async def test_a_low_rating_is_asked_why_and_a_high_one_is_not(phone: Phone):
    phone.desk = PaperDesk(mine=(view("1043", "Cadeira", status="solved"),))
    await phone.tap_payload("rating|1043|")
    assert "O que faltou?" in await phone.tap("⭐⭐")
    assert await phone.say("demorou demais e ninguém me avisou de nada") == ""
    assert phone.effects == [
        RateRequest(number="1043", stars=2),
        RateRequest(number="1043", stars=2, comment="demorou demais e ninguém me avisou de nada"),
    ]


async def test_why_may_be_left_out(phone: Phone):
    phone.desk = PaperDesk(mine=(view("1043", "Cadeira", status="solved"),))
    await phone.tap_payload("rating|1043|")
    await phone.send(phone.message("text", "2"))
    await phone.tap("Pular")

    assert phone.effects == [RateRequest(number="1043", stars=2)]


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("não quero avisos", False), ("no quiero más avisos", False), ("stop notifications please", False),
        ("quero avisos de novo", True), ("I want notices", True),
        ("quero desativar as notificações do outlook", None), ("não recebi notificação do teams", None),
        ("como desativo avisos?", None),
    ],
)  # fmt: skip
async def test_notices_are_switched_by_plain_words_only(phone: Phone, said: str, wanted: bool | None):
    await phone.say(said)

    assert wants_notices(said) is wanted
    assert [effect for effect in phone.effects if isinstance(effect, SwitchNotices)] == (
        [] if wanted is None else [SwitchNotices(wanted=wanted)]
    )


async def test_jokes_are_no_answers(phone: Phone):
    phone.topic = ASKED
    await phone.say("conta uma piada")

    assert comments(phone) == []
