# ruff: noqa: E501, RUF001 - a sentence reads best on one line; letters of other scripts on purpose
import asyncio
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.language.offline.engine import OfflineEngine
from graph.language.port import Hearing, Line, Understanding
from retrieval.passage import Language
from tools.service_desk import Category, Field, FieldOption

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=ZoneInfo("America/Sao_Paulo"))
ENGINE = OfflineEngine()


def words(text: str) -> dict[Language, str]:
    return {"pt-BR": text, "es": text, "en": text}


def category(name: str, *examples: str) -> Category:
    return Category(id=name, name=words(name), description=words(name), examples={"pt-BR": examples}, queue="desk")


CATALOGUE = (
    category("password", "esqueci minha senha", "minha conta bloqueou", "olvidé mi contraseña", "I forgot my password"),
    category("printer", "a impressora não imprime", "papel atolado", "la impresora no imprime", "printer is jammed"),
    category("holidays", "quero marcar férias", "dias de férias", "necesito vacaciones", "book my vacation"),
    category("hardware", "preciso de um monitor", "mouse novo", "necesito una notebook", "I need a new laptop"),
)


def hear(text: str, language: Language = "pt-BR", **more: object) -> Understanding:
    return asyncio.run(ENGINE.understand(Hearing(text=text, language=language, categories=CATALOGUE, now=NOW, **more)))


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("oi", "greeting"),
        ("Bom diaaa", "greeting"),
        ("minha impressora não imprime", "ask"),
        ("n consigo entrar no sistema", "ask"),
        ("como peço férias?", "ask"),
        ("abre um chamado pra isso", "request"),
        ("não resolveu, abre um chamado", "request"),
        ("e o meu chamado?", "status"),
        ("quero falar c um atendente por favor", "person"),
        ("sair", "logout"),
        ("apagar meus dados", "erase_data"),
        ("cancela", "cancel"),
        ("voltar", "back"),
        ("mandar de novo", "resend_code"),
        ("n chegou o codigo", "resend_code"),
        ("outro e-mail", "change_email"),
        ("👍", "yes"),
        ("👎🏽", "no"),
        ("blz", "yes"),
        ("vlw!!", "thanks"),
        ("obrigada", "thanks"),
        ("tchau", "farewell"),
        ("qual a capital da França?", "off_topic"),
        ("me conta uma piada", "off_topic"),
        ("😂😂", "unclear"),
        ("kkkkk", "unclear"),
        ("quiero hablar con una persona", "person"),
        ("no me llegó el código", "resend_code"),
        ("contame un chiste", "off_topic"),
        ("dale", "yes"),
        ("abrí un ticket", "request"),
        ("olvidé mi contraseña", "ask"),
        ("can I speak to a human please", "person"),
        ("delete my data", "erase_data"),
        ("what's the status of my ticket?", "status"),
        ("write some python code", "off_topic"),
        ("never mind", "cancel"),
    ],
)
def test_a_plain_wish_is_understood(text: str, intent: str) -> None:
    assert [wish.intent for wish in hear(text).wishes] == [intent]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("#1042", "1042"),
        ("chamado 1042", "1042"),
        ("cadê o ticket nº 77?", "77"),
        ("1042", "1042"),
        ("req-204", "REQ-204"),
    ],
)
def test_a_named_request_is_asked_about(text: str, number: str) -> None:
    (wish,) = hear(text).wishes
    assert (wish.intent, wish.number) == ("status", number)


def test_words_to_add_to_a_named_request_are_a_comment() -> None:
    (wish,) = hear("chamado 1042: o erro voltou hoje de manhã").wishes
    assert (wish.intent, wish.number) == ("comment", "1042")


def test_a_bare_number_in_a_form_is_not_a_requests_number() -> None:
    asked = Field(id="n", type="number", label=words("n"), question=words("n?"))
    assert hear("1042", asked=asked).wishes[0].number == ""


def test_two_wishes_in_one_message_are_told_apart() -> None:
    first, second = hear("esqueci minha senha e preciso de férias").wishes
    assert (first.intent, first.categories[0].id) == ("ask", "password")
    assert (second.intent, second.categories[0].id) == ("request", "holidays")


def test_thanks_before_a_question_leave_both() -> None:
    assert [wish.intent for wish in hear("obrigado! e como peço um monitor?").wishes] == ["thanks", "ask"]


@pytest.mark.parametrize(
    "text",
    ["quero um monitor e um mouse", "a impressora não imprime e faz barulho", "minha impressora travou. como resolvo?"],
)
def test_one_wish_with_an_and_stays_one(text: str) -> None:
    assert len(hear(text).wishes) == 1


