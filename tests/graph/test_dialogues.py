"""Whole conversations with the shipped offline engine and the demo company's catalogue, as people write."""

import pytest

from graph.turn import Agent
from tests.graph.people_and_parts import ANA, CODE
from tests.graph.real_talk import Talk

VERIFIED, STRANGER = True, False
ANA_IN_SPANISH = ANA.model_copy(update={"language": "es"})

DIALOGUES = {
    "an option named in the first words needs no question": (VERIFIED, [
        ("esqueci minha senha do windows, abre um chamado", ["Onde não entra: *Windows e e-mail*", "[Confirmar]"]),
    ]),
    "short words that fit no option are explained with the choices, not taken for a farewell": (VERIFIED, [
        ("meu crachá não abre a porta, abre um chamado", ["Em qual unidade"]),
        ("só eu", ["Não reconheci essa opção", "[São Paulo]"]),
        ("em sp", ["Unidade: *São Paulo*", "[Confirmar]"]),
    ]),
    "words for another field of the form are taken for it": (VERIFIED, [
        ("abre um chamado: a impressora não imprime", ["Em qual unidade"]),
        ("só eu", ["✓ Quem está sendo afetado: *Só comigo*", "Em qual unidade"]),
        ("recife", ["Unidade: *Recife*", "Só comigo", "[Confirmar]"]),
    ]),
    "thanks and farewells in a form are heard when they are plain": (VERIFIED, [
        ("abre um chamado: a impressora não imprime", ["Em qual unidade"]),
        ("obrigada", ["Imagina", "Voltando ao seu chamado", "Em qual unidade"]),
        ("tchau", ["Até mais"]),
    ]),
    "it is about something else after all: the form moves and keeps what both have": (VERIFIED, [
        ("meu crachá não abre a porta, abre um chamado", ["Em qual unidade"]),
        ("campinas", ["[Confirmar]"]),
        ("na verdade é da impressora", ["*Impressão e scanner*", "só com você ou com mais gente"]),
        ("todo mundo", ["Unidade: *Campinas*", "[Confirmar]"]),
    ]),
    "words that confirm nothing at the summary are asked once more": (VERIFIED, [
        ("esqueci minha senha do windows, abre um chamado", ["[Confirmar]"]),
        ("só eu", ["Não entendi se posso abrir", "[Confirmar]"]),
        ("sim", ["#1001"]),
    ]),
    "back at the first question says that it is the first": (VERIFIED, [
        ("abre um chamado: a impressora não imprime", ["Em qual unidade"]),
        ("voltar", ["primeira pergunta", "Em qual unidade"]),
        ("cancelar", ["Nada foi enviado"]),
        ("> Recife", ["momento anterior"]),
    ]),
    "a value for a field that has one already corrects it": (VERIFIED, [
        ("quero reembolso de uma viagem, gastei R$ 350,50", ["Valor total: *350,50*", "data da viagem"]),
        ("R$ 400", ["✓ Valor total: *400*", "data da viagem"]),
        ("foi ontem", ["domingo, 22 de novembro de 2026", "*400*"]),
    ]),
    "a wish said willingly is no answer to a yes-or-no question": (VERIFIED, [
        ("abre um chamado: meu notebook IPE-20417 não liga", ["Você consegue continuar trabalhando"]),
        ("quero abrir um chamado pro notebook que não liga", ["Você consegue continuar trabalhando"]),
        ("consigo", ["Consegue trabalhar: *Sim*"]),
    ]),
    "a picture and a voice note in a form join it": (VERIFIED, [
        ("abre um chamado: a impressora não imprime", ["Em qual unidade"]),
        ("🎤", ["Guardei o seu áudio", "Em qual unidade"]),
        ("📷 olha o erro", ["juntei ao chamado", "Em qual unidade"]),
        ("recife", ["só com você"]),
        ("só comigo", ["Anexos: 2", "olha o erro"]),
    ]),
    "two requests about different things are not called similar": (VERIFIED, [
        ("preciso que abram um chamado: meu crachá não abre a porta", ["Em qual unidade"]),
        ("recife", ["[Confirmar]"]),
        ("sim", ["#1001"]),
        ("oi, o ar condicionado do segundo andar tá pifado, abre um chamado por favor", ["Em qual unidade"]),
        ("recife", ["[Confirmar]"]),
        ("sim", ["#1002"]),
        ("meu crachá não abre a porta de novo, abre um chamado", ["parecido", "#1001", "Meu crachá não abre a porta"]),
    ]),
    "the wish noted during a form follows its number": (VERIFIED, [
        ("abre um chamado: a impressora de recife não imprime só comigo", ["[Confirmar]"]),
        ("quero marcar minhas férias", ["Anotei isso também"]),
        ("> Confirmar", ["#1001", "“quero marcar minhas férias”. Vejo agora?"]),
        ("não", ["Tudo bem"]),
    ]),
    "an answer that did not help leads on": (VERIFIED, [
        ("a vpn não conecta", ["Conectar", "[Abrir chamado]"]),
        ("já tentei isso", ["*Internet, Wi-Fi e VPN*"]),
    ]),
    "an answer to another question is excused": (VERIFIED, [
        ("a vpn não conecta", ["[Abrir chamado]"]),
        ("isso não é o que perguntei", ["Desculpa, entendi outra coisa", "[Falar com alguém]"]),
    ]),
    "no with thanks after an answer is a kind end": (VERIFIED, [
        ("a vpn não conecta", ["[Abrir chamado]"]),
        ("não, obrigada", ["Tudo bem"]),
    ]),
    "complaints about nothing named are asked what they are about": (VERIFIED, [
        ("não funciona nada", ["Me conta o que está acontecendo"]),
        ("não sei", ["Me conta o que está acontecendo"]),
        ("o monitor tá piscando", ["*Computador e periféricos*"]),
    ]),
    "venting gets calm words and ways to go on": (VERIFIED, [
        ("vocês são uns inúteis!!!", ["Entendo a sua frustração", "[Falar com alguém]"]),
        ("essa porcaria não funciona!!!", ["Entendo a sua frustração"]),
    ]),
    "question marks alone are met with an offer to explain": (VERIFIED, [("???", ["Ficou alguma dúvida?"])]),
    "where is it, asks for the status": (VERIFIED, [("cadê?", ["Você não tem nenhum chamado"])]),
    "close it, shows the request with its buttons": (VERIFIED, [
        ("esqueci minha senha do windows, abre um chamado", ["[Confirmar]"]),
        ("sim", ["#1001"]),
        ("encerra ele", ["*#1001* Esqueci minha senha do windows", "[Encerrar]"]),
    ]),
    "a correction after the number is offered to the request": (VERIFIED, [
        ("esqueci minha senha do windows, abre um chamado", ["[Confirmar]"]),
        ("sim", ["#1001"]),
        ("na verdade foi ontem", ["Junto isto ao chamado *#1001*?"]),
        ("sim", ["Juntei isso"]),
        ("#1001", ["Você escreveu", "“na verdade foi ontem”"]),
    ]),
    "a plea for help is no call for a person": (VERIFIED, [
        ("bom dia, alguém pode me ajudar?", ["Posso tirar dúvidas", "[Abrir chamado]"]),
    ]),
    "a shown category may be named or counted out": (VERIFIED, [
        ("quero abrir um chamado", ["Me conta"]),
        ("preciso de uma coisa diferente", ["Qual destes assuntos"]),
        ("o primeiro", ["vou abrir um chamado de"]),
    ]),
    "a day without a year was lately when nothing says that it is to come": (VERIFIED, [
        ("quero reembolso de uma viagem", ["data da viagem"]),
        ("15/11", ["domingo, 15 de novembro de 2026"]),
    ]),
    "words that tell more at the summary are kept for whoever reads it": (VERIFIED, [
        ("esqueci minha senha do windows, abre um chamado", ["[Confirmar]"]),
        ("urgente", ["senha do windows, abre um chamado\nurgente", "[Confirmar]"]),
    ]),
    "a request that is over says so when asked to reopen": (VERIFIED, [
        ("esqueci minha senha do windows, abre um chamado", ["[Confirmar]"]),
        ("sim", ["#1001"]),
        ("encerra ele", ["[Encerrar]"]),
        ("> Encerrar", ["Encerrei o chamado *#1001*"]),
        ("reabre ele", ["não pode mais ser reaberto"]),
    ]),
    "what is said beside a code is answered": (STRANGER, [
        ("oi", ["Qual é o seu e-mail"]),
        (ANA.email, ["código de 6 números"]),
        ("minha vpn não conecta, código 482913", ["Prontinho, Ana! Agora sim", "Conectar"]),
    ]),
    "another's request is as unknown as none": (VERIFIED, [
        ("meu colega quer saber do chamado 1002 dele", ["Não achei nenhum chamado seu", "1002"]),
    ]),
    "the assistant has no gender": (STRANGER, [("oi", ["Aqui é *Recado*"])]),
    "spanish first words are met in spanish": (STRANGER, [
        ("hola, se me cae la vpn a cada rato", ["Soy *Recado*", "¿me dices tu correo"]),
        (ANA.email, ["¿Me mandas el código"]),
        (CODE, ["¡Listo, Ana!"]),
    ]),
    "spanish function words alone tell it": (STRANGER, [("la impresora no imprime nada", ["Soy *Recado*"])]),
    "a greeting drawn out and shortened is portuguese": (STRANGER, [("oii td bem?", ["Aqui é *Recado*"])]),
    "another language is spoken as soon as it is asked for": (STRANGER, [
        ("hola", ["Soy *Recado*"]),
        ("pode falar em português?", ["seguimos em português", "Me manda o seu e-mail"]),
        (ANA.email, ["código de 6 números"]),
        (CODE, ["Prontinho, Ana!"]),
        ("can you speak english please", ["go on in English"]),
        ("volvamos al español", ["seguimos en español"]),
    ]),
    "who has no tag is offered a person or to leave it": (VERIFIED, [
        ("meu notebook quebrou, abre um chamado", ["patrimônio"]),
        ("não tenho", ["Quer que uma pessoa te ajude", "[Falar com alguém]", "[Cancelar]"]),
        ("não", ["Qual é o número de patrimônio"]),
        ("comentário no chamado: é urgente", ["Vamos terminar este chamado primeiro"]),
        ("não sei", ["Quer que uma pessoa te ajude"]),
        ("sim", ["Passei a nossa conversa"]),
    ]),
    "who finds no category may say yes to a person": (VERIFIED, [
        ("quero abrir um chamado", ["Me conta"]),
        ("preciso de uma coisa diferente", ["Qual destes assuntos"]),
        ("não sei", ["Qual destes assuntos"]),
        ("não sei", ["Quer falar com uma pessoa"]),
        ("sim", ["Passei a nossa conversa"]),
    ]),
    "who drops it all is not asked about the rest": (VERIFIED, [
        ("quero marcar férias e preciso de um mouse novo", ["Anotei isso também"]),
        ("cancela tudo", ["Nada foi enviado"]),
        ("sim", ["em que posso ajudar"]),
    ]),
    "a code sent again, the time of day, a request to be cancelled": (VERIFIED, [
        ("meu código é 123 456", ["Já sei quem é você"]),
        ("que horas são?", ["assuntos da empresa"]),
        ("quero cancelar meu chamado", ["Você não tem nenhum chamado"]),
        ("que bom, obrigada", ["Imagina"]),
    ]),
    "english first words are met in english": (STRANGER, [("hi there", ["I'm *Recado*", "company e-mail"])]),
    "a code among words, after a name that is no question": (STRANGER, [
        ("oi", ["Qual é o seu e-mail"]),
        ("ana", ["Não achei um e-mail"]),
        (ANA.email, ["código de 6 números"]),
        ("o código é 482 913", ["Prontinho, Ana! 🎉"]),
    ]),
    "an address is mended by its ending": (STRANGER, [
        ("ana.souza@ipe.com", ["ana.souza@ipe.com*"]),
        ("ops, é .com.br", ["ana.souza@ipe.com.br*"]),
        ("> Usar outro", ["Qual é o e-mail certo"]),
    ]),
    "leaving in the middle of a form forgets it": (VERIFIED, [
        ("abre um chamado: a impressora não imprime", ["Em qual unidade"]),
        ("sair", ["saí da sua conta"]),
        ("oi", ["Qual é o seu e-mail"]),
    ]),
    "english from end to end": (VERIFIED, [
        ("please open a request, the printer in Recife isn't printing", ["Right, let's open a request"]),
        ("just me", ["Who is affected: *Just me*", "[Confirm]"]),
        ("yes", ["your request is *#1001*"]),
    ]),
    "spanish from end to end": (VERIFIED, [
        ("necesito abrir una solicitud: la impresora de Bogotá no imprime", ["¿Te pasa solo a ti"]),
        ("no sé", ["No reconocí esa opción"]),
        ("solo a mí", ["[Confirmar]"]),
        ("sí", ["*#1001*"]),
    ]),
}  # fmt: skip


