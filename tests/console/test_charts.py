"""Charts are geometry within their plane, tables leave as CSV that no spreadsheet calculates."""

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.console.chart import HEIGHT, WIDTH, Series, lines, stacked
from app.console.reporting.shelf import FRESH, MOST, FigureShelf
from app.console.sheet import Column, Sheet, as_csv, harmless
from app.console.wording import read_wording

FIRST = date(2026, 1, 1)
NUMBERS = st.lists(st.integers(0, 10_000), min_size=1, max_size=200)


def days(count: int) -> list[date]:
    return [FIRST + timedelta(days=place) for place in range(count)]


@given(NUMBERS)
def test_bars_stand_on_each_other_within_the_plane(values):
    chart = stacked(days(len(values)), [Series("a", "info", values), Series("b", "good", values)])
    assert sum(bar.value for bar in chart.bars) == 2 * sum(values)
    for bar in chart.bars:
        assert bar.x >= 0
        assert bar.x + bar.width <= WIDTH + 0.1
        assert bar.y >= -0.1
        assert bar.y + bar.height <= HEIGHT + 0.1
    assert chart.ticks[-1] == 0
    assert all(tick == int(tick) for tick in chart.ticks)
    assert chart.is_empty == (not any(values))


@given(NUMBERS)
def test_lines_stay_within_the_plane(values):
    chart = lines(days(len(values)), [Series("a", "info", values)])
    assert chart.ticks[0] >= max(values)
    assert 0 <= chart.lines[0].y <= HEIGHT


def test_many_days_are_drawn_by_the_week_and_the_last_week_is_whole():
    chart = stacked(days(200), [Series("a", "info", [1] * 200)])
    assert chart.weekly
    assert chart.bars[-1].value == 7
    assert sum(bar.value for bar in chart.bars) == 200


def test_small_amounts_of_money_have_ticks_of_their_size():
    assert stacked(days(2), [Series("a", "info", [0.003, 0.0011])]).ticks[0] < 0.01
    assert stacked(days(1), [Series("a", "info", [0])]).ticks == (1, 0)


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+55", "-2", "@SUM(A1)", "  =1", "\t=1", "\r=1", "\uff1d1+1", "\uff0d1", '=HYPERLINK("http://x")', "\n=1"],
)
def test_text_never_begins_a_formula(text):
    assert harmless(text).startswith("'")


def test_a_table_as_csv_is_utf8_that_spreadsheets_know_and_reads_back():
    columns = (Column("comment", "text"), Column("count"), Column("share", "share"), Column("day", "day"))
    rows = [('=cmd|" /C calc"!A0', 3, 0.25, date(2026, 11, 1)), ("ótimo, obrigado\nmesmo", -2, None, None)]
    told = as_csv(Sheet("comments", columns, rows), read_wording()["pt-BR"])
    assert told.startswith(b"\xef\xbb\xbf")
    assert list(csv.reader(io.StringIO(told.decode("utf-8-sig")))) == [
        ["Comentário", "Agora", "Parcela", "Dia"],
        ['\'=cmd|" /C calc"!A0', "3", "0.25", "2026-11-01"],
        ["ótimo, obrigado\nmesmo", "-2", "", ""],
    ]
    moment = as_csv(Sheet("x", (Column("due", "moment"),), [(datetime(2026, 1, 1, tzinfo=UTC),)]), read_wording()["en"])
    assert b"2026-01-01T00:00:00+00:00" in moment


def test_figures_stand_for_a_moment_and_the_oldest_go_first():
    seconds = 0.0
    shelf = FigureShelf(lambda: seconds)
    assert shelf.have("a", lambda: 1) == 1
    assert shelf.have("a", lambda: 2) == 1
    seconds = FRESH
    assert shelf.have("a", lambda: 3) == 3
    for number in range(MOST):
        shelf.have(number, lambda: 0)
    assert shelf.have("a", lambda: 4) == 4