def test_a_question_loses_its_greeting_and_politeness() -> None:
    (wish,) = hear("Oi, bom dia! Tudo bem? Como peço um monitor, por favor? Obrigada!").wishes
    assert (wish.intent, wish.query) == ("ask", "Como peço um monitor")


def test_a_long_message_keeps_its_question() -> None:
    story = "Ontem fui ao escritório e sentei na mesa perto da janela como sempre faço. " * 8
    (wish,) = hear(f"{story}Como redefino minha senha? {story}").wishes
    assert "Como redefino minha senha?" in wish.query
    assert len(wish.query) <= 300


def test_a_request_for_that_takes_up_what_was_said_before() -> None:
    recent = (Line(by="employee", text="minha impressora não imprime"), Line(by="bot", text="Reinicie a impressora."))
    (wish,) = hear("abre um chamado pra isso", recent=recent).wishes
    assert wish.query == "minha impressora não imprime"


def test_an_insult_is_heard_with_the_wish_under_it() -> None:
    heard = hear("que merda, a impressora não imprime de novo!!")
    assert heard.angry
    assert heard.wishes[0].intent == "ask"
    assert heard.wishes[0].categories[0].id == "printer"


def test_work_matters_are_never_off_topic() -> None:
    for text in (
        "a máquina de café quebrou",
        "quanto é o vale refeição?",
        "how many vacation days do I have",
        "la impresora no anda",
    ):
        assert hear(text).wishes[0].intent != "off_topic", text


def test_a_category_of_a_group_is_only_for_that_group() -> None:
    closed = CATALOGUE[2].model_copy(update={"groups": ("managers",)})
    hearing = Hearing(text="quero marcar férias", language="pt-BR", categories=(*CATALOGUE[:2], closed), now=NOW)
    (wish,) = asyncio.run(ENGINE.understand(hearing)).wishes
    assert "holidays" not in {scored.id for scored in wish.categories}


def test_scores_are_probabilities_and_low_for_strangers() -> None:
    fits, strange = hear("esqueci minha senha").wishes[0], hear("xilofone zebra quartzo?").wishes[0]
    assert all(0 <= scored.score <= 1 for scored in (*fits.categories, *strange.categories))
    assert fits.categories[0].score > 0.6
    assert strange.categories[0].score < 0.45


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        ("hola, necesito ayuda con mi computadora porque no funciona", "pt-BR", "es"),
        ("hello, I need help with my laptop please", "pt-BR", "en"),
        ("bom dia, não consigo acessar meu e-mail", "es", "pt-BR"),
        ("in english please", "pt-BR", "en"),
        ("quiero hablar en español", "pt-BR", "es"),
        ("ok", "pt-BR", "pt-BR"),
        ("vpn", "es", "es"),
        ("ana.silva@example.com", "pt-BR", "pt-BR"),
        ("👍", "en", "en"),
        ("482913", "es", "es"),
        ("outlook error", "pt-BR", "pt-BR"),
    ],
)
def test_the_language_changes_only_on_a_clear_sign(text: str, before: Language, after: Language) -> None:
    assert hear(text, before, language_evidence=before).language == after


@pytest.mark.parametrize(
    ("text", "language", "settled"),
    [
        ("hi there", "en", False), ("hola", "es", False), ("oi", "pt-BR", False), ("no puedo entrar", "es", True),
        ("hola, se me cae la vpn", "es", True), ("ana.silva@example.com", "pt-BR", False), ("482913", "pt-BR", False),
        ("printer broken", "en", True), ("minha vpn caiu hoje", "pt-BR", True),
    ],
)  # fmt: skip
def test_the_first_words_decide_the_language_and_a_bare_greeting_only_for_now(
    text: str, language: Language, settled: bool
) -> None:
    heard = hear(text, "pt-BR")
    assert heard.language == language
    assert bool(heard.language_evidence) is settled


@pytest.mark.parametrize(
    "text", ["só eu", "10 dias", "holerite veio errado", "no portal", "volta às 14h", "não lembro", "manhã"]
)
def test_a_command_is_read_only_from_its_own_words(text: str) -> None:
    assert hear(text).wishes[0].intent in {"ask", "request", "unclear"}


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("preciso que abram um chamado: meu crachá não abre a porta", "meu crachá não abre a porta"),
        ("o ar condicionado pifou, abre um chamado por favor", "o ar condicionado pifou"),
        ("necesito abrir una solicitud porque la impresora no imprime", "la impresora no imprime"),
        ("please open a ticket for me: the vpn is down", "the vpn is down"),
    ],
)
def test_what_is_asked_about_stands_without_the_asking(text: str, query: str) -> None:
    assert hear(text).wishes[0].query == query


