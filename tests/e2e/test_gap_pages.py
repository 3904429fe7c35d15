"""A knowledge manager in a real Chromium goes from what nobody could answer to the article that answers it."""

import re
from datetime import timedelta

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect
from sqlalchemy.orm import Session

from tests.e2e.test_browser import CHROMIUM, DESKTOP, IN_CI, MISSING, MOBILE
from tests.e2e.test_desk import FAINT, NARROW, _enter, _page
from tests.knowledge.records import asked, solved

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(300),  # publishing builds an index and rehearses it
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(CHROMIUM is None and not IN_CI, reason=MISSING),
]
MANAGER = "Beatriz Nakamura"
STEP = "Segure o botão verde do carregador por 10 segundos até a luz vermelha apagar."
INDEXING_MS = 90_000
FORKLIFT = (
    ("A empilhadeira elétrica não carrega a bateria, luz vermelha no carregador", 1),
    ("Carregador da empilhadeira com luz vermelha, bateria não carrega", 1),
    ("empilhadeira nao carrega bateria", 3),
    ("bateria da empilhadeira elétrica não carrega durante a noite", 9),
    ("luz vermelha piscando no carregador da empilhadeira", 16),
)
SPANISH = "El montacargas eléctrico no carga la batería, luz roja en el cargador"
DRONE = (("Posso usar drone para inventário do pátio?", 2), ("quem autoriza voo de drone no pátio?", 4))
COMMENT = (
    f"Oi Ana! 1. Desligue a empilhadeira na chave geral.\n2. Limpe os contatos com um pano seco.\n3. {STEP}\nAbraço!"
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(shared_town):
    """The town after some weeks of questions about forklifts and drones, two of which agents solved as requests."""
    now, day = shared_town.house.clock(), timedelta(days=1)

    def weeks(session: Session) -> None:
        for place, (text, ago) in enumerate(FORKLIFT):
            reference = f"fork-{place}" if place < 2 else ""
            outcomes = ("nothing", "request") if reference else ("nothing",)
            asked(session, text, *outcomes, at=now - ago * day, reference=reference)
        asked(session, SPANISH, at=now - 2 * day, language="es")
        for text, ago in DRONE:
            asked(session, text, at=now - ago * day)
        solved(session, 7001, "fork-0", COMMENT, at=now - day)
        solved(session, 7002, "fork-1", STEP, at=now - day)

    await shared_town.house.database.write(weeks)
    return shared_town


async def open_gap(page: Page, url: str, name: str) -> None:
    """Go to the list, wait until questions are brought together, open the gap about `name`."""
    await page.goto(f"{url}/desk/knowledge/gaps?view=all")
    await page.get_by_role("link", name=name).first.click(timeout=INDEXING_MS)


async def test_a_manager_drafts_edits_reviews_publishes_and_sees_what_it_mended(office, tmp_path):
    async with _page(office.url, DESKTOP) as page:
        await _enter(page, office.url, MANAGER)
        await page.get_by_role("link", name="Lacunas").click()
        await expect(page.get_by_role("link", name="empilhadeira")).to_be_visible(timeout=INDEXING_MS)
        await page.screenshot(path=tmp_path / "list.png")
        await page.get_by_role("link", name="empilhadeira").click()
        await expect(page.get_by_text("#7001 · resolvido")).to_be_visible()
        await page.screenshot(path=tmp_path / "gap.png", full_page=True)

        await page.get_by_role("button", name="Rascunhar um artigo").first.click()
        body = page.get_by_role("textbox", name="Texto")
        await expect(body).to_have_value(re.compile(re.escape(STEP)))
        await page.get_by_label("Título").fill("Empilhadeira não carrega: luz vermelha")
        await body.fill(f"{await body.input_value()}\n\n**Ainda** não? <img src=x> Chame a *manutenção*.")
        preview = page.locator("#preview-place")
        await expect(preview.locator("strong")).to_have_text("Ainda")
        await expect(preview.get_by_role("heading", name="Empilhadeira não carrega")).to_be_visible()
        await expect(preview.locator("img")).to_have_count(0)
        await page.get_by_label("Quem cuida dele").fill("Frota")
        await page.screenshot(path=tmp_path / "draft.png", full_page=True)
        await page.get_by_role("button", name="Salvar e revisar").click()

        await page.get_by_label("Li, e está certo").check()
        await page.screenshot(path=tmp_path / "review.png", full_page=True)
        await page.get_by_role("button", name="Publicar").click()
        await expect(page.locator("[data-job]")).to_be_visible()
        await page.screenshot(path=tmp_path / "publishing.png")
        await expect(page.get_by_role("heading", name="O que a publicação resolveu")).to_be_visible(timeout=INDEXING_MS)
        rows = page.locator(".proof-table tbody tr")
        await expect(rows).to_have_count(len(FORKLIFT) + 1)
        await expect(rows.first.locator("td").nth(2)).to_contain_text("respondida")
        await page.screenshot(path=tmp_path / "published.png", full_page=True)
        for language, heading in (("en", "Gaps"), ("es", "Vacíos"), ("pt-BR", "Lacunas")):
            await page.locator("#language").select_option(language)
            await page.get_by_role("navigation").get_by_role("link", name=heading, exact=True).click()
            await page.get_by_role("navigation").get_by_role("link", name=re.compile("^(All|Todas|Todos)")).click()
            await expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
            await page.screenshot(path=tmp_path / f"list-{language}.png")
        await page.get_by_role("link", name="Artigos", exact=True).click()
        await page.get_by_role("link", name="Empilhadeira não carrega").click()
        await expect(page.get_by_text("Frota")).to_be_visible()
    who = await office.employee("jussara.pontes@ipe.example")
    assert "Segure o botão verde" in await office.hear(who, said=FORKLIFT[1][0])


async def test_a_gap_is_dismissed_with_a_reason_and_taken_up_again(office):
    async with _page(office.url, DESKTOP) as page:
        await _enter(page, office.url, MANAGER)
        await open_gap(page, office.url, "drone")
        await page.get_by_role("button", name="Dispensar").click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_label("Por que não é preciso um artigo").fill("A segurança <b>patrimonial</b> responde.")
        await dialog.get_by_role("button", name="Dispensar").click()
        await page.get_by_role("link", name="Dispensadas").click()
        await page.get_by_role("link", name="drone").click()
        await expect(page.get_by_text("A segurança <b>patrimonial</b> responde.")).to_be_visible()
        await page.get_by_role("button", name="Retomar").click()
        await expect(page.get_by_text("A lacuna está aberta de novo.")).to_be_visible()


async def test_every_gap_page_fits_a_telephone_and_can_be_read_in_light_and_dark(office, tmp_path):
    for scheme in ("light", "dark"):
        async with _page(office.url, MOBILE, color_scheme=scheme) as page:
            await _enter(page, office.url, MANAGER)
            await open_gap(page, office.url, "drone")
            gap = page.url.removeprefix(f"{office.url}/desk")
            if scheme == "light":
                await page.get_by_role("button", name="Rascunhar um artigo").first.click()
                await expect(page.locator("#f-body")).to_be_visible()
            paths = ["/knowledge/gaps?view=all", gap, f"{gap}/draft", f"{gap}/review", "/knowledge/use"]
            for path in [*paths, *(f"/knowledge/use?view={view}" for view in ("unused", "twins"))]:
                await page.set_viewport_size(MOBILE)
                await page.goto(f"{office.url}/desk{path}")
                name = path.strip("/").replace("/", "-").replace("?", "-")
                await page.screenshot(path=tmp_path / f"{scheme}-{name}.png", full_page=True)
                assert await page.evaluate(FAINT) == [], (scheme, path)
                await page.set_viewport_size(NARROW)
                assert await page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"], path
