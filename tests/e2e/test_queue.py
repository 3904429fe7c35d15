"""An employee on the phone page and an agent at the desk, side by side in a real Chromium, through a whole request."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.e2e.test_browser import CHROMIUM, DESKTOP, IN_CI, MISSING, PATIENCE_MS, Phone, _browser, _read_code, _watch
from tests.e2e.test_desk import _enter

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(CHROMIUM is None and not IN_CI, reason=MISSING),
]
AGENT = "Rafael Tavares"
REPLY = "Oi, Mariana! Troquei o rolo e imprimi uma página de teste. *Saiu bem* aí na sua mesa?"
ANSWER = "saiu sim, mas a segunda folha veio riscada"


@asynccontextmanager
async def _window(browser: Browser, url: str, shots: Path, locale: str) -> AsyncIterator[Phone]:
    """One person's browser beside the other's; any trouble on its console fails the test."""
    context = await browser.new_context(viewport=DESKTOP, locale=locale)
    context.set_default_timeout(PATIENCE_MS)
    seat = Phone(await context.new_page(), shots, url)
    _watch(seat.page, seat)
    yield seat
    assert seat.problems == []
    await context.close()


async def test_an_employee_and_an_agent_bring_a_request_to_its_end(shared_town, tmp_path):
    expect.set_options(timeout=PATIENCE_MS)
    url = shared_town.url
    async with (
        _browser() as browser,
        _window(browser, url, tmp_path, "pt-BR") as phone,
        _window(browser, url, tmp_path, "en-GB") as desk,
    ):
        await _enter(desk.page, url, AGENT)
        await desk.page.goto(f"{url}/desk/queue")
        await phone.open("mariana", "pt-BR")
        number = await _ask(phone)
        await _sees_it_come(desk.page, number)
        await _takes_and_replies(desk, number)
        await _answers_by_quoting(phone, number)
        await expect(desk.page.locator("#thread .theirs", has_text=ANSWER)).to_be_visible()
        await desk.keep("request")
        await _waits_and_goes_on(phone, desk)
        await _solves(desk)
        await _rates(phone, number)
        await expect(desk.page.locator("#thread .step", has_text="avaliou com 5 de 5")).to_be_visible()
        await desk.keep("rated")


async def _ask(phone: Phone) -> str:
    """Prove who one is and open a request in the chat; its number."""
    await phone.say("a impressora da minha mesa está riscando as folhas")
    await phone.sees("só me diz o seu e-mail da empresa?")
    await phone.say("mariana.vilela@ipe.example")
    await phone.sees("código de 6 números")
    await phone.say(await _read_code(phone, "mariana.vilela@ipe.example", "code"))
    await phone.tap("Abrir chamado")
    await phone.sees("Em qual unidade você está?")
    await phone.choose("São Paulo")
    await phone.tap("Só comigo")
    await phone.sees("Posso abrir?")
    await phone.tap("Confirmar")
    await phone.sees("Pronto, seu chamado é o #")
    told = await phone.page.locator("#chat .row:not(.mine)", has_text="seu chamado é o #").last.inner_text()
    found = re.search(r"#(\d+)", told)
    assert found
    return found[1]


async def _sees_it_come(queue: Page, number: str) -> None:
    """The open list offers what is new, without being loaded again."""
    await queue.locator("#fresh").click()
    row = queue.locator(f'tr[data-number="{number}"]')
    await expect(row).to_contain_text("Mariana Duarte Vilela")
    await expect(row).to_contain_text("Ninguém")
    await row.get_by_role("link").click()


async def _takes_and_replies(desk: Phone, number: str) -> None:
    page = desk.page
    await expect(page.get_by_role("heading", level=1)).to_contain_text(f"#{number}")
    await page.get_by_role("button", name="Assumir", exact=True).click()
    await expect(page.locator("#thread .step", has_text="assumiu")).to_be_visible()
    await page.locator("#text").fill(REPLY)
    await page.get_by_role("button", name="Enviar").click()
    await expect(page.locator("#thread .ours", has_text="Troquei o rolo")).to_be_visible()


async def _answers_by_quoting(phone: Phone, number: str) -> None:
    """The reply is in the chat under the agent's name; an answer that quotes it joins the request."""
    heard = phone.page.locator("#chat .row:not(.mine)", has_text="Troquei o rolo").last
    await expect(heard).to_contain_text("Rafael")
    await expect(heard.locator("strong", has_text="Saiu bem")).to_be_visible()
    await phone.keep("heard")
    await _quote(phone, heard)
    await phone.say(ANSWER)
    await phone.sees(f"#{number}")


async def _quote(phone: Phone, bubble: Locator) -> None:
    await bubble.get_by_role("button", name="O que fazer com a mensagem").press("Enter")
    await phone.page.locator(".sheet .pick", has_text="Responder").click()


async def _waits_and_goes_on(phone: Phone, desk: Phone) -> None:
    """The agent waits for the employee, who is told; their next words open it again."""
    await desk.page.locator("#text").fill("Consegue me mandar uma foto da folha?")
    await desk.page.locator("#then").select_option("waiting")
    await desk.page.get_by_role("button", name="Enviar").click()
    await expect(desk.page.locator("#marks")).to_contain_text("Aguardando a pessoa")
    asked = phone.page.locator("#chat .row:not(.mine)", has_text="foto da folha").last
    await expect(asked).to_be_visible()
    await _quote(phone, asked)
    await phone.say("não precisa, a terceira já saiu limpa")
    await expect(desk.page.locator("#marks")).to_contain_text("Em andamento")


async def _solves(desk: Phone) -> None:
    await desk.page.locator("#text").fill("Que bom! Fecho por aqui; se voltar, é só responder.")
    await desk.page.locator("#then").select_option("solved")
    await desk.page.get_by_role("button", name="Enviar").click()
    await expect(desk.page.locator("#marks")).to_contain_text("Resolvido")


async def _rates(phone: Phone, number: str) -> None:
    await phone.sees("se voltar, é só responder")
    await phone.keep("solved")
    await phone.tap("Avaliar")
    await phone.sees("De 1 a 5")
    await phone.choose("Ótimo")
    await phone.sees(f"Valeu pela nota no #{number}")
    await phone.keep("thanks")
