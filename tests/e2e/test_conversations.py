"""An employee's whole journey by HTTP, in three languages, and what must hold beside it."""

import re
from dataclasses import dataclass

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass(frozen=True)
class Journey:
    """The same journey as it is said in one language."""

    language: str
    email: str
    question: str
    asked_who: str
    heading: str
    open_request: str
    office: str
    impact_question: str
    interruption: str
    interruption_heading: str
    resumed: str
    impact: str
    correction: str
    corrected: str
    confirm: str
    status: str
    state: str


JOURNEYS = (
    Journey(
        "pt-BR",
        "wesley.luz@ipe.example",
        "a impresora de etiquetas da doca parou",
        "e-mail da empresa",
        "Impressora de etiquetas da doca parou",
        "Abrir chamado",
        "Campinas",
        "só com você ou com mais gente",
        "cadê meu holerite desse mês?",
        "Onde vejo meu holerite",
        "Voltando ao seu chamado",
        "só comigo",
        "na verdade é todo mundo",
        "Quem está sendo afetado: *Todo mundo*",
        "Confirmar",
        "e o meu chamado?",
        "Situação: *novo*",
    ),
    Journey(
        "es",
        "camilo.restrepo@ipe.example",
        "hola, la impresora no imprime nada",
        "correo de la empresa",
        "Mando a imprimir y no sale nada",
        "Abrir solicitud",
        "Bogotá",
        "solo a ti o también a otras personas",
        "¿dónde veo mi recibo de sueldo?",
        "Dónde veo mi recibo de sueldo",
        "Volviendo a tu solicitud",
        "solo a mí",
        "en realidad es a todos",
        "A quién afecta: *Todos*",
        "Confirmar",
        "¿y mi solicitud?",
        "Estado: *nueva*",
    ),
    Journey(
        "en",
        "hannah.whitcombe@ipe.example",
        "I printed a document and nothing comes out of the printer",
        "company e-mail",
        "nothing comes out",
        "Open a request",
        "Miami",
        "just you, or are other people affected",
        "where do I see my payslip?",
        "Where to find my payslip",
        "Back to your request",
        "just me",
        "actually it's everyone",
        "Who is affected: *Everyone*",
        "Confirm",
        "what about my request?",
        "Status: *new*",
    ),
)


@pytest.mark.parametrize("said", JOURNEYS, ids=lambda journey: journey.language)
async def test_a_question_becomes_an_answer_a_request_and_its_status(shared_town, said) -> None:
    await journey(shared_town, said)


async def journey(town, said: Journey) -> None:
    """Walk from a question to its answer, a request, and how it stands; whatever thinks, the same things hold."""
    who = town.somebody(language=said.language)
    assert said.asked_who in await town.hear(who, said=said.question)
    welcomed = await town.verify(who, said.email)
    assert f"{said.heading}*" in welcomed  # asked once, answered after the code
    assert said.impact_question not in welcomed
    assert "?" in await town.hear(who, tapped=said.open_request)
    assert said.impact_question in await town.hear(who, tapped=said.office)
    interrupted = await town.hear(who, said=said.interruption)
    assert said.interruption_heading in interrupted
    assert said.resumed in interrupted
    assert said.impact_question in interrupted
    card = await town.hear(who, said=said.impact)
    assert said.office in card
    assert said.question in card
    assert said.corrected in await town.hear(who, said=said.correction)
    number = _number(await town.hear(who, tapped=said.confirm))
    status = await town.hear(who, said=said.status)
    assert number in status
    assert said.state in status
    assert number in await town.hear(who, said=number)


async def test_a_question_asked_first_is_answered_after_verification_and_never_asked_twice(shared_town) -> None:
    who = shared_town.somebody()
    first = await shared_town.hear(who, said="cadê meu holerite desse mês?")
    assert "Onde vejo" not in first
    welcomed = await shared_town.verify(who, "ivo.peixoto@ipe.example")
    assert "Onde vejo meu holerite" in welcomed
    assert "posso ajudar" not in welcomed
    told = [message.text for message in shared_town.emulator.outbox(who)]
    assert sum("Aviso de privacidade" in text for text in told) == 1
    assert sum("Onde vejo meu holerite" in text for text in told) == 1


async def test_only_their_own_requests_are_told(shared_town) -> None:
    mine = await shared_town.employee("rogerio.nunes@ipe.example")
    number = await _open_request(shared_town, mine)
    other = await shared_town.employee("debora.sampaio@ipe.example")
    answer = await shared_town.hear(other, said=number)
    assert "Não achei nenhum chamado seu" in answer
    assert "impressora" not in answer
    assert "nenhum chamado" in await shared_town.hear(other, said="e o meu chamado?")
    assert number in await shared_town.hear(mine, said="e o meu chamado?")


