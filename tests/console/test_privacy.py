"""The privacy pages: a wish from the list to its end, and who may see and do what."""

import io
import re
import zipfile

import pytest

from app.audit.reading import Wish, entries
from app.db.models import DataWish
from tests.privacy.people import MARIA, settle_in


@pytest.fixture
async def wish(office) -> int:
    await office.house.database.write(lambda s: settle_in(s, MARIA, office.house.settings.data_dir) and None)
    return 1


@pytest.fixture
def rules():
    from app.settings import ConsoleSettings

    return ConsoleSettings(second_step=())


@pytest.fixture(autouse=True)
def folder(tmp_path) -> None:
    (tmp_path / "keys").mkdir(exist_ok=True)


async def state(office) -> str:
    return await office.house.database.read(lambda s: s.get_one(DataWish, 1).state)


async def test_an_admin_reads_names_and_an_auditor_initials(office, wish):
    for role, sees in (("admin", True), ("auditor", False)):
        browser = office.open()
        await browser.sign_in(role)
        for page in ("/privacy", "/privacy/wishes/1"):
            html = (await browser.get(f"/desk{page}")).text
            assert (MARIA.email in html) == sees
            assert (MARIA.word("name") in html) == sees


async def test_a_wish_is_taken_up_exported_and_erased(office, browser, wish):
    await browser.sign_in("admin")
    page = "/privacy/wishes/1"
    await browser.press(page, f"{page}/start")
    assert await state(office) == "started"
    answer = await browser.press(page, f"{page}/export")
    assert answer.headers["content-disposition"].startswith("attachment")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert MARIA.word("said ") in archive.read("data.html").decode()
    await browser.press(page, f"{page}/erase")
    assert await state(office) == "erasing"
    told = [row.action for row in await office.house.database.read(lambda s: entries(s, Wish(kind="privacy")))]
    assert told[:3] == ["privacy.ordered", "privacy.exported", "privacy.started"]


async def test_a_refusal_without_a_reason_is_said_kindly(office, browser, wish):
    await browser.sign_in("admin")
    page = "/privacy/wishes/1"
    await browser.press(page, f"{page}/refuse", reason=" ")
    assert "Give a reason" in (await browser.get(f"/desk{page}")).text
    await browser.press(page, f"{page}/refuse", reason="The law says so.")
    html = (await browser.get(f"/desk{page}")).text
    assert "The law says so." in html
    assert f"{page}/erase" not in html
    assert "Refused" in (await browser.get("/desk/privacy?view=ended")).text


async def test_a_wish_by_other_means_is_noted_for_whoever_ever_wrote(office, browser, wish):
    await browser.sign_in("admin")
    answer = await browser.press("/privacy", "/privacy/wishes", who=MARIA.email.upper(), wish="export")
    assert re.search(r"/privacy/wishes/2$", answer.headers["location"])
    await browser.press("/privacy", "/privacy/wishes", who="nobody@ipe.example", wish="export")
    assert "Nobody with a conversation" in (await browser.get("/desk/privacy")).text
    assert (await browser.press("/privacy", "/privacy/wishes", who="x", wish="sell")).status_code == 400


async def test_the_page_says_how_long_things_are_kept_and_who_saw_which_notice(office, browser, wish):
    await browser.sign_in("auditor")
    html = (await browser.get("/desk/privacy")).text
    assert "180 days" in html
    assert "What was said in chats" in html
    assert "Privacy notices" in html


async def test_a_wish_that_is_not_there_is_not_found(office, browser):
    await browser.sign_in("admin")
    assert (await browser.get("/desk/privacy/wishes/7")).status_code == 404
    assert (await browser.get(f"/desk/privacy/wishes/{2**63}")).status_code == 404
