"""Who are you: from first words to a verified session, and every way it goes astray."""

import pytest

from tests.graph.people_and_parts import ANA, CODE, Doorman, Phone


async def test_a_question_before_verification_is_answered_after_it_and_asked_once(stranger: Phone):
    first = await stranger.say("oi, como uso a vpn?")
    assert "Ipê" in first
    assert "versão 1: https://ipe.example/p" in first
    assert "e-mail" in first
    await stranger.say("ana.souza@ipe.example")
    last = await stranger.say(CODE)

    assert "Prontinho, Ana" in last
    assert "Conectar" in last
    assert stranger.knowledge.asked == ["oi, como uso a vpn?"]


async def test_the_privacy_notice_is_shown_once(stranger: Phone):
    await stranger.say("oi")

    assert "privacidade" not in await stranger.say("oi")


async def test_an_unknown_address_hears_the_same_words(stranger: Phone):
    await stranger.say("oi")
    known = await stranger.say("ana.souza@ipe.example")
    unknown = await stranger.say("ninguem@ipe.example")

    assert known.replace("ana.souza", "ninguem") == unknown


@pytest.mark.parametrize("text", ["é Ana.Souza @IPE.example.", "meu e-mail é ana.souza@ipe.example, ok?"])
async def test_an_address_inside_a_sentence_is_taken(stranger: Phone, text: str):
    await stranger.say("oi")
    await stranger.say(text)

    assert stranger.identity.asked == ["ana.souza@ipe.example"]


async def test_an_address_in_the_very_first_message_is_taken_and_the_question_kept(stranger: Phone):
    await stranger.say("sou ana.souza@ipe.example e como faço para usar a vpn daqui?")
    last = await stranger.say(f"meu código é {CODE[:3]} {CODE[3:]}")

    assert stranger.identity.asked == ["ana.souza@ipe.example"]
    assert "Conectar" in last


async def test_a_code_while_the_address_is_asked_and_an_address_while_the_code_is(stranger: Phone):
    await stranger.say("oi")
    assert "Ainda não te mandei" in await stranger.say("123456")
    await stranger.say("outra@ipe.example")
    await stranger.say("ana.souza@ipe.example")

    assert "Prontinho" in await stranger.say(CODE)
    assert stranger.identity.asked == ["outra@ipe.example", "ana.souza@ipe.example"]


async def test_a_question_while_the_code_is_asked_is_kept(stranger: Phone):
    await stranger.say("oi")
    await stranger.say("ana.souza@ipe.example")
    assert "só falta o código" in await stranger.say("como uso a vpn?")

    assert "Conectar" in await stranger.say(CODE)


async def test_send_again_by_words_and_by_button(stranger: Phone):
    await stranger.say("oi")
    await stranger.say("ana.souza@ipe.example")
    await stranger.say("pode mandar de novo?")
    await stranger.tap("Mandar de novo")

    assert stranger.identity.asked == ["ana.souza@ipe.example"] * 3


async def test_another_address_by_words_and_by_button(stranger: Phone):
    await stranger.say("oi")
    await stranger.say("ana@ipe.example")
    assert "e-mail" in await stranger.tap("Usar outro e-mail")
    await stranger.say("ana.souza@ipe.example")
    assert "e-mail" in await stranger.say("quero usar outro e-mail")


@pytest.mark.parametrize(
    ("outcome", "words"),
    [("expired", "venceu"), ("exhausted", "não vale mais"), ("wrong", "Resta uma tentativa"), ("none", "Ainda não")],
)
async def test_a_code_that_does_not_open_is_told_kindly(stranger: Phone, outcome: str, words: str):
    await stranger.say("oi")
    await stranger.say("ana.souza@ipe.example")
    stranger.identity.outcome = outcome

    assert words in await stranger.say("111111")
    assert stranger.principal is None


async def test_after_the_lock_only_a_person_helps(stranger: Phone):
    await stranger.say("oi")
    await stranger.say("ana.souza@ipe.example")
    stranger.identity.outcome = "locked"
    assert "[Falar com alguém]" in await stranger.say("111111")
    assert "[Falar com alguém]" in await stranger.say("222222")
    await stranger.tap("Falar com alguém")

    assert [(e.kind, e.reason) for e in stranger.effects if e.kind == "hand_off"] == [("hand_off", "codes_failed")]


async def test_waiting_for_another_code_says_how_long(agent):
    phone = Phone(agent, principal=None, identity=Doorman(plan="wait"))
    await phone.say("oi")

    assert "42 segundos" in await phone.say("ana.souza@ipe.example")


@pytest.mark.parametrize("reason", ["idle", "age", "number_changed", "inactive", "something new"])
async def test_an_ended_session_is_explained_and_nothing_of_it_is_left(phone: Phone, reason: str):
    await phone.say("a impressora do andar 7 está quebrada")
    confirm = await phone.say("Toner") and phone.payload("Confirmar")
    phone.principal, phone.session_ended = None, reason
    reply = await phone.say("como uso a vpn?")

    assert "sess" in reply.casefold() or "confirmar de novo" in reply
    await phone.tap_payload(confirm)
    assert phone.created() == []


async def test_leaving_ends_the_session_and_erasing_asks_for_it(phone: Phone):
    await phone.say("apagar meus dados")
    await phone.say("sair")

    assert [e.kind for e in phone.effects] == ["data_request", "end_session"]
    assert phone.principal is None


async def test_before_verification_nothing_private_is_read(stranger: Phone):
    for text in ("#1042", "meus chamados", "abrir chamado", "sim", "atendente por favor"):
        await stranger.say(text)
    for payload in ("show|1042|", "confirm||x", "rate|1042:5|", "value|a|b", "close|1|1"):
        await stranger.tap_payload(payload)

    assert stranger.knowledge.asked == []
    assert {e.kind for e in stranger.effects} == {"hand_off", "notice_shown"}


async def test_english_and_spanish_are_answered_in_kind(stranger: Phone):
    assert "company e-mail" in await stranger.say("hi, my vpn is down?")
    stranger.checkpoint = None
    assert "correo de la empresa" in await stranger.say("hola, mi vpn no anda")


async def test_who_only_typed_digits_is_spoken_to_in_the_language_of_their_record(stranger: Phone):
    stranger.identity.employee = ANA.model_copy(update={"language": "es"})
    await stranger.say("ana.souza@ipe.example")

    assert "¡Listo, Ana!" in await stranger.say(CODE)


async def test_who_cannot_read_the_mail_reaches_a_person(stranger: Phone):
    await stranger.say("esqueci minha senha")
    await stranger.say("ana.souza@ipe.example")
    assert "[Falar com alguém]" in await stranger.say("não consigo abrir o e-mail para ver o código")
    await stranger.tap("Falar com alguém")

    assert "hand_off" in [effect.kind for effect in stranger.effects]