@pytest.mark.parametrize("name", DIALOGUES)
async def test_a_dialogue(agent: Agent, name: str):
    verified, lines = DIALOGUES[name]
    talk = Talk(agent, principal=ANA if verified else None)
    for line, expected in lines:
        reply = await talk.play(line)

        assert [words for words in expected if words not in reply] == [], f"{line!r} was answered:\n{reply}"


async def test_a_request_is_titled_by_its_problem_and_keeps_all_words(agent: Agent):
    talk = Talk(agent)
    await talk.play("oi, preciso que abram um chamado: meu crachá não abre a porta, por favor")
    await talk.play("recife")
    await talk.play("sim")

    draft = talk.created()[0].draft
    assert draft.title == "Meu crachá não abre a porta"
    assert draft.description.startswith("oi, preciso que abram um chamado")


async def test_after_verification_a_bare_greeting_gives_way_to_the_record(agent: Agent):
    talk = Talk(agent, principal=None, known_as=ANA_IN_SPANISH)
    talk.identity.employee = ANA_IN_SPANISH
    assert "Qual é o seu e-mail" in await talk.play("oi")
    await talk.play(ANA.email)

    assert "¡Listo, Ana!" in await talk.play(CODE)


async def test_words_said_before_decide_against_the_record(agent: Agent):
    talk = Talk(agent, principal=None, known_as=ANA_IN_SPANISH)
    talk.identity.employee = ANA_IN_SPANISH
    await talk.play("bom dia, minha impressora não imprime desde ontem")
    await talk.play(ANA.email)

    assert "Prontinho, Ana!" in await talk.play(CODE)


async def test_a_correction_that_names_a_value_stays_in_its_form(agent: Agent):
    talk = Talk(agent)
    await talk.play("abre um chamado: a tela do meu notebook está piscando")
    await talk.play("não sei")
    reply = await talk.play("na verdade é IPE-20418")
    assert "Consegue" in reply or "consegue" in reply
    assert "programa" not in reply
