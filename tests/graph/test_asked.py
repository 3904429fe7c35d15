"""What became of a question is noted under one key, from the search to the request it ends in."""

from tests.graph.people_and_parts import Phone
from tools.effects import AnswerOutcome


def outcomes(phone: Phone) -> list[AnswerOutcome]:
    return [effect for effect in phone.effects if isinstance(effect, AnswerOutcome)]


async def confirm(phone: Phone, *answers: str) -> None:
    for answer in answers:
        await phone.say(answer)
    await phone.tap("Confirmar")


async def test_an_answer_that_did_not_help_is_followed_to_its_request(phone: Phone):
    await phone.say("como uso a vpn no acesso remoto?")
    await phone.tap("Abrir chamado")
    await phone.tap("Sistema 3")
    await confirm(phone, "para trabalhar de casa")

    noted = outcomes(phone)
    assert [outcome.outcome for outcome in noted] == ["answered", "not_resolved", "request"]
    assert len({(outcome.key, outcome.question) for outcome in noted}) == 1
    assert noted[0].question == "como uso a vpn no acesso remoto?"
    assert {outcome.articles for outcome in noted} == {("vpn",)}
    assert noted[-1].reference == phone.created()[0].nonce


async def test_no_said_in_words_counts_like_the_button(phone: Phone):
    await phone.say("como uso a vpn no acesso remoto?")
    await phone.say("não")

    assert [outcome.outcome for outcome in outcomes(phone)] == ["answered", "not_resolved"]


async def test_a_person_asked_for_after_an_answer_says_that_it_did_not_help(phone: Phone):
    await phone.say("como uso a vpn?")
    await phone.say("quero falar com um atendente")

    assert [outcome.outcome for outcome in outcomes(phone)] == ["answered", "not_resolved"]


async def test_an_article_chosen_from_the_offered_ones_belongs_to_the_same_question(phone: Phone):
    await phone.say("o wi-fi caiu de novo aqui")
    await phone.tap("Wi-Fi")
    await phone.tap("Resolveu")

    noted = outcomes(phone)
    assert [outcome.outcome for outcome in noted] == ["offered", "answered", "resolved"]
    assert {outcome.key for outcome in noted} == {noted[0].key}
    assert len(noted[0].articles) >= 1


async def test_another_question_has_another_key(phone: Phone):
    await phone.say("como uso a vpn?")
    await phone.say("o wi-fi caiu de novo aqui")

    first, second = outcomes(phone)
    assert first.key != second.key


async def test_a_question_in_the_middle_of_a_form_is_not_what_the_request_is_about(phone: Phone):
    await phone.say("a impressora está quebrada, preciso abrir um chamado")
    await phone.say("como uso a vpn?")
    await confirm(phone, "Toner", "3")

    aside, request = outcomes(phone)
    assert (aside.outcome, request.outcome) == ("answered", "request")
    assert aside.key != request.key
    assert "impressora" in request.question


async def test_a_request_nobody_searched_for_is_a_question_by_itself(phone: Phone):
    await phone.say("preciso de acesso")
    await phone.tap("Sistema 3")
    await confirm(phone, "para trabalhar de casa")

    [noted] = outcomes(phone)
    assert (noted.outcome, noted.reference) == ("request", phone.created()[0].nonce)
    assert noted.key == noted.reference


async def test_nothing_found_is_followed_to_its_request(phone: Phone):
    await phone.say("qual o cardápio do almoço?")
    await phone.tap("Abrir chamado")

    [noted] = outcomes(phone)
    assert (noted.outcome, noted.articles, noted.question) == ("nothing", (), "qual o cardápio do almoço?")


async def test_the_same_turn_thought_again_gives_the_same_key(phone: Phone):
    before = phone.checkpoint
    await phone.say("como uso a vpn?")
    phone.checkpoint = before
    await phone.say("como uso a vpn?")

    first, again = outcomes(phone)
    assert first == again
