"""The scorers of manner: what each lets through, and what it catches."""

import pytest

from eval.cases.conversation import ConversationCase, TurnStep
from eval.playing import Play
from eval.record import Exchange
from eval.scorers import citations, language, length, tone

CASE = ConversationCase(id="made-up", turns=(TurnStep(say=("oi",)),))
PASSAGE = "1. Abra o aplicativo IPE-VPN no notebook.\n2. Toque em *Conectar* e espere 30 segundos."
ANSWERED = ({"kind": "answer_outcome"},)


def play(*replies: str, language: str = "pt-BR", effects=(), who: str = "employee", passages: str = PASSAGE) -> Play:
    exchange = Exchange(did="oi", who=who, replies=replies, language=language, effects=effects)
    return Play((exchange,), {}, passages={"vpn@pt-BR#0": passages})


def answer(text: str) -> Play:
    return play(f"{text}\n\n📄 *VPN*\nhttps://ajuda.ipe.example/vpn", effects=ANSWERED)


def test_an_answer_in_the_words_of_its_passage_is_supported():
    told = citations.score(
        CASE, answer("1. Abra o aplicativo *IPE-VPN* no notebook.\n2. Toque em *Conectar* e espere 30 segundos.")
    )
    assert (told.passed, told.value) == (True, 1.0)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("Reinstale o sistema operacional inteiro do seu computador.", "not in any passage"),
        ("2. Toque em *Conectar* e espere 90 segundos.", "a number of no passage: 90"),
    ],
)
def test_words_and_numbers_of_no_passage_are_caught(text, complaint):
    told = citations.score(CASE, answer(text))
    assert told.passed is False
    assert any(complaint in detail for detail in told.details)


def test_without_an_answer_there_is_no_citation_to_judge():
    assert citations.score(CASE, play("Oi! Como posso ajudar?")).passed is None


def test_a_reply_in_the_language_of_the_turn_passes_and_one_in_another_does_not():
    portuguese = "Prontinho, agora me conta em qual unidade você está trabalhando hoje?"
    assert language.score(CASE, play(portuguese)).passed is True
    assert language.score(CASE, play(portuguese, language="en")).passed is False


def test_what_an_article_says_is_not_the_bots_language():
    assert language.score(CASE, play("Open the app and tap Connect.\n\n📄 *VPN*")).passed is None


def test_more_than_a_screen_and_a_flood_are_caught():
    assert length.score(CASE, play("Oi!")).passed is True
    assert "more than a screen" in length.score(CASE, play("a" * 1200)).details[0]
    assert "WhatsApp takes" in length.score(CASE, play("😀" * 2100)).details[0]
    assert "5 messages at once" in length.score(CASE, play(*"abcde")).details[0]


@pytest.mark.parametrize(
    ("reply", "rule"),
    [
        ("Você digitou errado.", "blames the reader"),
        ("Opción inválida, intenta otra vez", "blames the reader"),
        ("Prezado colaborador, segue a resposta", "speaks like a form"),
        ("Kindly wait", "speaks like a form"),
        ("Deu erro interno 😕", "shows its machinery"),
        ("Olá {name}, tudo bem?", "shows its machinery"),
        ("ISSO ESTÁ ERRADO", "shouts"),
        ("Pronto!!", "shouts"),
        ("Soy una persona como tú", "pretends to be a person"),
    ],
)
def test_what_no_kind_colleague_writes_is_caught(reply, rule):
    told = tone.score(CASE, play(reply))
    assert told.passed is False
    assert told.details[0].startswith(rule)


def test_a_kind_reply_and_the_employees_own_shouting_in_quotes_pass():
    assert tone.score(CASE, play("Prontinho, Ana! Agora sim.", "Você escreveu “NADA FUNCIONA AQUI!!”")).passed is True


def test_what_an_agent_writes_is_not_the_bots_tone():
    assert tone.score(CASE, play("Prezado, segue anexo", who="agent")).passed is None
