"""Answers, near articles, outside sources, outages, small talk and a person."""

from datetime import timedelta

import pytest

from graph.context import Company
from graph.messages import Media
from graph.turn import Agent
from tests.graph.people_and_parts import NOW, VPN, PaperDesk, Phone, alike, passage
from tests.graph.real_talk import Talk
from tools.service_desk import Outage


class Web:
    """A source outside with one page."""

    name = "web"

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def search(self, question, language, *, limit=3):
        self.asked.append(question)
        return (passage("so", "Fora", "Reinicie. https://evil.example/x", url="https://web.example/1", trust="web"),)


async def test_an_answer_names_its_article_and_link_and_asks_whether_it_helped(phone: Phone):
    reply = await phone.say("como uso a vpn?")

    assert reply.splitlines() == [
        "Abra o aplicativo e toque em *Conectar*.",
        "",
        "📄 *Como usar a VPN*",
        "https://kb.ipe.example/vpn",
        "[Resolveu] [Abrir chamado]",
    ]
    await phone.tap("Resolveu")
    assert [e.outcome for e in phone.effects] == ["answered", "resolved"]


async def test_a_thank_you_after_an_answer_settles_it(phone: Phone):
    await phone.say("como uso a vpn?")

    assert "Que bom" in await phone.say("obrigado")


async def test_from_an_answer_to_a_request_with_the_same_words(phone: Phone):
    await phone.say("como uso a vpn no acesso remoto?")
    reply = await phone.tap("Abrir chamado")

    assert "*Acesso a sistema*" in reply


async def test_an_article_in_another_language_is_said_so(phone: Phone):
    assert "(the article is in Portuguese)" in await phone.say("how does my vpn work, please?")


async def test_near_articles_are_offered_and_opened(phone: Phone):
    reply = await phone.say("o wi-fi caiu de novo aqui")
    assert "[Wi-Fi de visitantes: co…]" in reply
    assert "[Nenhum destes]" in reply

    assert "Peça na recepção" in await phone.tap("Wi-Fi")


async def test_none_of_the_articles_leads_to_a_request(phone: Phone):
    await phone.say("o wi-fi caiu de novo aqui")
    assert "[Abrir chamado]" in await phone.tap("Nenhum destes")
    await phone.tap("Abrir chamado")

    assert phone.effects[-1].outcome == "not_resolved"


async def test_no_answer_in_the_sources_offers_their_titles(phone: Phone):
    phone.engine.verdict = "not_in_sources"

    assert "[Como usar a VPN]" in await phone.say("quanto custa a vpn?")


async def test_outside_is_asked_without_anything_personal_and_labelled(phone: Phone):
    phone.external = Web()
    reply = await phone.say("por que o excel do Souza 12345 ana@x.com trava?")

    assert "fora da empresa" in reply
    assert "evil" not in reply
    assert "https://web.example/1" not in reply
    assert phone.external.asked == ["por que o excel do trava"]


async def test_an_allowed_host_outside_is_linked(phone: Phone):
    phone.external, phone.company = Web(), Company(name="Ipê", link_hosts=("web.example",))

    assert "https://web.example/1" in await phone.say("por que o excel trava?")


async def test_nothing_found_proposes_a_request(phone: Phone):
    assert "[Abrir chamado] [Falar com alguém]" in await phone.say("por que o céu é azul?")
    assert phone.effects[-1].outcome == "nothing"


OUTAGE = Outage(
    id="o1",
    title=alike("E-mail fora do ar"),
    body=alike("Desde as 9h."),
    keywords=("outlook", "e-mail"),
    since=NOW - timedelta(hours=1),
)


async def test_a_known_outage_is_offered_first(phone: Phone):
    phone.desk = PaperDesk(known=(OUTAGE,))
    assert "[Eu também] [É outra coisa]" in await phone.say("preciso de ajuda, o outlook não abre")
    await phone.tap("Eu também")

    assert [e.outage_id for e in phone.effects] == ["o1"]


async def test_another_trouble_goes_on_and_the_outage_is_not_offered_again(phone: Phone):
    phone.desk = PaperDesk(known=(OUTAGE,))
    await phone.say("como configuro o e-mail na vpn?")
    assert "Conectar" in await phone.tap("É outra coisa")

    assert "Conectar" in await phone.say("e o e-mail pela vpn?")


async def test_an_outage_is_told_once_and_asked_about_again_in_short(agent: Agent):
    talk = Talk(agent)
    talk.desk.outages = PaperDesk(known=(OUTAGE,)).outages
    assert "[Eu também]" in await talk.play("o outlook não abre, abre um chamado")
    again = await talk.play("asdf qwer")
    assert "[Eu também] [É outra coisa]" in again
    assert "A equipe já está cuidando" not in again
    await talk.play("não")

    assert "[Eu também]" not in await talk.play("o outlook não abre, abre um chamado")


async def test_two_wishes_are_both_served(phone: Phone):
    reply = await phone.say("como uso a vpn e também meus chamados")
    assert "Conectar" in reply
    assert "nenhum chamado" in reply

    reply = await phone.say("impressora quebrada e também como uso a vpn")
    assert "Conectar" in reply
    assert "“impressora quebrada”. Vejo agora?" in reply
    assert "*Impressora*" in await phone.tap("Sim")


