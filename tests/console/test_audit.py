"""What staff do on the pages stands in the audit trail; its page finds, reads over and hands out."""

import csv
import io
import re

import pytest
from sqlalchemy import text

from app.audit.chain import note
from app.audit.reading import Wish, entries
from app.console.areas.audit import csv_line

TYPED = "horse-battery-staple-nobody-guesses"


async def trail(office, **asked) -> list[tuple[str, str, str]]:
    rows = await office.house.database.read(lambda s: entries(s, Wish(**asked), limit=500))
    return [(row.actor, row.action, row.subject) for row in reversed(rows)]


async def details(office) -> str:
    rows = await office.house.database.read(lambda s: entries(s, Wish(), limit=500))
    return "\n".join(row.details for row in rows)


async def test_signing_in_failing_and_leaving_are_in_the_trail(office, browser):
    people = await office.staff()
    await browser.sign_in("agent", TYPED)
    await browser.sign_in("nobody", TYPED)
    await browser.sign_in("agent")
    await browser.press("/account", "/sign-out")
    me = f"staff {people['agent']}"
    assert await trail(office, kind="sign_in") == [
        ("visitor", "sign_in.failed", me),
        ("visitor", "sign_in.failed", "nobody's account"),
        (me, "sign_in.passed", me),
        (me, "sign_in.ended", me),
    ]
    assert TYPED not in await details(office)
    assert "nobody@" not in await details(office)


async def test_a_change_of_roles_says_who_made_it_and_what_it_was(office, browser):
    people = await office.staff()
    await browser.sign_in("admin")
    await browser.press(
        f"/staff/{people['agent']}", f"/staff/{people['agent']}", name="Bo", role="auditor", active="on"
    )
    found = await office.house.database.read(lambda s: entries(s, Wish(kind="staff")))
    assert (found[0].actor, found[0].subject) == (f"staff {people['admin']}", f"staff {people['agent']}")
    assert '"roles": ["auditor"]' in found[0].details
    assert '"roles_before": ["agent"]' in found[0].details


async def test_every_form_that_changes_something_is_in_the_trail_without_its_words(office, browser):
    await browser.sign_in("knowledge")
    await browser.press("/account", "/account", name="Secret Name", language="en", timezone="UTC")
    told = {"name": "wiki", "kind": "folder", "location": "/srv/kb-secret", "schedule": "manual", "language": "en"}
    await browser.press("/knowledge/sources/new", "/knowledge/sources/new", **told)
    me = f"staff {(await office.staff())['knowledge']}"
    assert await trail(office, kind="POST") == [
        (me, "POST /account", "/account"),
        (me, "POST /knowledge/sources/new", "/knowledge/sources/new"),
    ]
    assert "Secret" not in await details(office)
    assert "kb-secret" not in await details(office)


async def test_what_was_refused_says_so(office, browser):
    await browser.sign_in("admin")
    people = await office.staff()
    own = f"/staff/{people['admin']}"
    await browser.press(own, own, name="Somebody", role="agent", active="on")  # the last admin
    await browser.press("/staff", "/staff", email="nothing", name="X", role="agent")
    rows = await office.house.database.read(lambda s: entries(s, Wish(kind="POST")))
    assert [row.action for row in rows] == ["POST /staff", "POST /staff/{id:int}"]
    assert all('"outcome": "refused"' in row.details for row in rows)


async def test_a_page_that_a_role_does_not_include_leaves_an_entry(office, browser):
    await browser.sign_in("agent")
    assert (await browser.get("/desk/audit")).status_code == 403
    assert (await trail(office, kind="access"))[0][1:] == ("access.denied", "/audit")


async def test_pages_that_are_only_read_leave_none(office, browser):
    await browser.sign_in("admin")
    before = len(await trail(office))
    for page in ("/", "/staff", "/account", "/audit", "/knowledge/articles"):
        await browser.get(f"/desk{page}")
    assert len(await trail(office)) == before


async def test_the_page_shows_people_by_name_and_that_the_trail_holds(office, browser):
    await browser.sign_in("auditor")
    page = (await browser.get("/desk/audit")).text
    assert "The trail holds" in page
    assert "Somebody of auditor" in page
    assert "Signed in" in page


async def test_the_page_says_what_does_not_hold(office, browser):
    await browser.sign_in("auditor")
    await browser.get("/desk/audit")
    with office.house.database.engine.begin() as connection:
        for name in ("audit_entry_kept", "audit_entry_unchanged"):
            where = " ON audit_entry" if office.house.database.is_shared else ""
            connection.execute(text(f"DROP TRIGGER IF EXISTS {name}{where}"))
        connection.execute(text("UPDATE audit_entry SET actor = 'staff 9' WHERE id = 1"))
    await browser.press("/audit", "/audit/verify")
    page = (await browser.get("/desk/audit")).text
    assert "The trail does not hold" in page
    assert "Entry 1 is not what was written there" in page


async def test_a_tail_cut_off_since_the_last_look_is_found(office, browser):
    await browser.sign_in("auditor")
    await browser.press("/audit", "/audit/verify")
    await browser.press("/audit", "/audit/verify")
    with office.house.database.engine.begin() as connection:
        where = " ON audit_entry" if office.house.database.is_shared else ""
        connection.execute(text(f"DROP TRIGGER audit_entry_kept{where}"))
        connection.execute(text("DELETE FROM audit_entry"))
    await browser.press("/audit", "/audit/verify")
    assert "cut off at the end" in (await browser.get("/desk/audit")).text


async def test_filters_and_pages(office, browser):
    def many(session) -> None:
        for number in range(1, 121):
            note(session, "request.comment", f"request {number}", office.house.clock(), by="employee", event=number)

    await office.house.database.write(many)
    await browser.sign_in("admin")
    first = (await browser.get("/desk/audit?kind=request")).text
    assert first.count("<tr>") == 51
    second = re.search(r'href="(/desk/audit\?[^"]*after=[^"]*)"', first)[1].replace("&amp;", "&")
    assert "Request #70<" in (await browser.get(second)).text
    assert (await browser.get("/desk/audit?about=%237")).text.count("Request #7<") == 1
    assert "No entry fits" in (await browser.get("/desk/audit?until=2001-01-01")).text
    for odd in ("after=zzz", "since=yesterday", "kind=%00", "about=%00", "until=9999-99-99"):
        assert (await browser.get(f"/desk/audit?{odd}")).status_code == 200


async def test_the_export_holds_what_the_filters_leave_and_is_noted(office, browser):
    await office.house.database.write(
        lambda s: note(s, "request.comment", "=cmd()", office.house.clock(), by="employee")
    )
    await browser.sign_in("admin")
    answer = await browser.get("/desk/audit/export?who=employee")
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"].startswith("attachment")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [(row["who"], row["about"]) for row in rows] == [("employee", "'=cmd()")]
    assert (await trail(office))[-1][1] == "audit.exported"


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_no_cell_is_a_formula(cell):
    assert next(csv.reader(io.StringIO(csv_line((cell,)), newline="")))[0].startswith("'")
