"""Words are found whatever their case and accents, on either store, and no sign of theirs is a pattern."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.db.matching import holds
from app.knowledge.models import ArticleRow

NOW = datetime(2026, 11, 24, tzinfo=UTC)
TITLES = ("Férias: quantos dias?", "FÉRIAS coletivas", "Contraseña y correo", "100% [remoto] *já*", "ação & reação ^_^")


def titled(key: str, title: str) -> ArticleRow:
    return ArticleRow(
        key=key, id=key, language="pt-BR", title=title, body="", url="", audience=[], keywords=[], sha256="", source="",
        created_at=NOW, updated_at=NOW,
    )  # fmt: skip


async def found(database, word):
    def look(session):
        wanted = holds(session.get_bind().dialect.name, ArticleRow.title, word)
        return set(session.scalars(select(ArticleRow.title).where(wanted)))

    return await database.read(look)


@pytest.mark.parametrize(
    ("word", "titles"),
    [
        ("ferias", TITLES[:2]),
        ("FÉRIAS", TITLES[:2]),
        ("contrasena", TITLES[2:3]),
        ("acao", TITLES[4:]),
        ("[remoto]", TITLES[3:4]),
        ("*ja*", TITLES[3:4]),
        ("100%", TITLES[3:4]),
        ("^_^", TITLES[4:]),
        ("feriados", ()),
    ],
)
async def test_a_word_is_found_without_its_case_and_accents(database, word, titles):
    await database.write(lambda session: session.add_all([titled(str(n), title) for n, title in enumerate(TITLES)]))
    assert await found(database, word) == set(titles)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(word=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=12))
async def test_whatever_is_typed_is_no_error(database, word):
    await found(database, word)
