"""Every page with every payload in a real browser without a content policy: what a page would run is seen to run."""

import asyncio
import json
import secrets
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import uvicorn
from playwright.async_api import BrowserContext, Page, async_playwright

from app.demo.run import demo_settings, open_demo
from app.emulator.people import Person
from app.main import create_app
from app.settings import IntakeSettings
from tests.e2e.test_browser import ARGUMENTS, CHROMIUM, DESKTOP
from tests.xss.payloads import payloads
from tests.xss.world import FIRST, ROWS, TOGETHER, WHATSAPP, fill, write_in

TELLS = "window.xss = (n) => { console.log('XSS-RAN ' + n); return ''; };"
ALIEN = (  # what our pages never have
    "[onerror],[onload],[onfocus],[onbegin],[ontoggle],[onstart],base,marquee,object,embed,iframe,meta[http-equiv],"
    "script:not([src^='/desk/static']):not([src^='/phone']):not([src^='/mailbox'])"
)


LISTS = ("/desk/queue", "/desk/knowledge/articles", "/desk/conversations", "/desk/privacy", "/desk/knowledge/gaps")
LETTERS = 60  # reasons why something did not go out whose pages are opened
HOSTILE = "%22%3E%3Csvg+onload%3Dxss(0)%3E"
PAGES = (
    "/phone", "/mailbox", "/desk/", "/desk/operations", "/desk/audit", "/desk/privacy",
    "/desk/conversations", "/desk/conversations?view=over", "/desk/knowledge/gaps", "/desk/knowledge/gaps?view=all",
    "/desk/knowledge/use", "/desk/reports", "/desk/reports/themes", "/desk/reports/satisfaction",
    "/desk/reports/hand-offs", "/desk/quality", "/desk/employees", f"/desk/knowledge/try?q={HOSTILE}",
    f"/desk/queue?q={HOSTILE}", f"/desk/audit?about={HOSTILE}", f"/desk/knowledge/articles?q={HOSTILE}",
)  # fmt: skip


