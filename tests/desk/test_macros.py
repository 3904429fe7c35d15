"""Macros filled for a request."""

import pytest

from app.desk.errors import SettingRefusedError
from app.desk.macros import Macro, macros_for, render_macro, save_macro
from app.identity.models import EmployeeRow
from tests.desk.test_requests import create, row
from tests.tools.service_desk_contract import NOW


def saved(desk, **more: object) -> int:
    told = {"name": "Quase lá", "texts": {"pt-BR": "Oi {name}, sobre o {number}:", "en": "Hi {name} ({number})"}}
    return save_macro(desk, None, Macro(**(told | more)), by="Lu", now=NOW).id


def test_a_macro_is_filled_in_the_language_of_the_request_or_else_in_portuguese(desk):
    desk.get_one(EmployeeRow, "E1").name = "Ana {number} Prado"
    request, macro = row(desk, create(desk)), saved(desk)
    assert render_macro(desk, macro, request, "en") == "Hi Ana (#1001)"
    assert render_macro(desk, macro, request, "es") == "Oi Ana, sobre o #1001:"
    assert render_macro(desk, macro + 1, request, "en") == ""


def test_what_an_employee_wrote_is_not_filled_again(desk):
    request = row(desk, create(desk, title="{agent} {0.__class__}"))
    macro = saved(desk, texts={"pt-BR": "{title} - {agent}"})
    assert render_macro(desk, macro, request, "pt-BR", agent="Rui") == "{agent} {0.__class__} - Rui"


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"name": " "}, "macro_name"),
        ({"texts": {"en": "only English"}}, "macro_text"),
        ({"texts": {"pt-BR": "Oi {nome}"}}, "macro_placeholder"),
        ({"queue": "nowhere"}, "queue_unknown"),
        ({"status": "cancelled"}, "macro_status"),
        ({"texts": {"pt-BR": "x" * 4001}}, "macro_long"),
    ],
)
def test_a_macro_that_could_not_be_used_is_refused(desk, wrong, reason):
    with pytest.raises(SettingRefusedError) as refused:
        saved(desk, **wrong)
    assert refused.value.reason == reason


def test_only_macros_that_may_be_used_there_are_offered(desk):
    saved(desk, name="b")
    saved(desk, name="a", queue="desk")
    saved(desk, name="c", active=False)
    assert [macro.name for macro in macros_for(desk, "desk")] == ["a", "b"]
    assert [macro.name for macro in macros_for(desk, "elsewhere")] == ["b"]
