"""A person has the conversation: why, how the assistant keeps quiet, and how it is called back."""

import pytest

from graph.language.port import Line
from prompts.texts import say
from tests.graph.people_and_parts import Phone


def reason(phone: Phone) -> str:
    return next(effect.reason for effect in phone.effects if effect.kind == "hand_off")


async def test_whoever_asks_for_a_person_is_said_to_have_asked(phone: Phone):
    await phone.say("atendente por favor")

    assert reason(phone) == "asked"


async def test_nothing_found_is_the_reason_of_whoever_then_wants_a_person(phone: Phone):
    await phone.say("qual é o prazo do inventário?")
    await phone.tap("Falar com alguém")

    assert reason(phone) == "no_article"


async def test_what_the_desk_did_not_do_is_the_reason_of_whoever_then_wants_a_person(phone: Phone):
    phone.recent = (Line(by="employee", text="sim"), Line(by="bot", text=say("pt-BR", "unavailable")))
    await phone.say("atendente por favor")

    assert reason(phone) == "tool_failed"


@pytest.mark.parametrize(("times", "expected"), [(0, "asked"), (1, "asked"), (2, "codes_failed")])
async def test_several_wrong_codes_are_a_reason_and_one_is_not(stranger: Phone, times: int, expected: str):
    await stranger.say("oi")
    await stranger.say("ana.souza@ipe.example")
    stranger.identity.outcome = "wrong"
    for _ in range(times):
        await stranger.say("111111")
    await stranger.say("atendente por favor")

    assert reason(stranger) == expected


async def test_wrong_codes_count_on_when_another_code_is_sent(stranger: Phone):
    await stranger.say("oi")
    await stranger.say("ana.souza@ipe.example")
    stranger.identity.outcome = "wrong"
    await stranger.say("111111")
    await stranger.tap("Mandar de novo")
    await stranger.say("222222")
    await stranger.say("atendente por favor")

    assert reason(stranger) == "codes_failed"


async def test_while_a_person_has_it_the_assistant_says_nothing(phone: Phone):
    await phone.say("atendente por favor")
    for text in ("oi?", "como uso a vpn?", "sim", "#1042"):
        assert await phone.say(text) == ""
    for payload in ("new||x", "confirm||x", "show|1042|", "rate|1042:5|"):
        assert await phone.tap_payload(payload) == ""
    assert await phone.photo() == ""

    assert [effect.kind for effect in phone.effects] == ["hand_off"]


@pytest.mark.parametrize("word", ["assistente", "Assistente.", "*asistente*", "assistant!"])
async def test_its_word_calls_the_assistant_back(phone: Phone, word: str):
    await phone.say("atendente por favor")
    await phone.say(word)

    assert phone.effects[-1].kind == "hand_back"


async def test_a_tap_calls_the_assistant_back(phone: Phone):
    await phone.say("atendente por favor")
    await phone.tap_payload("assistant||")

    assert phone.effects[-1].kind == "hand_back"


async def test_a_tap_leaves_a_request_instead_of_waiting(phone: Phone):
    await phone.say("atendente por favor")
    shown = await phone.tap_payload("leave||")
    phone.handed_over = False

    assert phone.effects[-1].kind == "hand_back"
    assert say("pt-BR", "ask_matter") in shown
    assert "chamado" in await phone.say("a impressora do andar 7 está quebrada")


async def test_a_stranger_who_would_leave_a_request_is_asked_who_they_are(stranger: Phone):
    await stranger.say("atendente por favor")
    shown = await stranger.tap_payload("leave||")

    assert stranger.effects[-1].kind == "hand_back"
    assert "e-mail" in shown


async def test_an_old_offer_still_begins_a_request_after_it_was_handed_back(phone: Phone):
    assert say("pt-BR", "ask_matter") in await phone.tap_payload("leave||")
    assert "hand_back" not in [effect.kind for effect in phone.effects]


async def test_a_field_that_is_needed_and_not_known_is_for_a_person(phone: Phone):
    await phone.say("quero abrir um chamado: meu notebook quebrou")
    for _ in range(3):
        shown = await phone.say("não sei a etiqueta")
        if "Falar com alguém" in shown:
            break
    await phone.tap("Falar com alguém")

    assert reason(phone) == "policy"
