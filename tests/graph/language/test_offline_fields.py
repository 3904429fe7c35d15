# ruff: noqa: E501 - a sentence reads best on one line
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from graph.language.offline.dates import find_moment
from graph.language.offline.filling import fill_fields
from graph.language.offline.folding import fold
from graph.language.port import Hearing
from retrieval.passage import Language
from tools.service_desk import Field, FieldOption, FieldType

MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=ZoneInfo("America/Sao_Paulo"))
PLACES = tuple(
    FieldOption(id=place, label={"pt-BR": label}, synonyms=synonyms)
    for place, label, synonyms in (
        ("sp", "São Paulo", ("sampa", "matriz")),
        ("rec", "Recife", ()),
        ("man", "Manaus", ()),
    )
)


def field(kind: FieldType, name: str = "campo", **more: Any) -> Field:
    return Field(id=name, type=kind, label={"pt-BR": name}, question={"pt-BR": f"{name}?"}, **more)


def answer(question: Field, text: str, language: Language = "pt-BR") -> Any:
    hearing = Hearing(text=text, language=language, asked=question, now=MONDAY)
    return next((value.value for value in fill_fields((question,), hearing)), None)


def mention(question: Field, text: str) -> Any:
    hearing = Hearing(text=text, language="pt-BR", now=MONDAY)
    return next((value.value for value in fill_fields((question,), hearing)), None)


@pytest.mark.parametrize(
    ("language", "text", "day"),
    [
        ("pt-BR", "hoje", "2026-11-23"),
        ("pt-BR", "amanhã", "2026-11-24"),
        ("pt-BR", "depois de amanha", "2026-11-25"),
        ("pt-BR", "sexta que vem", "2026-11-27"),
        ("pt-BR", "próxima segunda", "2026-11-30"),
        ("pt-BR", "dia 5", "2026-12-05"),
        ("pt-BR", "05/12", "2026-12-05"),
        ("pt-BR", "5 de dezembro", "2026-12-05"),
        ("pt-BR", "daqui a 3 dias", "2026-11-26"),
        ("pt-BR", "fim do mês", "2026-11-30"),
        ("pt-BR", "semana que vem", "2026-11-30"),
        ("pt-BR", "2 de fevereiro", "2027-02-02"),
        ("es", "pasado mañana", "2026-11-25"),
        ("es", "mañana por la mañana", "2026-11-24"),
        ("es", "el viernes que viene", "2026-11-27"),
        ("es", "5 de diciembre", "2026-12-05"),
        ("es", "dentro de 3 días", "2026-11-26"),
        ("es", "05/12", "2026-12-05"),
        ("en", "next friday", "2026-11-27"),
        ("en", "12/05", "2026-12-05"),
        ("en", "25/12", "2026-12-25"),
        ("en", "December 5th", "2026-12-05"),
        ("en", "in two weeks", "2026-12-07"),
        ("en", "end of the month", "2026-11-30"),
    ],
)
def test_a_day_is_understood_as_people_say_it(language: Language, text: str, day: str) -> None:
    assert answer(field("date"), text, language) == day


@pytest.mark.parametrize(
    "text", ["mi", "mar", "ter", "may", "sat", "4021", "24/7", "30/02", "segunda via", "dois monitores", "sala 305"]
)
def test_no_day_is_invented(text: str) -> None:
    assert answer(field("date"), text) is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("amanhã às 9h", "2026-11-24T09:00-03:00"),
        ("hoje às 14h30", "2026-11-23T14:30-03:00"),
        ("amanhã ao meio-dia", "2026-11-24T12:00-03:00"),
        ("sexta à tarde", "2026-11-27T14:00-03:00"),
        ("amanhã às 3 da tarde", "2026-11-24T15:00-03:00"),
        ("às 8h", "2026-11-24T08:00-03:00"),
    ],
)
def test_a_moment_has_its_hour(text: str, moment: str) -> None:
    assert answer(field("datetime"), text) == moment


def test_a_field_about_the_past_takes_the_day_gone_by() -> None:
    assert answer(field("date", "desde quando"), "05/11") == "2026-11-05"


@pytest.mark.parametrize(
    ("language", "text", "gone"),
    [
        ("pt-BR", "desde sexta", 3), ("pt-BR", "sexta passada à tarde", 3), ("es", "el viernes pasado", 3),
        ("en", "last friday", 3), ("pt-BR", "desde segunda passada", 7), ("pt-BR", "semana passada", 7),
    ],
)  # fmt: skip
def test_a_weekday_of_the_past_is_the_last_one(language: Language, text: str, gone: int) -> None:
    found = find_moment(fold(text), MONDAY, language, past=True)

    assert found is not None
    assert found.day == MONDAY.date() - timedelta(days=gone)


