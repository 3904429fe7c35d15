"""A knowledge manager's session in a real Chromium: a source is read, an article deleted, a question tried."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.e2e.test_browser import CHROMIUM, DESKTOP, IN_CI, MISSING
from tests.e2e.test_desk import _enter, _page

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(CHROMIUM is None and not IN_CI, reason=MISSING),
    pytest.mark.timeout(300),
]
READ_MS = 120_000  # for a worker to take up a synchronisation and build an index, on a busy machine
QUESTION = "the coffee machine shows error 42"
FOR_MANAGERS = "how do I settle the mezzanine bonus of my team?"


def write_wiki(folder: Path) -> None:
    folder.mkdir()
    (folder / "coffee.md").write_text(
        "---\nid: coffee\ntitle: Coffee machine shows error 42\nlanguage: en\n---\n\n"
        "Error 42 means that the grounds container of the coffee machine is full.\n\n"
        "1. Pull the drawer out and empty it.\n2. Push it back until it clicks.\n",
        "utf-8",
    )
    (folder / "bonus.md").write_text(
        "---\nid: bonus\ntitle: Settle the mezzanine bonus of a team\nlanguage: en\naudience: [gestores]\n---\n\n"
        "The mezzanine bonus is settled on the third working day: open the payroll portal and choose Mezzanine.\n",
        "utf-8",
    )
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 and then nothing of the kind")


async def ask(page: Page, url: str, question: str, *groups: str) -> str:
    """What the telephone shows for it."""
    await page.goto(f"{url}/desk/knowledge/try")
    await page.get_by_label("Question").fill(question)
    for group in groups:
        await page.locator(".chip", has_text=group).click()
    await page.get_by_role("button", name="Ask").click()
    await page.locator(".bubble:not(.mine)").first.wait_for()
    return await page.locator(".chat").inner_text()


async def test_a_manager_reads_a_source_deletes_an_article_tries_questions_and_moves_a_threshold(shared_town, tmp_path):
    url = shared_town.url
    write_wiki(tmp_path / "wiki")
    async with _page(url, DESKTOP) as page:
        await _enter(page, url, "Beatriz Nakamura")
        await page.get_by_label("Idioma").select_option("en")
        await page.get_by_role("link", name="Sources").click()
        await page.get_by_role("link", name="Add a source").click()
        await page.get_by_label("Name").fill("wiki")
        await page.get_by_label("Where it is").fill(str(tmp_path / "wiki"))
        await page.get_by_role("button", name="Add and read it now").click()
        await expect(page.get_by_role("heading", name="Synchronising")).to_be_visible()
        await expect(page.get_by_text("broken.pdf")).to_be_visible(timeout=READ_MS)
        await expect(page.get_by_role("heading", name="Synchronising")).to_be_hidden(timeout=READ_MS)
        await expect(page.get_by_text("Some documents broken")).to_be_visible()
        await page.screenshot(path=tmp_path / "source.png", full_page=True)

        assert "Pull the drawer out" in await ask(page, url, QUESTION)
        await page.screenshot(path=tmp_path / "try.png", full_page=True)
        assert "payroll portal" not in await ask(page, url, FOR_MANAGERS)
        await expect(page.get_by_text("but is only for gestores").first).to_be_visible()
        assert "payroll portal" in await ask(page, url, FOR_MANAGERS, "gestores")

        await page.get_by_role("link", name="Articles", exact=True).click()
        await page.get_by_role("searchbox").fill("COFFÉE")
        await page.get_by_role("searchbox").press("Enter")
        await page.get_by_role("link", name="Coffee machine shows error 42").click()
        await expect(page.locator(".chunks")).to_contain_text("grounds container")
        await page.screenshot(path=tmp_path / "article.png", full_page=True)
        await page.get_by_role("button", name="Delete").click()
        dialog = page.get_by_role("dialog")
        await expect(dialog).to_contain_text("coffee.md is still in the source wiki")
        await dialog.get_by_role("button", name="Delete").click()
        await expect(page.get_by_text("coffee@en is gone.")).to_be_visible()
        assert "drawer" not in await ask(page, url, QUESTION)

        await page.get_by_role("link", name="Index").click()
        await page.get_by_label("Answer from").fill("80")
        await expect(page.get_by_role("columnheader", name="Would be")).to_be_visible()
        await page.get_by_role("button", name="Save these thresholds").click()
        await expect(page.get_by_text("Chosen here")).to_be_visible()
        await expect(page.get_by_label("Answer from")).to_have_value("80")
        await page.screenshot(path=tmp_path / "index.png", full_page=True)