@dataclass
class Found:
    """Counts of a run; `troubles` names what ran, what was asked for, what stood in the page as an element."""

    payloads: int = 0
    fields: int = 0
    pages: int = 0
    shown: int = 0  # payloads that stood in a page as words
    executions: int = 0
    requests: int = 0  # that a payload caused
    elements: int = 0  # that a payload became
    control: int = 0  # executions of the same payloads in a page that trusts them
    refused_by_policy: int = 0  # with the content policy on: what it had to stop
    broken: list[str] = field(default_factory=list)  # pages that did not answer
    troubles: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Nothing ran, nothing was asked for, every page was there, and the detector sees what does run."""
        bad = self.executions or self.requests or self.elements or self.refused_by_policy or self.broken
        return not bad and self.control > 0


@asynccontextmanager
async def company(folder: Path, port: int) -> AsyncIterator[tuple[str, object]]:
    """The demo without a worker: what is written stays as it is."""
    settings = demo_settings(port).model_copy(update={"data_dir": folder, "intake": IntakeSettings(floor=1_000_000)})
    async with open_demo(settings) as demo:
        app = create_app(demo.house, routes=demo.routes)
        server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None))
        serving = asyncio.create_task(server.serve())
        url = settings.whatsapp.base_url
        async with httpx.AsyncClient(trust_env=False) as http, asyncio.timeout(60):
            while not server.started or (await http.get(f"{url}/health/live")).status_code != 200:
                await asyncio.sleep(0.05)
        try:
            yield url, demo
        finally:
            server.should_exit = True
            demo.emulator.feed.close()
            demo.mailbox.feed.close()
            await serving


async def run(folder: Path, port: int, limit: int = 0) -> Found:
    """Fill a company, open its pages, count."""
    chosen = payloads(limit)
    found = Found(payloads=len(chosen), fields=len(WHATSAPP) + len(ROWS))
    async with company(folder, port) as (url, demo), async_playwright() as playwright:
        whatsapp = demo.house.settings.whatsapp
        await write_in(url, whatsapp.app_secret.get_secret_value(), whatsapp.phone_number_id, chosen)
        await demo.house.database.write(lambda session: fill(session, chosen))
        await _speak(demo, chosen)
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        found.control = await _control(browser, chosen)
        context = await _context(browser, bypass_csp=True)
        page = await _signed_in(context, url, demo)
        _watch(page, found)
        for path in await _paths(page, url, len(chosen)):
            await _visit(page, url, path, chosen, found)
        strict = await _context(browser, bypass_csp=False)
        page = await _signed_in(strict, url, demo)
        page.on("console", lambda m: _stopped(m.text, found))
        for path in ("/desk/queue", f"/desk/queue/{FIRST}", "/desk/conversations", "/phone", "/mailbox"):
            await page.goto(f"{url}{path}")
            await page.wait_for_timeout(150)
        await browser.close()
    return found


async def _context(browser, *, bypass_csp: bool) -> BrowserContext:
    context = await browser.new_context(viewport=DESKTOP, locale="en-GB", bypass_csp=bypass_csp)
    await context.add_init_script(TELLS)
    context.set_default_timeout(30_000)
    return context


async def _signed_in(context: BrowserContext, url: str, demo) -> Page:
    page = await context.new_page()
    await page.goto(f"{url}/desk/sign-in")
    await page.get_by_role("button", name="Sign in as Lucía Herrera").click()
    await page.wait_for_url(f"{url}/desk/")
    return page


def _watch(page: Page, found: Found) -> None:
    def ran(what: str) -> None:
        found.executions += 1
        found.troubles.append(f"{page.url}: {what}")

    def asked(address: str) -> None:
        asked_for = urlsplit(address)  # a page of ours may have a payload in its query
        if asked_for.path.endswith("xss-probe") or asked_for.hostname == "evil.example":
            found.requests += 1
            found.troubles.append(f"{page.url} asked for {address}")

    page.on("console", lambda message: ran(message.text) if message.text.startswith("XSS-RAN") else None)
    page.on("dialog", lambda dialog: ran(dialog.message))
    page.on("request", lambda request: asked(request.url))


def _stopped(text: str, found: Found) -> None:
    if "Content Security Policy" in text:
        found.refused_by_policy += 1
        found.troubles.append(text)


async def _visit(page: Page, url: str, path: str, chosen: list[str], found: Found) -> None:
    answer = await page.goto(f"{url}{path}", wait_until="load")
    if answer is None or answer.status >= 400:
        found.broken.append(f"{path}: {answer.status if answer else 'nothing'}")
    await page.wait_for_timeout(120)  # what is slow to run
    found.pages += 1
    text = await page.evaluate(
        "() => document.body.innerText + [...document.querySelectorAll('input,textarea,[title],[alt]')]"
        ".map(e => [e.value, e.title, e.alt, e.textContent].join(' ')).join(' ')"
    )
    squeezed = " ".join(text.split())
    found.shown += sum(" ".join(payload.split()) in squeezed for payload in chosen)
    alien = await page.evaluate(
        f"() => [...document.querySelectorAll({json.dumps(ALIEN)})].map(e => e.outerHTML.slice(0, 90))"
    )
    found.elements += len(alien)
    found.troubles += [f"{path}: {one}" for one in alien]


async def _control(browser, chosen: list[str]) -> int:
    """The detector itself: a page that trusts its words is caught."""
    context = await _context(browser, bypass_csp=True)
    page, seen = await context.new_page(), set()
    page.on("console", lambda m: seen.add(m.text) if m.text.startswith("XSS-RAN") else None)
    for payload in chosen[:40]:
        await page.set_content(f"<p>{payload}</p>", wait_until="commit")
        await page.wait_for_timeout(30)
    await context.close()
    return len(seen)


async def _speak(demo, chosen: list[str]) -> None:
    """On the phone page and the mailbox page: what people say, who they are, what mails hold."""
    import aiosmtplib

    number = f"55118{secrets.randbelow(10**8):08d}"
    demo.emulator.people.add(Person(number, chosen[4], number, f"BR.{number}", language="pt-BR"))
    for payload in chosen[:: max(1, len(chosen) // 40)]:
        await demo.emulator.say(number, payload)
        text = f"From: a@ipe.example\nTo: b@ipe.example\nSubject: {payload}\nContent-Type: text/html\n\n{payload}\n"
        port = demo.house.settings.mail.port
        await aiosmtplib.send(text.encode(), sender="a@ipe.example", recipients=["b@ipe.example"], hostname="127.0.0.1",
                              port=port, start_tls=False)  # fmt: skip


async def _paths(page: Page, url: str, count: int) -> list[str]:
    """Every page that shows words from outside: all lists to their end, all groups, one of everything else."""
    paths = list(PAGES)
    for number in range(0, count, TOGETHER):
        paths += [f"/desk/queue/{FIRST + number}", f"/desk/knowledge/articles/xss{number}@en"]
        paths.append(f"/desk/employees/one/xss{number}")
    await page.goto(f"{url}/desk/operations")
    reasons = "all => all.map(one => one.getAttribute('href'))"
    links: list[str] = (await page.eval_on_selector_all("a[href*='/operations/letters?']", reasons))[:LETTERS]
    for listed in (
        "/desk/queue",
        "/desk/knowledge/articles",
        "/desk/conversations",
        "/desk/privacy",
        "/desk/knowledge/gaps",
    ):
        links += await _followed(page, url, listed, (count + TOGETHER - 1) // TOGETHER)
    return [*dict.fromkeys([*paths, *links])]


async def _followed(page: Page, url: str, listed: str, most: int) -> list[str]:
    """A list page after page, and where its rows lead."""
    seen, address, inner = [], listed, []
    while address and len(seen) < 30:
        seen.append(address)
        await page.goto(f"{url}{address}")
        found = await page.eval_on_selector_all("main a[href]", "all => all.map(a => a.getAttribute('href'))")
        inner += [one for one in found if one and one.rpartition("/")[2].isdecimal()]
        more = [one for one in found if one and "after=" in one and one not in seen]
        address = more[0] if more else ""
    return [*seen, *list(dict.fromkeys(inner))[:most]]


def main() -> None:
    """Run with all payloads, or as many as are asked for; exit code 1 when anything ran."""
    limit = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    with tempfile.TemporaryDirectory() as folder:
        from app.container import open_house
        from app.demo.load import load_company, load_knowledge

        port, data = 18_000 + secrets.randbelow(9_000), Path(folder) / "data"

        async def found() -> Found:
            settings = demo_settings(port).model_copy(update={"data_dir": data})
            async with open_house(settings) as house:
                await load_company(house)
                await load_knowledge(house)
            return await run(data, port, limit)

        result = asyncio.run(found())
        shutil.rmtree(data, ignore_errors=True)
    print(json.dumps(asdict(result), indent=2, ensure_ascii=False))
    sys.exit(0 if result.holds else 1)


if __name__ == "__main__":
    main()
