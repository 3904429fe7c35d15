"""Which questions may go outside at all: those for a help desk."""

import pytest

from tools.external.topic import is_of_work

WORK = {
    "pt-BR": (
        "por que o excel trava quando abro uma planilha grande?", "como faço para girar a tela do notebook?",
        "como recupero um arquivo do word que não salvei?", "o mouse sem fio não conecta",
        "como faço uma tabela dinâmica?",
        "como imprimo frente e verso?", "meu holerite não aparece", "não consigo entrar no sistema", "internet lenta",
        "como desfaço o envio de um e-mail", "computador travando", "como bloqueio uma célula",
    ),
    "es": (
        "¿cómo hago una tabla dinámica?", "¿cómo bloqueo una celda?", "el teclado escribe letras equivocadas",
        "¿cómo pido vacaciones?", "no puedo abrir el adjunto",
    ),
    "en": (
        "how do i rotate my screen", "docker desktop does not start", "keyboard types wrong characters",
        "zoom echo during meetings", "git push rejected", "how do I reset my password",
    ),
}  # fmt: skip
ELSEWHERE = {
    "pt-BR": (
        "por que o céu é azul?", "qual a capital da austrália?", "como faço bolo de cenoura?", "quanto é 25 vezes 48?",
        "vai chover amanhã?", "quem foi napoleão?", "receita de lasanha", "traduz esse texto pro inglês",
        "como viajar barato",
        "o que diz o almanaque sobre o eclipse?", "qual o preço do dólar hoje", "como ganhar dinheiro rápido",
    ),
    "es": ("¿quién ganó la copa del mundo?", "¿cómo se prepara una paella?", "recomienda una película"),
    "en": (
        "write me an essay about shakespeare", "how do I lose weight?", "best restaurants in lisbon",
        "write a love letter",
        "tell me about the second world war", "how do planes fly", "",
    ),
}  # fmt: skip


def each(sets):
    return [(language, said) for language, lines in sets.items() for said in lines]


@pytest.mark.parametrize(("language", "said"), each(WORK))
def test_a_question_for_a_help_desk_may_go_outside(language, said: str):
    assert is_of_work(said, language)


@pytest.mark.parametrize(("language", "said"), each(ELSEWHERE))
def test_a_question_about_the_world_may_not(language, said: str):
    assert not is_of_work(said, language)