async def test_after_sair_nothing_is_told_until_the_next_code(shared_town) -> None:
    who = await shared_town.employee("noemi.castanho@ipe.example")
    number = await _open_request(shared_town, who)
    assert "saí da sua conta" in await shared_town.hear(who, said="sair")
    asked = await shared_town.hear(who, said="e o meu chamado?")
    assert number not in asked
    assert "e-mail da empresa" in asked
    assert number in await shared_town.verify(who, "noemi.castanho@ipe.example")


async def test_an_article_for_a_group_is_shown_to_that_group_only(shared_town) -> None:
    question = "como aprovo as férias do meu time?"
    manager = await shared_town.employee("otavio.reis@ipe.example")
    assert "Aprovar férias do time" in await shared_town.hear(manager, said=question)
    employee = await shared_town.employee("taina.braga@ipe.example")
    assert "Aprovar férias do time" not in await shared_town.hear(employee, said=question)
    assert "Aprovar férias do time" not in await shared_town.hear(employee, said="Aprovar férias do time (gestores)")


async def test_a_clear_change_of_language_is_followed(shared_town) -> None:
    who = await shared_town.employee("mariana.vilela@ipe.example", hello="oi, tudo bem?")
    assert "Onde vejo meu holerite" in await shared_town.hear(who, said="cadê meu holerite desse mês?")
    assert "Where to find my payslip" in await shared_town.hear(
        who, said="sorry, where do I see my payslip this month?"
    )
    assert shared_town.titles(who) == ["Solved", "Open a request"]
    assert "Dónde veo mi recibo" in await shared_town.hear(who, said="perdón, ¿dónde veo mi recibo de sueldo?")
    assert shared_town.titles(who) == ["Resuelto", "Abrir solicitud"]


async def test_a_changed_number_ends_the_session(shared_town) -> None:
    who = await shared_town.employee("lucia.ferreyra@ipe.example", "es", hello="hola, buenos días")
    await shared_town.emulator.change_number(who, "5491155599999")
    await shared_town.emulator.settled()
    said = await shared_town.hear(who, said="¿dónde veo mi recibo de sueldo?")
    assert "correo de la empresa" in said
    assert "Dónde veo mi recibo" not in said


async def test_an_old_button_tapped_later_does_nothing_twice(shared_town) -> None:
    who = await shared_town.employee("jussara.pontes@ipe.example")
    number = await _open_request(shared_town, who)
    again = await shared_town.hear(who, tapped="Confirmar")
    assert "já foi aberto" in again
    assert "momento anterior" in await shared_town.hear(who, tapped="Só comigo")
    status = await shared_town.hear(who, said="e o meu chamado?")
    assert re.findall(r"#\d+", status) == [number]


async def test_a_button_of_another_session_is_not_obeyed(shared_town) -> None:
    who = await shared_town.employee("marcus.hale@ipe.example", "en", hello="hello, good morning")
    await shared_town.hear(who, said="the label printer stopped, please open a request")
    await shared_town.hear(who, said="log out")
    told = await shared_town.hear(who, tapped=shared_town.emulator.outbox(who)[-2].choices[0].title)
    assert "#" not in told
    assert "e-mail" in told


async def test_a_conversation_handed_to_a_person_stays_silent(shared_town) -> None:
    who = await shared_town.employee("paula.arango@ipe.example", "es", hello="hola, buenas tardes")
    assert "equipo" in await shared_town.hear(who, said="quiero hablar con una persona")  # by day and by night
    wamid = await shared_town.emulator.say(who, "¿hola? ¿hay alguien?")
    with pytest.raises(TimeoutError):
        await shared_town.emulator.replies(who, after=wamid, timeout=1.5)


async def test_an_unknown_e_mail_hears_the_same_words_and_gets_no_mail(shared_town) -> None:
    known, stranger = shared_town.somebody(), shared_town.somebody()
    emails = {known: "mariana.vilela@ipe.example", stranger: "visitante@fora.example"}
    told = {}
    for who, email in emails.items():
        await shared_town.hear(who, said="oi")
        told[who] = (await shared_town.hear(who, said=email)).replace(email, "")
    assert told[known] == told[stranger]
    assert shared_town.mailbox.messages("visitante@fora.example") == []


async def _open_request(town, who: str) -> str:
    """Open a printer request in Portuguese, in as few words as possible; returns its number, "#1001"."""
    await town.hear(who, said="a impressora de etiquetas da doca parou")
    await town.hear(who, tapped="Abrir chamado")
    await town.hear(who, said="Campinas")
    await town.hear(who, said="só comigo")
    return _number(await town.hear(who, tapped="Confirmar"))


def _number(said: str) -> str:
    found = re.search(r"#\d+", said)
    assert found, said
    return found.group()