async def test_a_person_takes_over_and_the_bot_is_silent(phone: Phone):
    await phone.say("quero falar com um atendente")
    assert phone.effects[-1].summary == "quero falar com um atendente"

    assert await phone.say("alô?") == ""
    assert await phone.tap_payload("show|1|") == ""


async def test_anger_is_met_calmly_and_then_served(phone: Phone):
    reply = await phone.say("que absurdo, como uso a vpn?")

    assert reply.startswith("Entendo a sua frustração")
    assert "Conectar" in reply


async def test_not_understood_twice_then_the_menu(phone: Phone):
    assert "outro jeito" in await phone.say("xyzzy")
    assert "uma frase" in await phone.say("xyzzy")
    assert "[Ver meus chamados] [Abrir chamado] [Falar com alguém]" in await phone.say("xyzzy")
    assert "Me conta o que está acontecendo" in await phone.tap("Abrir chamado")


@pytest.mark.parametrize(("text", "words"), [
    ("oi", "Oi, Ana"), ("obrigada", "Imagina"), ("tchau", "Até mais"), ("conta uma piada", "assuntos da empresa"),
    ("ajuda", "Posso tirar dúvidas"), ("sim", "em que posso ajudar"), ("mandar de novo", "Já sei quem é você"),
    ("😀😀", "🙂"), ("\u200b\u200f", "Não chegou nenhum texto"), ("  ", "Não chegou"),
    ("123 456", "Já sei quem é você"), ("meu código é 123456", "Já sei quem é você"),
    ("\u202eoi", "Oi, Ana"), ("'; DROP TABLE x;-- <b>?", "Não achei nada"),
])  # fmt: skip
async def test_small_talk_is_kind(phone: Phone, text: str, words: str):
    reply = await phone.say(text)

    assert words in reply
    assert bool(reply) == bool(words)


@pytest.mark.parametrize(("kind", "words"), [
    ("sticker", "figurinha"), ("location", "localização"), ("contacts", "contato"), ("order", "catálogo"),
    ("edit", "editou"), ("unsupported", "não consigo abrir"), ("revoke", ""), ("system", ""), ("reaction", ""),
])  # fmt: skip
async def test_whatever_is_sent_is_met_kindly(phone: Phone, kind, words: str):
    reply = await phone.send(phone.message(kind))

    assert words in reply
    assert bool(reply) == bool(words)


async def test_a_voice_note_is_kept_for_the_request_that_follows(phone: Phone):
    voice = phone.message("audio", media=Media(id="v", voice=True))
    assert "ainda não consigo ouvir" in await phone.send(voice)
    await phone.say("a impressora do andar 3 está quebrada")
    await phone.say("Toner")
    await phone.tap("Confirmar")

    assert phone.created()[0].draft.attachments == (voice.id,)


async def test_a_reaction_counts_as_yes_only_when_something_was_asked(phone: Phone):
    assert await phone.send(phone.message("reaction", "👍", quoted="w")) == ""
    await phone.say("como uso a vpn?")

    assert "Que bom" in await phone.send(phone.message("reaction", "👍🏽", quoted="w"))


async def test_a_reaction_confirms_only_on_the_summary_itself(phone: Phone):
    await phone.say("a impressora do andar 7 está quebrada: Toner")
    assert await phone.send(phone.message("reaction", "👍", quoted="w")) == ""
    phone.last_sent = ("summary",)
    await phone.send(phone.message("reaction", "👍", quoted="older"))
    assert phone.created() == []
    await phone.send(phone.message("reaction", "👍", quoted="summary"))

    assert len(phone.created()) == 1


async def test_the_language_follows_a_clear_change(phone: Phone):
    await phone.say("como uso a vpn?")

    assert "Hi, Ana" in await phone.say("hi") or "Oi" in await phone.say("oi")
    assert phone.thought is not None
    assert VPN.title


async def test_a_chosen_article_is_shown_even_when_the_engine_finds_no_answer_in_it(phone: Phone):
    await phone.say("o wi-fi caiu de novo aqui")
    phone.engine.verdict = "not_in_sources"
    reply = await phone.say("sim")

    assert reply.startswith("Peça na recepção")
    assert "[Nenhum destes]" not in reply


async def test_a_second_wish_waits_for_a_chosen_article_and_is_then_taken_up(phone: Phone):
    await phone.say("o wi-fi caiu de novo e também impressora quebrada")
    reply = await phone.tap("Wi-Fi")

    assert "Peça na recepção" in reply
    assert "“impressora quebrada”. Vejo agora?" in reply


async def test_a_question_that_goes_on_is_searched_together_with_the_one_before(phone: Phone):
    await phone.say("como uso a vpn?")
    await phone.say("e no celular?")
    await phone.say("e quem cuida do wi-fi?")

    assert phone.knowledge.asked == ["como uso a vpn?", "como uso a vpn? e no celular?", "e quem cuida do wi-fi?"]
