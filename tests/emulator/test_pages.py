"""The phone and mailbox pages as they are served."""

import re
from pathlib import Path
from typing import Any

import pytest

from app.emulator import wording

STATIC = Path(wording.__file__).parent / "static"


@pytest.mark.parametrize("path", ["/phone", "/mailbox"])
async def test_a_page_has_a_strict_policy_and_nothing_inline(world: Any, path: str) -> None:
    answer = await world.http.get(path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert re.findall(r"<script(?![^>]*\bsrc=)", answer.text) == []
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=|javascript:", answer.text) == []
    assert re.findall(r"(?:src|href)=\"https?:", answer.text) == []


@pytest.mark.parametrize(
    ("query", "accepted", "language"),
    [
        ("", "pt-PT,pt;q=0.9", "pt-BR"),
        ("", "es-AR,es;q=0.8,en;q=0.5", "es"),
        ("", "de-DE", "en"),
        ("?lang=es", "pt-BR", "es"),
        ("?lang=%22%3E%3Cscript%3E", "pt-BR", "pt-BR"),
    ],
)
async def test_the_language_is_the_one_asked_for_or_the_browser_s(
    world: Any, query: str, accepted: str, language: str
) -> None:
    answer = await world.http.get(f"/phone{query}", headers={"Accept-Language": accepted})
    assert f'<html lang="{language}">' in answer.text
    assert wording.wording(language)["people_hint"] in answer.text


async def test_a_business_name_is_escaped(world: Any) -> None:
    world.emulator.business_name = '<img src=x onerror="alert(1)">'
    assert "<img src=x" not in (await world.http.get("/phone")).text


@pytest.mark.parametrize(
    "name", ["phone.js", "attach.js", "bubble.js", "dom.js", "format.js", "sheet.js", "mailbox.js"]
)
async def test_scripts_never_make_html_from_text(world: Any, name: str) -> None:
    script = (await world.http.get(f"/phone/static/{name}")).text
    assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", script) == []


async def test_every_word_the_scripts_use_exists() -> None:
    used = {word for path in STATIC.glob("*.js") for word in re.findall(r"\bwords\.([a-z_]+)", path.read_text("utf-8"))}
    assert used <= set(wording.wording("en"))


async def test_the_html_of_a_mail_is_served_sandboxed_and_an_unknown_one_is_404(world: Any) -> None:
    assert (await world.http.get("/mailbox/mails/999999/html")).status_code == 404
    assert (await world.http.get("/mailbox/mails")).json() == {"mails": []}
