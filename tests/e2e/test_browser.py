"""Whole conversations in a real Chromium: what a person sees on the phone page and the mailbox page."""

import os
import re
import shutil
import struct
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, Request, async_playwright, expect

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
MISSING = "no Chromium found (on Debian: apt-get install chromium)"
IN_CI = os.environ.get("CI") == "true"
DESKTOP, MOBILE = {"width": 1280, "height": 860}, {"width": 390, "height": 844}
PATIENCE_MS = 20_000

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(CHROMIUM is None and not IN_CI, reason=MISSING),
]


@dataclass
class Phone:
    """One person's phone page, used as a person does: by what is written on it."""

    page: Page
    shots: Path
    url: str
    problems: list[str] = field(default_factory=list)
    heard: int = 0  # bubbles of the business when the person last did something

    async def open(self, who: str, language: str) -> None:
        """Take this person's phone in hand."""
        await self.page.goto(f"{self.url}/phone?as={who}&lang={language}")
        await expect(self.page.locator("#presence")).not_to_be_empty()
        await expect(self.page.locator(f'[data-person="{who}"]')).to_have_attribute("aria-current", "true")

    async def say(self, *messages: str) -> None:
        """Write messages one right after the other."""
        for words in messages:
            await self._listen()
            await self.page.fill("#words", words)
            await self.page.press("#words", "Enter")

    async def sees(self, words: str) -> None:
        """Wait until the newest bubbles of the business say this."""
        await expect(self.page.locator("#chat .row:not(.mine)", has_text=words).last).to_be_in_viewport()

    async def tap(self, title: str) -> None:
        """Tap the newest button with this title."""
        await self._answered()
        option = self.page.locator(".option", has_text=title).last
        await self._listen()
        await option.click()

    async def choose(self, title: str) -> None:
        """Open the newest list and choose a row."""
        await self._answered()
        await self.page.locator('.option[aria-haspopup="dialog"]').last.click()
        await self._listen()
        await self.page.locator(".sheet .pick", has_text=title).first.click()
        await expect(self.page.locator(".sheet")).to_have_count(0)

    async def _listen(self) -> None:
        self.heard = await self.page.locator("#chat .row:not(.mine)").count()

    async def _answered(self) -> None:
        """Wait for an answer to what was done last, so that no old button is taken for the new one."""
        await self.page.locator("#chat .row:not(.mine)").nth(self.heard).wait_for()

    async def keep(self, name: str) -> None:
        """Keep a picture of what is on the screen."""
        await self.page.wait_for_timeout(250)  # the newest bubble has slid in
        await self.page.screenshot(path=self.shots / f"{name}.png")


@pytest.fixture
def shots(tmp_path: Path) -> Path:
    """Where the pictures of a test are kept."""
    return tmp_path


@asynccontextmanager
async def _browser() -> AsyncIterator[Browser]:
    assert CHROMIUM, MISSING
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def _phone(url: str, shots: Path, size: dict[str, int], locale: str) -> AsyncIterator[Phone]:
    """A phone page that fails the test for any error on its console, and for any request leaving the machine."""
    async with _browser() as browser:
        context = await browser.new_context(viewport=size, locale=locale)
        context.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        phone = Phone(await context.new_page(), shots, url)
        context.on("page", lambda page: _watch(page, phone))
        _watch(phone.page, phone)
        yield phone
        assert phone.problems == []


def _watch(page: Page, phone: Phone) -> None:
    def asked(request: Request) -> None:
        if not request.url.startswith((phone.url, "data:", "blob:")):
            phone.problems.append(f"asked for {request.url}")

    page.on("request", asked)
    page.on("pageerror", lambda error: phone.problems.append(f"error: {error}"))
    page.on(
        "console",
        lambda line: phone.problems.append(f"{line.type}: {line.text}") if line.type in {"error", "warning"} else None,
    )


async def _read_code(phone: Phone, email: str, name: str) -> str:
    """Open the mailbox in a second tab, as the phone page offers it, and read the newest code."""
    async with phone.page.context.expect_page() as opening:
        await phone.page.click(".to-mailbox")
    mailbox = await opening.value
    await mailbox.locator(".envelope", has_text=email).first.click()
    code = await mailbox.locator(".code output").text_content()
    await mailbox.frame_locator("iframe").get_by_text("10 minutos").first.wait_for()
    await mailbox.screenshot(path=phone.shots / f"{name}.png")
    await mailbox.close()
    assert code
    assert re.fullmatch(r"\d{6}", code)
    return code


async def test_a_whole_conversation_in_portuguese_on_the_phone_page(shared_town, shots) -> None:
    async with _phone(shared_town.url, shots, DESKTOP, "pt-BR") as phone:
        await phone.open("wesley", "pt-BR")
        await phone.keep("01-empty")
        await _ask_before_verification(phone)
        await _prove_who_they_are(phone)
        await _fill_the_request(phone)
        await _correct_and_confirm(phone)
        await _ask_for_its_status(phone)


async def _ask_before_verification(phone: Phone) -> None:
    await phone.say("oi", "a impresora de etiquetas da doca parou", "pfv me ajuda")
    await phone.sees("só me diz o seu e-mail da empresa?")
    assert await phone.page.locator("#chat .row:not(.mine)").count() <= 3  # a burst is one turn, or nearly
    await expect(phone.page.locator("#chat .mine .ticks.read")).to_have_count(3)
    await phone.keep("02-who-are-you")