def test_a_range_fills_two_dates() -> None:
    fields = (field("date", "inicio"), field("date", "fim"))
    hearing = Hearing(text="quero férias de 5 a 20 de janeiro", language="pt-BR", now=MONDAY)
    assert [value.value for value in fill_fields(fields, hearing)] == ["2027-01-05", "2027-01-20"]


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("sao paulo", "sp"), ("matriz", "sp"), ("recif", "rec"), ("2", "rec"), ("a última", "man"), ("estou em Recife", "rec"),
        ("manaus ou recife", None), ("não sei", None), ("cancelar", None), ("qual?", None),
    ],
)  # fmt: skip
def test_a_choice_is_named_nearly_named_or_counted(text: str, option: str | None) -> None:
    assert answer(field("choice", options=PLACES), text) == option


def test_several_choices_are_taken_together() -> None:
    places = field("multi_choice", options=PLACES)
    assert answer(places, "recife e manaus") == ["rec", "man"]
    assert answer(places, "1 e 3") == ["sp", "man"]
    assert answer(places, "todos") == ["sp", "rec", "man"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("duas", 2),
        ("2 monitores", 2),
        ("R$ 1.500,00", 1500),
        ("2,5", 2.5),
        ("1,500.50", 1500.5),
        ("3 mil", 3000),
        ("meia dúzia", 6),
    ],
)
def test_numbers_are_read_as_written(text: str, value: float) -> None:
    assert answer(field("number"), text) == value


def test_a_number_outside_its_limits_is_no_answer() -> None:
    assert answer(field("number", maximum=5), "40") is None


def test_a_count_nobody_asked_for_needs_a_field_about_quantity() -> None:
    assert mention(field("number", "quantidade"), "preciso de 2 monitores") == 2
    assert mention(field("number", "andar"), "preciso de 2 monitores") is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("sim", True),
        ("s", True),
        ("claro que sim", True),
        ("n", False),
        ("acho que não", False),
        ("👎", False),
        ("talvez", None),
    ],
)
def test_yes_and_no(text: str, *, value: bool | None) -> None:
    assert answer(field("yes_no"), text) is value


def test_contacts_are_found_in_a_sentence() -> None:
    assert answer(field("email"), "meu email é Ana.Silva@Example.com.") == "ana.silva@example.com"
    assert answer(field("phone"), "liga no 11 98765-4321") == "+5511987654321"
    assert answer(field("phone"), "1042") is None


@pytest.mark.parametrize("text", ["IPE-12345", "é o ipe 12345", "ipe12345", "12345"])
def test_an_asset_tag_is_put_into_the_desks_spelling(text: str) -> None:
    assert answer(field("asset_tag", pattern=r"IPE-\d{5}"), text) == "IPE-12345"


def test_an_asset_tag_nobody_asked_for_needs_its_letters() -> None:
    tag = field("asset_tag", pattern=r"IPE-\d{5}")
    assert mention(tag, "o notebook IPE-12345 não liga") == "IPE-12345"
    assert mention(tag, "o ramal 12345 não liga") is None


def test_a_broken_pattern_of_the_desk_breaks_nothing() -> None:
    assert answer(field("asset_tag", pattern="(["), "IPE-12345") == "IPE-12345"


def test_a_person_is_a_name_or_an_address() -> None:
    assert answer(field("person"), "é o joão") == "joão"
    assert answer(field("person"), "para a Maria Souza") == "Maria Souza"
    assert answer(field("person"), "quem?") is None


@pytest.mark.parametrize("text", ["não sei", "cancelar", "voltar", "atendente", "como assim?", "😀", "sim"])
def test_a_command_a_question_or_a_refusal_is_no_free_text(text: str) -> None:
    assert answer(field("text"), text) is None


def test_free_text_is_the_employees_own_words() -> None:
    assert answer(field("long_text"), "oi, o teclado não funciona desde ontem") == "o teclado não funciona desde ontem"


def test_nothing_is_filled_from_the_bots_words() -> None:
    place = field("choice", options=PLACES)
    hearing = Hearing(text="isso", language="pt-BR", now=MONDAY, asked=place)
    assert fill_fields((place,), hearing) == ()


@pytest.mark.parametrize(
    ("language", "text", "day"),
    [
        ("en", "Monday, December 14th", "2026-12-14"),
        ("pt-BR", "na segunda-feira, dia 14 de dezembro", "2026-12-14"),
        ("es", "el lunes 14 de diciembre", "2026-12-14"),
        ("pt-BR", "segunda-feira ou quarta-feira", "2026-11-30"),
    ],
)
def test_a_weekday_beside_its_date_is_that_date(language, text, day):
    assert answer(field("date", "a partir de"), text, language) == day


@pytest.mark.parametrize(
    ("text", "able"),
    [
        ("consigo sim, só mais devagar", True),
        ("pode sim", True),
        ("puedo, con el teclado de un compañero", True),
        ("consigo não", False),
        ("não consigo, sim é urgente", False),
    ],
)
def test_a_yes_behind_its_verb_is_a_yes(text, able):
    assert answer(field("yes_no", "trabalha"), text) is able


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("gastei 1.250,40 na viagem", 1250.4),
        ("paguei us 80 no táxi", 80),
        ("são 3 dias, 4 pessoas", None),
    ],
)
def test_what_was_spent_is_money_without_its_currency(text, amount):
    assert mention(field("number", "valor"), text) == amount
