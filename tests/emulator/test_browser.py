"""The pages in a real Chromium: texts stay texts, taps reach the business."""

import shutil
from collections.abc import AsyncIterator
from email.message import EmailMessage
from typing import Any

import aiosmtplib
import pytest
from playwright.async_api import Page, async_playwright

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
EVIL = '<img src=x onerror="document.title=1"><script>document.title=2</script>'

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium found (on Debian: apt-get install chromium)"),
]


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = await browser.new_context(viewport={"width": 390, "height": 844}, locale="en-US")
        yield await context.new_page()
        await browser.close()


async def test_html_in_names_and_texts_is_shown_as_text(world: Any, page: Page) -> None:
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    world.emulator.people.get("ana").name = EVIL
    world.emulator.business_name = f"Recado {EVIL}"
    await world.emulator.say("ana", EVIL)
    await world.text("+5511987654321", f'*{EVIL}* javascript:alert(1) https://example.com/"onmouseover=x')
    action = {"name": "cta_url", "parameters": {"display_text": EVIL[:20], "url": "https://example.com/"}}
    interactive = {"type": "cta_url", "body": {"text": EVIL}, "footer": {"text": EVIL[:60]}, "action": action}
    assert (await world.post({"to": "+5511987654321", "type": "interactive", "interactive": interactive})).is_success
    await page.goto(f"{world.url}/phone?as=ana")
    await page.wait_for_selector(".row")
    assert await page.locator(".words").first.text_content() == EVIL
    assert await page.locator(".bubble img, .bubble script, .person img, .person script").count() == 0
    assert EVIL in (await page.locator('[data-person="ana"] b').text_content() or "")
    assert "document.title" in await page.title()
    links = await page.locator(".chat a").evaluate_all("links => links.map((link) => link.href)")
    assert links == ["https://example.com/", "https://example.com/"]
    assert [url for url in requested if not url.startswith(world.url)] == []


DRAWN = {
    "*forte* e _leve_": "<strong>forte</strong> e <em>leve</em>",
    "~velho~ `ipconfig`": "<s>velho</s> <code>ipconfig</code>",
    "*_os dois_*": "<strong><em>os dois</em></strong>",
    "2*3*4 e snake_case_name": "2*3*4 e snake_case_name",
    "a * solto * b": "a * solto * b",
    "- ponto": '<span class="point">ponto</span>',
    "<b>*x*</b>": "&lt;b&gt;<strong>x</strong>&lt;/b&gt;",
    "javascript:alert(1)": "javascript:alert(1)",
}


async def test_whatsapp_marks_are_drawn_and_everything_else_stays(world: Any, page: Page) -> None:
    await page.goto(f"{world.url}/phone")
    script = """async (texts) => {
        const { formatted } = await import("/phone/static/format.js");
        const draw = (text) => {
            const box = document.createElement("div");
            box.append(formatted(text));
            return box.innerHTML;
        };
        return Object.fromEntries(texts.map((text) => [text, draw(text)]));
    }"""
    assert await page.evaluate(script, list(DRAWN)) == DRAWN


async def test_a_person_attaches_a_picture(world: Any, page: Page) -> None:
    await page.goto(f"{world.url}/phone?as=lucia")
    async with page.expect_file_chooser() as choosing:
        await page.click("#attach")
        await page.click("[data-attach=picture]")
    picture = {"name": "tela.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n"}
    await page.fill("#words", "mira esto")
    await (await choosing.value).set_files(files=[picture])
    await page.locator(".photo").wait_for()
    await page.locator(".words", has_text="mira esto").wait_for()
    await world.emulator.settled()
    assert world.business.inbound[-1]["image"]["caption"] == "mira esto"


async def test_a_person_writes_taps_and_chooses_from_a_list(world: Any, page: Page) -> None:
    await page.goto(f"{world.url}/phone?as=caio")
    await page.fill("#words", "meu notebook não liga")
    await page.keyboard.press("Enter")
    await page.wait_for_selector(".row.mine")
    replies = [{"type": "reply", "reply": {"id": "yes", "title": "Sim"}}]
    buttons = {"type": "button", "body": {"text": "Abro um chamado?"}, "action": {"buttons": replies}}
    await world.post({"to": "+553188776655", "type": "interactive", "interactive": buttons})
    await page.click('[data-choice="yes"]')
    sections = [{"title": "Equipamento", "rows": [{"id": "cat:7", "title": "Notebook"}]}]
    listed = {"type": "list", "body": {"text": "Qual?"}, "action": {"button": "Ver", "sections": sections}}
    await world.post({"to": "+553188776655", "type": "interactive", "interactive": listed})
    await page.get_by_role("button", name="Ver").click()
    await page.click('.sheet [data-choice="cat:7"]')
    await page.locator(".row.mine").nth(2).wait_for()
    await world.emulator.settled()
    first, tapped, chosen = world.business.inbound
    assert first["text"]["body"] == "meu notebook não liga"
    assert tapped["interactive"]["button_reply"]["id"] == "yes"
    assert chosen["interactive"]["list_reply"] == {"id": "cat:7", "title": "Notebook"}
    assert await page.evaluate("chat.scrollHeight - chat.scrollTop - chat.clientHeight") < 2


async def test_a_person_quotes_and_reacts(world: Any, page: Page) -> None:
    await world.emulator.say("ana", "oi")
    wamid = (await world.text("+5511987654321", "Olá!")).json()["messages"][0]["id"]
    await page.goto(f"{world.url}/phone?as=ana")
    await page.locator(".row:not(.mine) .bubble").click()
    await page.get_by_role("button", name="React 🙏").click()
    await page.locator(".reactions", has_text="🙏").wait_for()
    await page.locator(".row:not(.mine) .bubble").click()
    await page.get_by_role("button", name="Reply", exact=True).click()
    await page.fill("#words", "sobre isto")
    await page.click("#send")
    await page.locator(".row.mine").nth(1).wait_for()
    await world.emulator.settled()
    assert world.business.inbound[-2]["reaction"] == {"message_id": wamid, "emoji": "🙏"}
    assert world.business.inbound[-1]["context"]["id"] == wamid


async def test_a_mail_s_code_can_be_copied_and_its_scripts_never_run(world: Any, page: Page) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "recado@example.com", "ana@example.com", EVIL
    mail.set_content(f"Seu código: 482 913 {EVIL}")
    mail.add_alternative(f"<h1>482 913</h1>{EVIL}<script>top.document.title='owned'</script>", subtype="html")
    await page.goto(f"{world.url}/mailbox")
    await page.get_by_text("No mail yet").wait_for()
    await aiosmtplib.send(mail, hostname=world.mailbox.host, port=world.mailbox.port)
    await page.click(".envelope")
    await page.frame_locator("iframe").get_by_role("heading", name="482 913").wait_for()
    assert await page.locator("output").text_content() == "482913"
    await page.get_by_role("tab", name="Text").click()
    assert EVIL in (await page.locator("pre").text_content() or "")
    assert await page.title() == "Mailbox · Recado"