async def _prove_who_they_are(phone: Phone) -> None:
    await phone.say(" Wesley.Luz@ipe.example. ")
    await phone.sees("código de 6 números")
    code = await _read_code(phone, "wesley.luz@ipe.example", "03-mailbox")
    await phone.say(f"{(int(code) + 1) % 1_000_000:06d}")
    await phone.sees("esse código não bateu")
    await phone.say(f"desculpa, é {code[:3]} {code[3:]}")
    await phone.sees("Agora sim, vamos ao que você pediu")
    await phone.sees("Impressora de etiquetas da doca parou")
    link = phone.page.locator("#chat .row:not(.mine) a", has_text="ajuda.ipe.example").last
    assert await link.get_attribute("rel") == "noopener noreferrer"
    await phone.keep("04-answer")


async def _fill_the_request(phone: Phone) -> None:
    await phone.tap("Abrir chamado")
    await phone.sees("Em qual unidade você está?")
    await phone.page.locator('.option[aria-haspopup="dialog"]').last.click()
    await phone.keep("05-list")
    await phone.page.locator(".sheet .pick", has_text="Campinas").click()
    await phone.sees("Isso está acontecendo só com você ou com mais gente?")
    await phone.say("cadê meu holerite desse mês?")
    await phone.sees("Onde vejo meu holerite")
    await phone.sees("Voltando ao seu chamado")
    await phone.keep("06-interruption")
    await phone.say("so comigo")
    await phone.sees("Está tudo certo? Posso abrir?")
    await phone.keep("07-summary")


async def _correct_and_confirm(phone: Phone) -> None:
    await phone.tap("Corrigir")
    await phone.sees("O que você quer mudar?")
    await phone.choose("Quem está sendo afetado")
    await phone.tap("Todo mundo")
    card = phone.page.locator("#chat .row:not(.mine)", has_text="Posso abrir?").last
    await expect(card).to_contain_text("Quem está sendo afetado: Todo mundo")
    await expect(card).to_contain_text("Campinas")
    await expect(card.locator("strong").first).to_have_text("Impressão e scanner")
    await phone.tap("Confirmar")
    await phone.sees("Pronto, seu chamado é o #")
    await expect(phone.page.locator(".option.used", has_text="Confirmar")).to_have_count(1)
    await phone.keep("08-number")


async def _ask_for_its_status(phone: Phone) -> None:
    told = await phone.page.locator("#chat .row:not(.mine)", has_text="seu chamado é o #").last.inner_text()
    found = re.search(r"#\d+", told)
    assert found
    await phone.say("e o meu chamado?")
    await phone.sees("Situação: novo")
    status = phone.page.locator("#chat .row:not(.mine)", has_text="Situação: novo").last
    await expect(status).to_contain_text(found.group())
    await expect(phone.page.locator("#chat .mine .ticks:not(.read)")).to_have_count(0)
    words = await phone.page.locator("#chat").inner_text()
    assert not re.search(r"Traceback|undefined|\bnull\b|\bNone\b|\[object|\{[a-z_]+\}", words)
    await phone.keep("09-status")


async def test_a_person_without_a_number_is_served_in_english_on_a_small_screen(shared_town, shots) -> None:
    async with _phone(shared_town.url, shots, MOBILE, "en-US") as phone:
        await phone.open("hannah", "en")
        await phone.keep("21-empty")
        await phone.say("hi, where do I see my payslip?")
        await phone.sees("what's your company e-mail?")
        await phone.say("hannah.whitcombe@ipe.example")
        await phone.sees("6-digit code")
        code = shared_town.mailbox.messages("hannah.whitcombe@ipe.example")[0].code
        await phone.say(str(code))
        await phone.sees("Where to find my payslip")
        await phone.keep("22-answer")
        await phone.tap("Solved")
        await phone.sees("Glad it worked!")
        await phone.keep("23-solved")
        wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not await phone.page.evaluate(wide)


async def test_an_attached_picture_joins_the_request(shared_town, shots) -> None:
    async with _phone(shared_town.url, shots, MOBILE, "pt-BR") as phone:
        await phone.open(await shared_town.employee("mariana.vilela@ipe.example"), "pt-BR")
        await phone.say("a impressora de etiquetas da doca parou")
        await phone.tap("Abrir chamado")
        await phone.sees("Em qual unidade você está?")
        async with phone.page.expect_file_chooser() as choosing:
            await phone.page.click("#attach")
            await phone.keep("31-attach")
            await phone.page.click("[data-attach=picture]")
        picture = {"name": "tela.png", "mimeType": "image/png", "buffer": _picture()}
        await (await choosing.value).set_files(files=[picture])
        await phone.page.locator(".photo").wait_for()
        await phone.sees("juntei ao chamado")
        await phone.choose("São Paulo")
        await phone.tap("Só comigo")
        await phone.sees("Anexos")
        await phone.keep("32-picture")


def _picture(width: int = 320, height: int = 200) -> bytes:
    """A PNG of one colour."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    rows = (b"\x00" + b"\x27\x4a\x6c" * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
