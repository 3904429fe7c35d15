"""The staff pages in a real Chromium, on a computer and on a telephone."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.e2e.test_browser import ARGUMENTS, CHROMIUM, DESKTOP, IN_CI, MISSING, MOBILE, PATIENCE_MS

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(CHROMIUM is None and not IN_CI, reason=MISSING),
]
NARROW = {"width": 360, "height": 740}
WORK = (
    "/queue", "/conversations", "/reports", "/reports/promises", "/quality", "/operations", "/audit", "/privacy",
    "/queues", "/routing", "/priority", "/hours", "/macros", "/outages", "/catalogue", "/employees",
)  # fmt: skip
KNOWLEDGE = (
    "/knowledge/articles", "/knowledge/articles/vpn-drops%40pt-BR", "/knowledge/sources", "/knowledge/sources/folder",
    "/knowledge/sources/new", "/knowledge/index?answer=80&offer=30", "/knowledge/try?q=a+vpn+cai+toda+hora",
)  # fmt: skip


@asynccontextmanager
async def _page(url: str, size: dict[str, int], *, strict: bool = True, **more: object) -> AsyncIterator[Page]:
    """A page that fails the test for any trouble on its console and any request that leaves the machine."""
    problems: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = await browser.new_context(viewport=size, locale="en-GB", **more)
        context.set_default_timeout(PATIENCE_MS)
        page = await context.new_page()
        page.on("request", lambda r: None if r.url.startswith((url, "data:")) else problems.append(r.url))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda m: problems.append(m.text) if m.type in {"error", "warning"} else None)
        yield page
        await browser.close()
    assert not strict or problems == []


async def _enter(page: Page, url: str, who: str) -> None:
    await page.goto(f"{url}/desk")
    await page.get_by_role("button", name=f"Sign in as {who}").click()
    await page.wait_for_url(f"{url}/desk/")


async def test_an_admin_adds_a_colleague_who_chooses_a_password(shared_town, tmp_path):
    url = shared_town.url
    async with _page(url, DESKTOP) as page:
        await page.goto(f"{url}/desk")
        await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        await page.screenshot(path=tmp_path / "sign-in.png")
        await _enter(page, url, "Lucía Herrera")
        await page.get_by_label("Idioma").select_option("en")
        await expect(page.get_by_role("heading", name="Hello, Lucía")).to_be_visible()
        await page.screenshot(path=tmp_path / "home.png")
        await page.get_by_role("link", name="Staff", exact=True).click()
        await page.get_by_role("button", name="Add a person").click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_label("Name").fill("<b>Nina</b> Prado")
        await dialog.get_by_label("E-mail").fill("nina.prado@ipe.example")
        await dialog.get_by_label("Agent").check()
        await page.screenshot(path=tmp_path / "add.png")
        await dialog.get_by_role("button", name="Add a person").click()
        password = await page.locator("#password").inner_text()
        await expect(page.get_by_role("heading", name="<b>Nina</b> Prado")).to_be_visible()
        await page.get_by_role("button", name="Sign out").click()
        await page.get_by_label("E-mail").fill("nina.prado@ipe.example")
        await page.get_by_label("Password").fill(password)
        await page.locator("form.form button").click()
        await expect(page.get_by_role("heading", name="First choose a password")).to_be_visible()
        await page.get_by_label("Present password").fill(password)
        for label in ("New password", "New password, once more"):
            await page.get_by_label(label, exact=True).fill("walrus-copper-window-77")
        await page.get_by_role("button", name="Change password").click()
        await expect(page.get_by_text("Your password is changed.")).to_be_visible()


async def test_counts_change_while_the_page_is_open(shared_town):
    async with _page(shared_town.url, DESKTOP) as page:
        await _enter(page, shared_town.url, "Grace Coleman")
        before = int(await page.locator('[data-count="hand_offs"]').inner_text())
        who = await shared_town.employee("mariana.vilela@ipe.example")
        await shared_town.hear(who, said="quero falar com uma pessoa")
        await expect(page.locator('[data-count="hand_offs"]')).to_have_text(str(before + 1))


async def test_every_page_fits_a_narrow_telephone_and_its_menu_opens(shared_town, tmp_path):
    async with _page(shared_town.url, MOBILE) as page:
        await _enter(page, shared_town.url, "Lucía Herrera")
        await expect(page.locator("#menu nav")).to_be_hidden()
        await page.locator("[data-menu]").click()
        await expect(page.locator("#menu nav")).to_be_visible()
        await page.screenshot(path=tmp_path / "menu.png")
        await page.set_viewport_size(NARROW)
        for path in (
            "/",
            "/staff",
            "/staff/1",
            "/account",
            "/account/password",
            "/account/second-step",
            *KNOWLEDGE,
            *WORK,
        ):
            await page.goto(f"{shared_town.url}/desk{path}")
            assert await page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"], path


async def test_without_a_script_one_signs_in_and_finds_everything(shared_town):
    async with _page(shared_town.url, MOBILE, java_script_enabled=False) as page:
        await _enter(page, shared_town.url, "Lucía Herrera")
        await page.get_by_role("link", name=re.compile("Equipo|Staff")).click()
        await expect(page.get_by_text("rafael.tavares@ipe.example")).to_be_visible()


async def test_words_can_be_read_in_light_and_in_dark(shared_town):
    """WCAG AA: 4.5 to 1 for every text on every page, computed from what the browser shows."""
    for scheme in ("light", "dark"):
        async with _page(shared_town.url, DESKTOP, color_scheme=scheme) as page:
            await page.goto(f"{shared_town.url}/desk")
            faint = await page.evaluate(FAINT)
            await _enter(page, shared_town.url, "Lucía Herrera")
            for path in ("/", "/staff", "/staff/1", "/account", *KNOWLEDGE):
                await page.goto(f"{shared_town.url}/desk{path}")
                faint += await page.evaluate(FAINT)
            assert faint == [], scheme


FAINT = """() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0);
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      const gradient = style.backgroundImage.match(/rgba?\\([^)]*\\)/g);
      const colour = numbers(gradient && gradient.length === 2 ? gradient[0] : style.backgroundColor);
      if ((colour[3] ?? 1) === 1) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !node.checkVisibility({ visibilityProperty: true })) continue;
    if (node.closest("option, .hush, .skip")) continue;
    const [front, back] = [light(numbers(getComputedStyle(node).color)), light(behind(node))];
    const ratio = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
    if (ratio < 4.5) found.push(`${walker.currentNode.data.trim().slice(0, 30)}: ${ratio.toFixed(2)}`);
  }
  return found;
}"""
