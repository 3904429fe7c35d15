"""A request from the conversation to its confirmation, and everything that comes in between."""

from datetime import timedelta

import pytest

from tests.graph.people_and_parts import NOW, PaperDesk, Phone, view


async def to_summary(phone: Phone) -> str:
    await phone.say("a impressora do andar 7 está quebrada")
    return await phone.tap("Toner")


async def test_only_what_is_missing_is_asked_and_the_words_are_kept_as_evidence(phone: Phone):
    asked = await phone.say("a impressora do andar 7 está quebrada")
    assert "✓ Andar: *7*" in asked
    assert "[Atolamento] [Toner] [Não imprime]" in asked
    summary = await phone.tap("Toner")
    assert "• Problema: *Toner*" in summary
    assert await phone.tap("Confirmar") == ""

    draft = phone.created()[0].draft
    assert draft.values == {"kind": "Toner", "floor": 7}
    assert draft.evidence == {"kind": "Toner", "floor": "andar 7"}
    assert draft.category_id == "printer"


async def test_all_in_one_message_needs_no_question(phone: Phone):
    assert "[Confirmar] [Corrigir] [Cancelar]" in await phone.say("impressora quebrada no andar 7, problema de toner")


async def test_a_typed_yes_confirms_while_it_is_asked(phone: Phone):
    await to_summary(phone)
    await phone.say("sim")

    assert len(phone.created()) == 1


async def test_a_double_tap_makes_one_request(phone: Phone):
    await to_summary(phone)
    confirm = phone.payload("Confirmar")
    taps = [phone.message("tap", "Confirmar", payload=confirm) for _ in range(3)]
    reply = await phone.send(*taps)
    await phone.tap_payload(confirm)

    assert len(phone.created()) == 1
    assert "já foi aberto" in reply


async def test_an_old_confirm_after_a_correction_has_no_effect(phone: Phone):
    await to_summary(phone)
    old = phone.payload("Confirmar")
    assert "Andar: *5*" in await phone.say("na verdade o andar é 5")
    assert "momento anterior" in await phone.tap_payload(old)
    assert phone.created() == []
    await phone.tap("Confirmar")

    assert phone.created()[0].draft.values["floor"] == 5


@pytest.mark.parametrize(
    "payload", ["confirm||", "confirm||ffffffffffff", "confirm", "||", "value|x|y", "🙂", "", "close|1042|"]
)
async def test_a_forged_tap_has_no_effect(phone: Phone, payload: str):
    await to_summary(phone)
    await phone.tap_payload(payload)

    assert phone.created() == []
    assert phone.effects == []


async def test_a_question_in_the_middle_is_answered_and_the_form_resumed(phone: Phone):
    await phone.say("a impressora do andar 7 está quebrada")
    reply = await phone.say("e como uso a vpn?")

    assert "Conectar" in reply
    assert "Voltando ao seu chamado" in reply
    assert reply.endswith("[Atolamento] [Toner] [Não imprime]")
    await phone.tap("Toner")
    await phone.tap("Confirmar")
    assert phone.created()[0].draft.title == "A impressora do andar 7 está quebrada"


async def test_another_request_in_the_middle_is_noted_and_taken_up_later(phone: Phone):
    await to_summary(phone)
    assert "Anotei isso também" in await phone.say("preciso de férias")

    assert "“preciso de férias”. Vejo agora?" in await phone.tap("Confirmar")
    assert "Para quando?" in await phone.tap("Sim")


async def test_a_date_is_echoed_back_in_full(phone: Phone):
    assert "terça-feira, 24 de novembro de 2026" in await phone.say("preciso de férias a partir de amanhã")
    assert "sexta-feira, 27 de novembro de 2026" in await phone.say("muda a data para sexta")


async def test_a_wrong_value_is_explained_and_after_three_a_person_is_offered(phone: Phone):
    await phone.say("impressora quebrada com toner ruim")
    assert "entre 1 e 20" in await phone.say("muito alto")
    assert "entre 1 e 20" in await phone.say("99")
    assert "[Falar com alguém] [Tentar de novo] [Cancelar]" in await phone.say("sei lá")
    assert "Em qual andar?" in await phone.tap("Tentar de novo")

    assert "[Confirmar]" in await phone.say("3")


async def test_back_returns_to_the_former_field(phone: Phone):
    await phone.say("impressora quebrada")
    await phone.tap("Toner")
    reply = await phone.say("voltar")
    assert "Qual é o problema?" in reply
    await phone.tap("Atolamento")
    assert "Andar" in await phone.say("4")
    await phone.tap("Confirmar")

    assert phone.created()[0].draft.values == {"kind": "Atolamento", "floor": 4}


