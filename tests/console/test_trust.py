"""Sessions that change hands, rights that change while somebody is signed in, headers on every answer."""

import asyncio
import re
from pathlib import Path

import pytest

from app.audit.reading import Wish, entries
from app.console.access import table
from app.console.events import live
from app.console.policy import POLICY
from app.console.shield import HEADERS
from app.staff.accounts import StaffChange, change_staff
from tests.console.test_parts import opened
from tests.console.test_policy import path_of

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
NEWER = CHROME.replace("131", "132")
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:133.0) Gecko/20100101 Firefox/133.0"


@pytest.fixture
def store_url(stores, tmp_path) -> str:
    return stores.sqlite(tmp_path)


async def trail(office, kind: str) -> list[str]:
    found = await office.house.database.read(lambda s: entries(s, Wish(kind="staff")))
    return [row.action for row in found if row.action.startswith(kind)]


def thief_of(office, browser, agent: str, address: str = "203.0.113.9"):
    """Another browser with the same cookies."""
    thief = office.open(address=address)
    thief.headers["User-Agent"] = agent
    for cookie in browser.cookies.jar:
        thief.cookies.set(cookie.name, cookie.value, domain="127.0.0.1")
    return thief


async def test_a_stolen_session_is_worth_nothing_in_another_browser_and_ends(office, browser):
    browser.headers["User-Agent"] = CHROME
    await browser.sign_in("admin")
    for agent in (FIREFOX, "curl/8.4"):
        assert (await thief_of(office, browser, agent).get("/desk/staff")).status_code == 303
    assert (await browser.get("/desk/staff")).status_code == 303  # whose it was signs in again, and it is over
    assert await trail(office, "staff.session") == ["staff.session_stolen"]


async def test_a_browser_that_renews_itself_stays_signed_in(office, browser):
    browser.headers["User-Agent"] = CHROME
    await browser.sign_in("admin")
    browser.headers["User-Agent"] = NEWER
    assert (await browser.get("/desk/staff")).status_code == 200


async def test_another_address_is_noted(office, browser, clock):
    await browser.sign_in("admin")
    clock.pass_by(minutes=2)
    same = thief_of(office, browser, browser.headers["User-Agent"], "198.51.100.7")
    assert (await same.get("/desk/account")).status_code == 200
    assert "198.51.100.7" in (await same.get("/desk/account")).text
    assert await trail(office, "staff.session") == ["staff.session_moved"]


async def test_one_browser_is_signed_out_from_another_and_nobody_else_s(office):
    mine, lost, theirs = office.open(), office.open(), office.open()
    for browser, who in ((mine, "agent"), (lost, "agent"), (theirs, "auditor")):
        await browser.sign_in(who)
    page = (await mine.get("/desk/account")).text
    other = re.search(r'name="session" value="(\d+)"', page)[1]
    assert (await theirs.press("/account", "/account/sessions", session=other)).status_code == 404
    assert (await lost.get("/desk/account")).status_code == 200
    await mine.press("/account", "/account/sessions", session=other)
    assert (await lost.get("/desk/account")).status_code == 303
    assert (await mine.get("/desk/account")).status_code == 200


CHANGES = {
    "another role": StaffChange("Somebody", ("engineer",)),
    "no role more than before": StaffChange("Somebody", ("knowledge", "auditor")),
    "disabled": StaffChange("Somebody", ("knowledge",), active=False),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_changed_rights_hold_at_once_on_pages_and_in_open_streams(office, browser, change, clock):
    await browser.sign_in("knowledge")
    person, visit = (await office.staff())["knowledge"], await opened(office, browser)
    rule = POLICY["GET /knowledge/gaps/events"]
    stream = live(visit, rule, lambda _: {}, every=0.05).body_iterator
    async with asyncio.timeout(20):
        assert (await anext(stream)).startswith(b"retry")
        await anext(stream)
        await office.house.database.write(lambda s: change_staff(s, person, CHANGES[change], clock()))
        assert b"event: over" in await anext(stream)
    assert (await browser.get("/desk/knowledge/gaps")).status_code == 303
    signed_in = (await browser.sign_in("knowledge")).status_code == 303
    assert signed_in == CHANGES[change].active


async def test_every_answer_of_every_route_carries_the_headers(office, browser):
    await browser.sign_in("admin")
    bare = []
    for route in POLICY:
        if route.endswith("/events"):
            continue
        for someone in (browser, office.open()):
            answer = await someone.request(route.partition(" ")[0], path_of(route))
            policy = answer.headers.get("content-security-policy", "")
            loose = "unsafe" in policy or "default-src 'none'" not in policy
            lacks = [name for name, value in HEADERS.items() if answer.headers.get(name) != value]
            kept = answer.headers.get("cache-control") != "no-store" and "/static/" not in route
            if loose or lacks or kept:
                bare.append((route, answer.status_code, policy, lacks))
    assert bare == []


async def test_no_answer_shows_a_token_or_the_inside_of_an_error(office, browser):
    await browser.sign_in("admin")
    secrets = [cookie.value for cookie in browser.cookies.jar]
    shown = []
    for route in POLICY:
        if route.startswith("GET") and not route.endswith("/events"):
            text = (await browser.get(path_of(route))).text
            shown += [route for word in (*secrets, "Traceback", "sqlalchemy", "<function") if word in text]
    assert shown == []


def test_the_table_of_access_is_the_policy():
    page = Path(__file__).parents[2] / "docs" / "access.md"
    assert page.read_text(encoding="utf8") == table(), "run: python -m app.console.access > docs/access.md"
