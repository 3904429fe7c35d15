"""The first page: each role sees what waits for it, and links only to pages it may open."""

import re
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.console.policy import POLICY
from app.staff.roles import ROLES
from tests.knowledge.records import asked
from tests.reports.past import found_desk, request


@pytest.fixture
def store_url(stores, tmp_path) -> str:
    return stores.sqlite(tmp_path)


@pytest.fixture
async def work(office) -> None:
    now, agent = office.house.clock(), (await office.staff())["agent"]

    def fill(session: Session) -> None:
        found_desk(session)
        request(session, 1, now - timedelta(hours=1), title="<b>mine</b>", assignee_id=agent, assignee="Somebody")
        request(session, 2, now - timedelta(days=9), title="others", assignee_id=agent + 1)
        request(session, 3, now - timedelta(days=9), title="paused", assignee_id=agent, paused_since=now)
        asked(session, "como peço um headset", at=now - timedelta(days=1))

    await office.house.database.write(fill)


async def test_agents_see_their_own_promises_first(office, browser, work):
    await browser.sign_in("agent")
    page = (await browser.get("/desk/")).text
    assert "&lt;b&gt;mine" in page
    assert "others" not in page
    assert "paused" not in page
    assert 'data-count="mine">2<' in page
    assert 'data-count="overdue">2<' in page
    assert 'data-count="parked"' not in page


async def test_knowledge_managers_see_what_went_unanswered(office, browser, work):
    await browser.sign_in("knowledge")
    page = (await browser.get("/desk/")).text
    assert "1 question of the last 30 days got no good answer" in page
    assert "mine" not in page.split("<main")[1]


async def test_engineers_see_what_did_not_get_through(office, browser, work):
    await browser.sign_in("engineer")
    page = (await browser.get("/desk/")).text
    assert 'data-count="parked">0<' in page
    assert "got no good answer" not in page


async def test_every_link_of_the_page_leads_somewhere_the_viewer_may_go(office, work):
    for role in ROLES:
        browser = office.open()
        await browser.sign_in(role)
        page = (await browser.get("/desk/")).text.split("<main")[1]
        for path in set(re.findall(r'href="/desk(/[^"#]*)', page)):
            if f"GET {path.split('?')[0]}" in POLICY or re.fullmatch(r"/queue/\d+", path):
                assert (await browser.get(f"/desk{path.replace('&amp;', '&')}")).status_code == 200, (role, path)