async def test_back_at_the_first_field_asks_it_again(phone: Phone):
    await phone.say("impressora quebrada")

    assert "Qual é o problema?" in await phone.say("voltar")


async def test_cancel_drops_the_draft_kindly(phone: Phone):
    await to_summary(phone)
    old = phone.payload("Confirmar")
    assert "Nada foi enviado" in await phone.say("cancelar")
    await phone.tap_payload(old)

    assert phone.created() == []


async def test_correct_lists_the_fields_and_asks_the_chosen_one(phone: Phone):
    await to_summary(phone)
    assert "[Problema] [Andar] [Descrição] [Assunto]" in await phone.tap("Corrigir")
    assert "Em qual andar?" in await phone.tap("Andar")
    assert "Andar: *9*" in await phone.say("9")
    await phone.tap("Corrigir")
    await phone.tap("Descrição")

    assert "Descrição: sai tudo manchado" in await phone.say("sai tudo manchado")


async def test_correct_the_category_starts_its_form(phone: Phone):
    await to_summary(phone)
    await phone.tap("Corrigir")
    assert "[Férias]" in await phone.tap("Assunto")

    assert "Para quando?" in await phone.tap("Férias")


async def test_more_words_at_the_summary_join_the_description(phone: Phone):
    await to_summary(phone)

    assert "faz um barulho estranho" in await phone.say("ah e também faz um barulho estranho")


async def test_a_long_list_is_paged(phone: Phone):
    first = await phone.say("preciso de acesso")
    assert first.count("[Sistema") == 8
    second = await phone.tap("Ver mais")
    assert "[Sistema 13]" in second
    assert "Por que você precisa?" in await phone.tap("Sistema 13")

    assert "*fechar o mês*" in await phone.say("fechar o mês")


async def test_an_unclear_matter_asks_its_category_and_a_secret_one_is_not_shown(phone: Phone):
    asked = await phone.say("preciso de uma coisa nova")
    assert "[Impressora] [Férias] [Acesso a sistema]" in asked
    assert "Sigiloso" not in asked

    assert "*Férias*" in await phone.tap("Férias")


async def test_a_request_without_a_matter_asks_what_it_is_about(phone: Phone):
    assert "Me conta o que está acontecendo" in await phone.say("quero abrir um chamado")
    assert "*Impressora*" in await phone.say("a impressora pifou")


async def test_photos_join_the_draft(phone: Phone):
    first = phone.message("image", "a impressora do andar 7 está quebrada", media={"id": "1"})
    await phone.send(first)
    assert "juntei ao chamado" in await phone.photo()
    await phone.tap("Toner")
    assert "[Confirmar]" in await phone.photo("olha o toner")
    await phone.tap("Confirmar")

    assert phone.created()[0].draft.attachments == ("wamid.1", "wamid.2", "wamid.4")


async def test_a_similar_open_request_is_offered_first(phone: Phone):
    phone.desk = PaperDesk(mine=(view("1042", "impressora do andar 7 quebrada", category="printer"),))
    assert "[Juntar a ele] [Abrir um novo] [Cancelar]" in await phone.say("a impressora do andar 7 está quebrada")
    await phone.tap("Juntar")

    assert [(e.kind, e.number) for e in phone.effects] == [("comment_request", "1042")]


async def test_a_new_one_is_opened_all_the_same(phone: Phone):
    phone.desk = PaperDesk(mine=(view("1042", "impressora do andar 7 quebrada", category="printer"),))
    await phone.say("a impressora do andar 7 está quebrada")

    assert "Qual é o problema?" in await phone.tap("Abrir um novo")


async def test_a_category_that_is_gone_is_said_so(phone: Phone):
    await phone.say("impressora quebrada")
    phone.desk = PaperDesk(categories=())

    assert "não está mais disponível" in await phone.tap("Toner")
    assert phone.created() == []


async def test_five_thousand_characters_are_taken(phone: Phone):
    await phone.say("a impressora do andar 7 está quebrada com toner " + "muito " * 900)
    await phone.tap("Confirmar")

    assert len(phone.created()) == 1
    assert len(phone.created()[0].draft.title) <= 91


