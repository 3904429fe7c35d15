"""The report pages over HTTP: every section in every language, what was written is text, files are harmless."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.console.wording import LANGUAGES
from app.db.models import HandOffNote
from tests.reports.past import conversation, found_desk, question, request

HOSTILE = "<img src=x onerror=alert(1)>{{7*7}}"
SECTIONS = ("", "/volume", "/promises", "/themes", "/assistant", "/hand-offs", "/satisfaction", "/cost")
TABLES = {
    "volume": ("days", "queues", "locations", "languages"),
    "promises": ("first_response", "resolution", "broken"),
    "themes": ("categories", "themes"),
    "assistant": ("fates", "fates_by_day", "fates_by_language"),
    "hand-offs": ("reasons", "hand_offs_by_day"),
    "satisfaction": ("stars", "stars_by_queue", "comments"),
    "cost": ("cost_by_day", "purposes", "engines"),
}


@pytest.fixture
def store_url(stores, tmp_path) -> str:
    return stores.sqlite(tmp_path)


@pytest.fixture
async def past(office) -> None:
    now = office.house.clock()

    def fill(session: Session) -> None:
        found_desk(session)
        at = now - timedelta(days=2)
        request(session, 1, at, ("solved", at), rating=2, rating_comment=f"={HOSTILE}", description=HOSTILE)
        for number in range(2, 6):
            request(session, number, at, description="a vpn cai toda hora", title=HOSTILE)
        who = conversation(session, at)
        question(session, who, "q", ("answered", at), ("resolved", at), text=HOSTILE)
        session.add(HandOffNote(conversation_id=who, reason="asked", summary=HOSTILE, at=at, ended_at=now))

    await office.house.database.write(fill)


async def test_every_section_speaks_every_language_and_shows_words_as_text(office, browser, past):
    await browser.sign_in("admin")
    for language in LANGUAGES:
        await browser.press("/account", "/language", language=language, back="/")
        for section in SECTIONS:
            answer = await browser.get(f"/desk/reports{section}?days=7")
            assert answer.status_code == 200, section
            assert f'lang="{language}"' in answer.text
            assert "<img src=x" not in answer.text
            assert "49" not in answer.text.split("<main")[1].split("data-tile")[0]


async def test_a_desk_without_a_past_has_reports_too(office, browser):
    await browser.sign_in("auditor")
    for section in SECTIONS:
        answer = await browser.get(f"/desk/reports{section}")
        assert answer.status_code == 200, section
        assert "nan" not in answer.text.lower().replace("financ", "")


async def test_every_table_leaves_as_a_file_and_no_other_does(office, browser, past):
    await browser.sign_in("knowledge")
    for section, tables in TABLES.items():
        for table in tables:
            answer = await browser.get(f"/desk/reports/{section}/csv?table={table}&days=7")
            assert answer.status_code == 200, table
            assert answer.content.startswith(b"\xef\xbb\xbf")
            assert f"recado-{table.replace('_', '-')}" in answer.headers["content-disposition"]
        assert (await browser.get(f"/desk/reports/{section}/csv?table=nonsense")).status_code == 404
    comments = (await browser.get("/desk/reports/satisfaction/csv?table=comments&days=7")).text
    assert f"'={HOSTILE}" in comments


async def test_whatever_stands_in_the_address_has_an_answer(office, browser, past):
    await browser.sign_in("admin")
    for query in (
        "days=x", "days=0", "from=2026-11-01&to=2026-11-20", "from=9999-12-31&to=0001-01-01", "from=x&to=y",
        "queue=nobody&category=none&location=%00&language=xx", "category=it&location=Recife&queue=ti&language=pt-BR",
    ):  # fmt: skip
        assert (await browser.get(f"/desk/reports/volume?{query}")).status_code == 200, query


async def test_a_branch_of_the_catalogue_means_its_leaves_and_a_period_is_compared_with_the_one_before(
    office, browser, past
):
    await browser.sign_in("agent")
    page = (await browser.get("/desk/reports/volume?days=7&category=it")).text
    assert '<li class="figure" data-tile="opened">' in page
    assert "before: 0" in page
    answer = await browser.get("/desk/reports/volume/csv?table=queues&days=7&category=it")
    assert "Password,5,0,5" in answer.text
    assert "Password,5" not in (await browser.get("/desk/reports/volume/csv?table=queues&days=7&category=office")).text


async def test_agents_see_totals_and_neither_words_nor_costs(office, browser, past):
    await browser.sign_in("agent")
    page = (await browser.get("/desk/reports")).text
    assert "Cost of the model" not in page
    for section in ("themes", "assistant", "satisfaction", "cost"):
        assert f"/desk/reports/{section}" not in page
        assert (await browser.get(f"/desk/reports/{section}")).status_code == 403


async def test_what_comes_back_to_is_brought_together_for_the_page(office, browser, past):
    await browser.sign_in("admin")
    page = (await browser.get("/desk/reports/themes?days=7")).text
    assert "data-themes" not in page  # a moment was enough
    assert "vpn" in page
    assert "4 " in page


async def test_comments_of_who_was_not_content_lead_to_their_request(office, browser, past):
    await browser.sign_in("admin")
    page = (await browser.get("/desk/reports/satisfaction?days=7")).text
    assert "={{7*7}}" not in page
    assert "#1" in page
    assert "Only 1 rating" in page
