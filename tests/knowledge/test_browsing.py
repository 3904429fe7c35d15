"""Articles are found by words whatever their case and accents, on either store, and no sign of theirs is a pattern."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.knowledge.browsing import Wish, list_articles
from app.knowledge.models import ArticleRow

NOW = datetime(2026, 11, 24, tzinfo=UTC)
TITLES = ("Férias: quantos dias?", "FÉRIAS coletivas", "Contraseña y correo", "100% [remoto] *já*", "ação & reação ^_^")


async def shelve(database, *texts: tuple[str, str, str]) -> None:
    rows = [
        ArticleRow(
            key=f"a{n}@pt-BR", id=f"a{n}", language="pt-BR", title=title, body=body, keywords=[keyword], url="",
            audience=[], sha256="", source="x:y", created_at=NOW, updated_at=NOW,
        )
        for n, (title, body, keyword) in enumerate(texts)
    ]  # fmt: skip
    await database.write(lambda session: session.add_all(rows))


async def found(database, words):
    listed = await database.read(lambda s: list_articles(s, Wish(words=words), date(2026, 1, 1)))
    return {article.title for article in listed}


@pytest.mark.parametrize(
    ("words", "titles"),
    [
        ("ferias", TITLES[:2]), ("FÉRIAS", TITLES[:2]), ("contrasena", TITLES[2:3]), ("acao", TITLES[4:]),
        ("[remoto]", TITLES[3:4]), ("*ja*", TITLES[3:4]), ("100%", TITLES[3:4]), ("^_^", TITLES[4:]), ("feriados", ()),
        ("dias ferias", TITLES[:1]), ("forias", ()), ("%", TITLES[3:4]), ("_", TITLES[4:]),
    ],
)  # fmt: skip
async def test_a_word_is_found_without_its_case_and_accents(database, words, titles):
    await shelve(database, *((title, "", "") for title in TITLES))
    assert await found(database, words) == set(titles)


async def test_text_and_keywords_are_searched_too(database):
    await shelve(database, ("One", "Peça a *recisão* à Gente", ""), ("Two", "", "holerite à parte"))
    assert await found(database, "PECA recisao") == {"One"}
    assert await found(database, "HÓLERITE parte") == {"Two"}
    assert await found(database, "a2") == set()
    assert await found(database, "A1") == {"Two"}, "by its id"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12))
async def test_whatever_is_typed_is_no_error(database, words):
    await found(database, words)