async def test_status_by_number_by_list_and_only_ones_own(phone: Phone):
    assert "nenhum chamado" in await phone.say("e o meu chamado?")
    phone.desk = PaperDesk(
        mine=(view("1042", "Impressora"), view("1043", "Notebook", status="solved", can_reopen=True))
    )
    assert "[#1042 em andamento] [#1043 resolvido]" in await phone.say("meus chamados")
    assert "*#1043* Notebook" in await phone.tap("#1043")
    foreign, missing = await phone.say("#9999"), await phone.say("#8888")
    assert foreign.replace("9999", "8888") == missing

    shown = await phone.say("como está o #1042")
    assert "Previsão: até ter., 24/11 às 11:00" in shown
    assert "[Comentar] [Encerrar]" in shown


async def test_comment_close_reopen_and_rate(phone: Phone):
    phone.desk = PaperDesk(
        mine=(view("1042", "Impressora"), view("1043", "Notebook", status="solved", can_reopen=True))
    )
    await phone.say("#1042")
    await phone.tap("Comentar")
    await phone.say("ainda não voltou")
    await phone.say("#1042")
    await phone.tap("Encerrar")
    await phone.tap_payload("reopen|1043|")
    await phone.tap_payload("reopen|1042|")
    await phone.tap_payload("rating|1043|")
    await phone.say("4")
    await phone.tap_payload("rate|1042:5|")

    assert [e.kind for e in phone.effects] == ["comment_request", "close_request", "reopen_request", "rate_request"]
    assert phone.effects[-1].stars == 4


async def test_an_old_close_has_no_effect(phone: Phone):
    phone.desk = PaperDesk(mine=(view("1042", "Impressora"),))
    await phone.say("#1042")
    close = phone.payload("Encerrar")
    await phone.say("como uso a vpn?")
    await phone.tap_payload(close)

    assert [e.kind for e in phone.effects] == ["answer_outcome"]


async def test_words_for_an_open_request_are_proposed_as_a_comment(phone: Phone):
    phone.desk = PaperDesk(mine=(view("1042", "Impressora"),))
    assert "Junto isto ao chamado *#1042*?" in await phone.say("adiciona aí que voltou a falhar")
    await phone.say("sim")

    assert phone.effects[-1].text == "adiciona aí que voltou a falhar"


async def test_the_last_comment_is_shown_with_its_author(phone: Phone):
    comment = {"author": "Bia", "by": "agent", "text": "Vou aí às 15h", "at": NOW - timedelta(hours=1)}
    phone.desk = PaperDesk(mine=(view("1042", "Impressora", last_comment=comment),))

    assert "Última resposta, de Bia (seg., 23/11 às 10:00):\n“Vou aí às 15h”" in await phone.say("#1042")


async def test_words_that_close_or_reopen_show_the_request_with_its_buttons(phone: Phone):
    phone.desk = PaperDesk(
        mine=(view("1042", "Impressora"), view("1043", "Notebook", status="solved", can_reopen=True))
    )
    assert "[Reabrir]" in await phone.say("reabre o 1043 por favor")
    await phone.say("#1042")

    assert "[Encerrar]" in await phone.say("pode encerrar ele")
    assert phone.effects == []


async def test_a_category_that_stays_unclear_ends_with_a_person(phone: Phone):
    await phone.say("preciso de uma coisa nova")
    await phone.say("hum")

    assert "[Falar com alguém]" in await phone.say("hum")


async def test_then_open_a_request_points_at_what_was_asked_before(phone: Phone):
    await phone.say("como uso a vpn do acesso remoto?")

    assert "*Acesso a sistema*" in await phone.say("abre um chamado então")


async def test_nothing_to_correct_after_all_shows_the_summary_again(phone: Phone):
    await to_summary(phone)
    await phone.tap("Corrigir")

    assert "[Confirmar]" in await phone.say("não")
    assert phone.created() == []


async def test_a_yes_among_more_words_is_no_part_of_the_description(phone: Phone):
    await to_summary(phone)
    assert "fica do lado da copa" in await phone.say("fica do lado da copa\nsim")
    await phone.tap("Confirmar")

    assert phone.created()[0].draft.description == "a impressora do andar 7 está quebrada\nfica do lado da copa"


async def test_after_corrigir_the_words_change_the_field_they_are_about(phone: Phone):
    await phone.say("abrir um chamado: a impressora do andar 7 está quebrada, Toner")
    await phone.tap("Corrigir")
    reply = await phone.say("é no andar 12")

    assert "12" in reply
    await phone.tap("Confirmar")
    assert phone.created()[0].draft.values["floor"] == 12