def test_two_short_signs_in_a_row_change_the_language() -> None:
    first = hear("my printer broke", "pt-BR", language_evidence="pt-BR")
    assert first.language == "pt-BR"
    assert hear("need new laptop", "pt-BR", language_evidence=first.language_evidence).language == "en"


def test_the_same_words_get_the_same_understanding_from_a_fresh_engine() -> None:
    text = "preciso de um mouse novo e esqueci minha senha"
    hearing = Hearing(text=text, language="pt-BR", categories=CATALOGUE, now=NOW)
    assert asyncio.run(OfflineEngine().understand(hearing)) == asyncio.run(ENGINE.understand(hearing))


NOISE = st.one_of(
    st.text(max_size=400),
    st.text(alphabet="0123456789/.:- ", max_size=60),
    st.text(alphabet="👍😀🏽\u200d\u200b\u202e\u0301ßİשלוםمرحبا ", max_size=60),
    st.sampled_from(["a" * 5000, "oi " * 1700, "?" * 5000, "9" * 5000, "5/13/" * 900, "para " * 1000, "João " * 900]),
)
FIELDS = tuple(
    Field(
        id=kind, type=kind, label=words(kind), question=words(kind), pattern=r"IPE-\d{5}" if kind == "asset_tag" else "",
        options=(FieldOption(id="x", label=words("Recife")), FieldOption(id="y", label=words("são paulo"), synonyms=("sp",))),
    )
    for kind in (
        "choice", "multi_choice", "text", "long_text", "number", "date", "datetime", "yes_no", "email", "phone", "asset_tag",
        "person", "location",
    )
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(text=NOISE, asked=st.sampled_from([None, *FIELDS]), language=st.sampled_from(["pt-BR", "es", "en"]))
def test_any_text_is_taken_and_evidence_stands_in_the_words(text: str, asked: Field | None, language: Language) -> None:
    hearing = Hearing(text=text, language=language, categories=CATALOGUE, asked=asked, now=NOW)
    heard = asyncio.run(ENGINE.understand(hearing))
    assert 1 <= len(heard.wishes) <= 3
    for value in asyncio.run(ENGINE.fill(FIELDS, hearing)):
        assert value.evidence
        assert value.evidence in text
    summary = asyncio.run(ENGINE.summarise((Line(by="employee", text=text),), language, limit=80))
    assert len(summary) <= 80


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("oieee", "greeting"),
        ("bom diaaa, td bem", "greeting"),
        ("não, é outra coisa", "no"),
        ("it's something else", "no"),
        ("sim, com uma pessoa de verdade", "person"),
        ("con un asesor por favor", "person"),
        ("uma pessoa caiu na escada", "ask"),
        ("preciso trocar o toner da impressora, como faço?", "ask"),
        ("põe no chamado 1042 que já reiniciei", "comment"),
    ],
)
def test_what_is_meant_is_told_by_the_turn_of_phrase(text, intent):
    assert hear(text).wishes[0].intent == intent


STORY = (
    "Bom dia! Espero que esteja tudo bem. Desde sexta estou tentando usar a impressora do terceiro andar e quando mando "
    "o arquivo nada acontece, e o mesmo com os dois colegas do lado, que também já tentaram de tudo e mais um pouco. "
    "{} Muito obrigado desde já."
)


def test_a_story_that_ends_in_asking_for_a_request_asks_for_one():
    assert hear(STORY.format("Vocês podem abrir um chamado para isso?")).wishes[0].intent == "request"
    assert hear(STORY.format("Ontem abri um chamado e nada.")).wishes[0].intent != "request"


def test_the_ands_of_a_story_are_no_second_wishes():
    assert len(hear(STORY.format("O que pode ser?")).wishes) == 1


def test_what_is_the_matter_and_asking_for_a_request_about_it_are_one_wish():
    understood = hear("minha impressora parou e preciso abrir um chamado urgente")
    assert [wish.intent for wish in understood.wishes] == ["request"]


def test_a_tag_does_not_blur_the_category():
    plain, tagged = (
        hear("abre um chamado, preciso de um monitor"),
        hear("abre um chamado, preciso de um monitor IPE-20417"),
    )
    assert plain.wishes[0].categories == tagged.wishes[0].categories
