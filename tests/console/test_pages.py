"""What pages are made of: words in three languages, templates without inline code, what people typed as text."""

import re

import pytest

from app.console.shared import HERE, STATIC
from app.console.wording import FOLDER, LANGUAGES, Words, phrases_of

TEMPLATES = sorted((HERE / "templates").rglob("*.html"))
SCRIPTS = sorted(STATIC.glob("*.js"))
HOSTILE = "<img src=x onerror=alert(1)>{{7*7}}'\"&"


@pytest.fixture
def store_url(stores, tmp_path) -> str:
    return stores.sqlite(tmp_path)


def places(phrase) -> set[str]:
    texts = [phrase] if isinstance(phrase, str) else phrase.values()
    return {name for text in texts for name in re.findall(r"{(\w+)}", text)}


def test_all_languages_say_the_same_things_with_the_same_places():
    assert {path.name for path in FOLDER.iterdir()} == set(LANGUAGES)
    english = {key: places(phrase) for key, phrase in phrases_of("en").items()}
    for language in LANGUAGES:
        assert {key: places(phrase) for key, phrase in phrases_of(language).items()} == english


def test_every_phrase_a_template_names_exists():
    known = phrases_of("en")
    named = {key for path in TEMPLATES for key in re.findall(r"\bw\(['\"]([\w.]+)['\"]\s*[,)]", path.read_text("utf8"))}
    assert named
    assert {key for key in named if key not in known} == set()


def test_one_and_several_are_said_differently():
    words = Words("en", phrases_of("en"))
    assert words("account.codes_left", count=1).startswith("1 recovery code is")
    assert words("account.codes_left", count=0).startswith("0 recovery codes are")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_has_inline_code_or_style_or_marks_text_as_safe(path):
    text = path.read_text("utf8")
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:|https?://", text) == []
    assert [line for line in text.splitlines() if "|safe" in line and "PATHS[name]" not in line] == []
    forms = re.findall(r"<form[^>]*method=\"post\".*?</form>", text, re.DOTALL)
    assert all("token_field()" in form for form in forms), "every form brings its token"


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_makes_html_from_text(path):
    text = path.read_text("utf8")
    assert (
        re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|https?://", text) == []
    )


async def test_every_page_speaks_every_language(office):
    admin = (await office.staff())["admin"]
    pages = ("/", "/staff", f"/staff/{admin}", "/account", "/account/password", "/account/second-step", "/nothing")
    browser = office.open()
    await browser.sign_in("admin")
    for language in LANGUAGES:
        await browser.press("/account", "/account", name="Ana", language=language, timezone="America/Bogota")
        for page in pages:
            answer = await browser.get(f"/desk{page}")
            assert answer.status_code == (404 if page == "/nothing" else 200)
            assert f'<html lang="{language}">' in answer.text


async def test_the_language_is_switched_before_and_after_signing_in(office):
    browser = office.open()
    await browser.press("/sign-in", "/language", language="pt-BR", back="/sign-in")
    assert 'lang="pt-BR"' in (await browser.get("/desk/sign-in")).text
    await browser.sign_in("agent")
    assert 'lang="en"' in (await browser.get("/desk/")).text, "the account's own"
    answer = await browser.press("/account", "/language", language="es", back="/account")
    assert answer.headers["location"] == "/desk/account"
    assert 'lang="es"' in (await office_page(office, "agent")).text


async def office_page(office, who):
    other = office.open()
    await other.sign_in(who)
    return await other.get("/desk/")


async def test_what_people_are_called_is_shown_as_text(office):
    browser = office.open()
    await browser.sign_in("admin")
    await browser.press("/account", "/account", name=HOSTILE, language="en", timezone="UTC")
    for page in ("/", "/staff", "/account"):
        text = (await browser.get(f"/desk{page}")).text
        assert "<img src=x" not in text
        assert "49" not in re.sub(r"[0-9a-f]{12,}|\d{4,}", "", text.partition("<main")[0])
    told = (await browser.get("/desk/staff")).text
    assert "&lt;img src=x onerror=alert(1)&gt;{{7*7}}" in told


async def test_news_are_said_once(office):
    browser = office.open()
    await browser.sign_in("agent")
    await browser.press("/account", "/account", name="Ana", language="en", timezone="UTC")
    assert "Saved." in (await browser.get("/desk/account")).text
    assert "Saved." not in (await browser.get("/desk/account")).text


async def test_only_what_one_may_open_is_in_the_navigation(office):
    shown = {}
    for role in ("agent", "admin"):
        browser = office.open()
        await browser.sign_in(role)
        shown[role] = 'href="/desk/staff"' in (await browser.get("/desk/")).text
    assert shown == {"agent": False, "admin": True}
