"""Somebody without a script: what they do with what the bot says."""

import pytest

from app.emulator.transcript import Choice
from eval.cases.conversation import Persona
from eval.company import Company
from eval.persona import Actor

ADDRESS = "mariana.vilela@ipe.example"
WHERE = "Em qual unidade você está?"


@pytest.fixture(scope="module")
def categories():
    return Company().desk.categories


@pytest.fixture
def actor(categories):
    def actor(**more) -> Actor:
        known = {"wants": "a impressora parou", "facts": {"location": "Recife"}, "otherwise": "sei lá"}
        return Actor(Persona.model_validate(known | more), categories, ADDRESS)

    return actor


def choices(*titles: str) -> list[Choice]:
    return [Choice(title, title) for title in titles]


def test_they_begin_with_what_they_want(actor):
    assert actor().first() == "a impressora parou"


def test_a_question_about_a_field_is_answered_from_what_they_know(actor):
    played = actor()
    assert played.next(WHERE, [], "") == "Recife"
    assert played.taps is None


def test_what_they_know_is_tapped_when_it_is_offered(actor):
    played = actor()
    assert played.next(WHERE, choices("São Paulo", "Recife"), "") == "[Recife]"
    assert played.taps is not None
    assert played.taps.title == "Recife"


def test_what_they_do_not_know_is_said_or_the_first_is_taken(actor):
    question = "Qual é o nome da impressora? Está na etiqueta da frente, por exemplo IMP-SAO-07."
    assert actor().next(question, [], "") == "sei lá"
    assert actor().next(question, choices("Primeira", "Segunda"), "") == "[Primeira]"


def test_words_of_a_question_find_facts_that_are_no_field(actor):
    assert actor(facts={"andar": "segundo"}).next("Em que andar fica?", [], "") == "segundo"


@pytest.mark.parametrize(("confirms", "tapped"), [(True, "[Confirmar]"), (False, "[Cancelar]")])
def test_a_summary_is_confirmed_or_not(actor, confirms, tapped):
    assert actor(confirms=confirms).next("Posso abrir?", choices("Confirmar", "Corrigir", "Cancelar"), "") == tapped


def test_they_prove_who_they_are(actor):
    played = actor()
    assert played.next("Qual é o seu e-mail da empresa?", [], "") == ADDRESS
    assert played.next(f"Se *{ADDRESS}* estiver no cadastro, chega um código.", [], "123456") == "123456"


def test_what_they_pick_goes_before_opening_a_request(actor):
    offered = choices("Resolveu", "Abrir chamado")
    assert actor(picks=["Resolveu"]).next("Ajudou?", offered, "") == "[Resolveu]"
    assert actor().next("Ajudou?", offered, "") == "[Abrir chamado]"


def test_with_nothing_to_say_they_are_done(actor):
    assert actor().next("Prontinho!", [], "") is None


def test_patience_ends(actor):
    played = actor(patience=2)
    assert played.next(WHERE, [], "") == "Recife"
    assert played.next(WHERE, [], "") is None
