"""The fields of a request as staff read them."""

import pytest

from app.console.fields import fields_of
from app.console.wording import read_wording
from app.desk.models import CategoryRow, RequestRow
from tools.service_desk import Category, Field

WORDS = {"pt-BR": "Quando", "es": "Cuándo", "en": "When"}


@pytest.mark.parametrize(
    ("kind", "value", "language", "shown"),
    [
        ("date", "2026-11-27", "en", "Nov 27, 2026"),
        ("date", "2026-11-27", "pt-BR", "27 de nov. de 2026"),
        ("datetime", "2026-11-27T14:30-03:00", "pt-BR", "27/11/2026 14:30"),
        ("date", "amanhã", "en", "amanhã"),
        ("text", "2026-11-27", "en", "2026-11-27"),
    ],
)
def test_a_date_is_written_as_its_reader_writes_dates_and_anything_else_as_it_is(session, kind, value, language, shown):
    field = Field(id="when", type=kind, label=WORDS, question=WORDS)
    spec = Category(id="leave", name=WORDS, description=WORDS, fields=(field,), queue="people").model_dump(mode="json")
    session.add(CategoryRow(id="leave", position=0, spec=spec))
    session.flush()
    row = RequestRow(category_id="leave", fields={"when": value}, evidence={})

    assert [one.value for one in fields_of(session, row, read_wording()[language])] == [shown]
