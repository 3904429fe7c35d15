"""The pieces other pages are made with: Markdown, lists by page, downloads, live events, dates."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.console.areas.account import browser_name
from app.console.cookies import News, packed, unpacked
from app.console.download import attachment
from app.console.events import live
from app.console.markdown import render_markdown
from app.console.moments import Moments
from app.console.paging import cut, read_cursor, write_cursor
from app.console.policy import POLICY
from app.staff.sessions import end_all
from app.study import Study


@pytest.fixture
def store_url(stores, tmp_path) -> str:
    return stores.sqlite(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,AAAA)",
        "<javascript:alert(1)>",
        "![x](https://evil.example/pixel.png)",
        "![x][y]\n\n[y]: https://evil.example/pixel.png",
        "<svg/onload=alert(1)>",
        "| a |\n|---|\n| <b onmouseover=x> |",
    ],
)
def test_markdown_brings_no_code_and_fetches_nothing(text):
    html = str(render_markdown(text)).lower()
    assert not any(f"<{tag}" in html for tag in ("script", "img", "svg", "b ", "iframe"))
    assert 'href="javascript' not in html
    assert 'href="data' not in html


def test_markdown_keeps_steps_tables_and_links():
    html = render_markdown(
        "# VPN\n\n1. *Open* it\n2. [Go](https://portal.ipe.example)\n\n| a | b |\n|---|---|\n| 1 | 2 |"
    )
    for part in ("<h1>VPN</h1>", "<li><em>Open</em> it</li>", "<td>1</td>", 'rel="noopener noreferrer"'):
        assert part in html


@given(st.text(max_size=300))
def test_markdown_of_anything_has_only_allowed_tags(text):
    html = str(render_markdown(text))
    assert "<script" not in html.lower()
    assert "<img" not in html.lower()


@given(st.tuples(st.integers(), st.text(max_size=50)))
def test_a_cursor_is_read_as_it_was_written(key):
    assert read_cursor(write_cursor(key), int, str) == key


@given(st.text(max_size=60))
def test_a_made_up_cursor_is_none_or_of_the_right_kinds(text):
    assert read_cursor(text, int, str) is None or all(
        type(part) is kind for part, kind in zip(read_cursor(text, int, str), (int, str), strict=True)
    )


def test_a_list_is_cut_where_the_next_page_begins():
    rows = list(range(11))
    first = cut(rows, [(n,) for n in rows], 10)
    assert (list(first.items), read_cursor(first.next, int)) == (rows[:10], (9,))
    assert cut(rows[:10], [(n,) for n in rows[:10]], 10).next == ""


@given(st.text(max_size=80))
def test_a_download_s_name_never_breaks_its_header(name):
    header = attachment(b"x", name).headers["content-disposition"]
    assert header.startswith('attachment; filename="')
    assert header.isascii()
    assert header.count('"') == 2
    assert not {"\r", "\n"} & set(header)


@given(st.text(max_size=80))
def test_news_of_anything_are_read_back_or_ignored(text):
    assert unpacked(text) is None or isinstance(unpacked(text), News)
    assert unpacked(packed(News("a", {"b": 1}, "done"))) == News("a", {"b": 1}, "done")


def test_times_are_the_viewer_s():
    at = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)
    seen = Moments("pt-BR", "America/Sao_Paulo", at + timedelta(hours=2))
    assert "23 de nov. de 2026 23:30" in seen.when(at)
    assert "há 2 horas" in seen.ago(at)
    assert seen.number(12345.5) == "12.345,5"
    assert "UTC" in Moments("en", "Nowhere/Lost", at).when(at) or "2:30" in Moments("en", "Nowhere/Lost", at).when(at)


def test_a_browser_is_told_by_its_name():
    chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36"
    assert browser_name(chrome) == "Chrome, Linux"
    assert browser_name(chrome + " Edg/131") == "Edge, Linux"
    assert browser_name("curl/8") == ""


async def opened(office, browser):
    """A visit of whoever is signed in, as a handler gets it."""
    from starlette.requests import Request

    from app.console.guard import open_visit
    from app.console.shared import Shared, open_templates
    from app.console.wording import read_wording
    from app.identity.keys import open_keys

    settings = office.house.settings
    keys = open_keys(settings.data_dir, settings.identity.pepper)
    shared = Shared(office.house, keys, read_wording(), open_templates(), Study(office.house))
    cookie = f"recado={browser.cookies['recado']}".encode()
    headers = [(b"host", b"127.0.0.1"), (b"cookie", cookie)]
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/desk/",
        "headers": headers,
        "query_string": b"",
        "scheme": "http",
    }
    return await open_visit(shared, Request(scope | {"server": ("127.0.0.1", 80), "root_path": ""}))


async def test_an_open_page_hears_of_changes_and_of_the_end_of_its_session(office):
    browser = office.open()
    await browser.sign_in("agent")
    visit = await opened(office, browser)
    counted = {"count": 1}
    stream = live(visit, POLICY["GET /events"], lambda _: dict(counted), every=0.05).body_iterator
    async with asyncio.timeout(20):
        assert (await anext(stream)).startswith(b"retry")
        assert json.loads((await anext(stream)).split(b"data: ")[1]) == {"count": 1}
        counted["count"] = 2
        visit.shared.pulse.beat()
        assert b'{"count": 2}' in await anext(stream)
        await visit.write(lambda s: end_all(s, visit.me.id, "test", office.clock()))
        assert b"event: over" in await anext(stream)
        with pytest.raises(StopAsyncIteration):
            await anext(stream)
    assert not visit.shared.streams


async def test_looking_at_a_page_that_stays_open_is_no_sign_of_life(office):
    browser = office.open()
    await browser.sign_in("agent")
    visit = await opened(office, browser)
    stream = live(visit, POLICY["GET /events"], lambda _: {"n": office.clock().isoformat()}, every=0.05).body_iterator
    async with asyncio.timeout(20):
        await anext(stream)
        await anext(stream)
        office.clock.pass_by(minutes=31)
        assert b"event: over" in await anext(stream)
