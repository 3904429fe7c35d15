"""Nothing that belongs to a person or to the company leaves in a question; what the question is about does."""

import asyncio
import json
import random
import re
from collections.abc import Callable
from functools import partial
from urllib.parse import unquote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.words import fold
from tests.app.personal_data import KINDS, plant
from tests.tools.external.outside import Asked, House, Outside
from tools.external.keeping import Kept
from tools.external.sources import OutsideSources, Terms
from tools.external.stripping import LONGEST, bare_question

NAME, COMPANY = "João Quirzelli d'Ávila", "Vortanex"
PRIVATE = (NAME, "E-20481", "jquirzelli@vortanex.example".replace("@", " "), COMPANY, "Projeto Zimbrol")
SENTENCES = (
    "como libero o excel de {}?", "{} não abre o word", "erro 0x80070005 no windows 11, {}", "how do i reset vpn, {}?",
    "¿cómo instalo teams en {}?", "excel {} trava ao abrir", "impressora parada\n{}\nurgente", "({}) outlook sem senha",
)  # fmt: skip
DIGITS = "0123456789"
LETTERS = "BCDFGHJKLMNPQRSTVWXZ"


def some(dice: random.Random, letters: str, count: int) -> str:
    return "".join(dice.choice(letters) for _ in range(count))


def of_the_company(dice: random.Random) -> tuple[str, list[str]]:
    """Something a company would rather keep, and the pieces of it that must not be seen."""
    a, n = some(dice, LETTERS, 6).lower(), some(dice, DIGITS, 6)
    return dice.choice((
        (f"#{n}", [n]), (f"chamado {n}", [n]), (f"ticket INC{n}", [n]), (f"NB-{n}", [n]), (f"patrimônio {n}", [n]),
        (f"SN {a[:3].upper()}{n}{a[3:].upper()}", [n, a]), (f"matrícula {n}", [n]), (f"ramal {n[:4]}", [n[:4]]),
        (f"srv-{a}01.{a}.local", [a]), (f"https://{a}.example/x?u={n}", [a, n]), (f"\\\\srv\\{a}", [a]),
        (f"C:\\Users\\{a}\\x.xlsx", [a]), (f"/home/{a}/x", [a]), (f"{a}.{a[::-1]}", [a]), (f"{a}_{n}", [a, n]),
        (f"10.{int(n[:2])}.3.{int(n[2:4])}", [f"10.{int(n[:2])}"]),
        (f"aa:bb:{n[:2]}:{n[2:4]}:{n[4:]}:0f", [f"{n[:2]}:{n[2:4]}"]),
        (f"senha é {a}{n}", [a, n]), (f"password: {a}!", [a]),
        (f"meu nome é {a.title()} {a[::-1].title()}", [a, a[::-1]]),
        (f"minha chefe {a.title()} {a[::-1].title()}", [a, a[::-1]]), (f"Dra. {a.title()}", [a]), (f"@{a}", [a]),
        (f"{a} arroba {a[::-1]} ponto com", [a, a[::-1]]), (f"R$ {n[:3]}.{n[3:]},00", [n[:3], n[3:]]),
        (f"\u200b{n[:3]}\u200b{n[3:]}", [n]), ("".join(chr(0xFF10 + int(d)) for d in n), [n]),
        (f"{n[:2]}/{n[2:4]}/19{n[4:]}", [f"19{n[4:]}"]), (NAME, ["quirzelli", "joao"]),
        (NAME.upper(), ["quirzelli", "joao"]),
        ("joao quirzelli", ["quirzelli", "joao"]), (f"srv{COMPANY.lower()}vpn", ["vortanex"]),
        (f"{COMPANY}-{a}", ["vortanex"]),
        ("zimbrol", ["zimbrol"]), ("E-20481", ["20481"]),
    ))  # fmt: skip


def contains(secret: str, text: str) -> bool:
    return secret in text


def readable(asked: Asked) -> str:
    """Everything of a request that somebody on the way or at its end could read, decoded."""
    body = json.dumps(json.loads(asked.body), ensure_ascii=False) if asked.body else ""
    asked.raw = re.sub(r"(?m)^content-length: .*$", "", asked.raw)
    return fold(f"{asked.raw}\n{unquote_plus(asked.raw)}\n{body}\n{' '.join(asked.query.values())}")


def planted(dice: random.Random, kind: str) -> tuple[str, list[Callable[[str], bool]]]:
    """A question with something in it that must stay, and how to tell that it did not."""
    if kind != "company":
        one = plant(dice, kind)
        return f"o excel trava, {one.line}", [one.shows_in]
    words, secrets = of_the_company(dice)
    return dice.choice(SENTENCES).format(words), [partial(contains, fold(secret)) for secret in secrets]


def test_of_hundreds_of_planted_canaries_none_leaves_in_address_headers_or_body(world: Outside):
    house, seen = House(world), 0
    sources = OutsideSources(
        [house.source(name, per_minute=100_000) for name in ("searxng", "tavily", "stack_exchange")],
        Terms(private_words=PRIVATE), Kept(0, house.clock), lambda *_: None,
    )  # fmt: skip

    @settings(max_examples=300, deadline=None)
    @given(st.randoms(use_true_random=False), st.sampled_from([*KINDS, *["company"] * 9]))
    def none_leaves(dice: random.Random, kind: str) -> None:
        nonlocal seen
        world.asked = []
        line, shows = planted(dice, kind)
        runner.run(sources.search(line, "pt-BR"))
        for asked in world.asked:
            text = readable(asked).replace(f"127.0.0.1:{world.port}", "").replace("0x80070005", "")
            assert not any(show(text) for show in shows), (line, text)
        seen += len(world.asked) > 0

    with asyncio.Runner() as runner:
        try:
            none_leaves()
        finally:
            runner.run(house.close())
    assert seen >= 200


@pytest.mark.parametrize(("said", "left"), [
    ("por que o excel do Souza 12345 ana@x.com trava?", "por que o excel do trava"),
    ("erro 0x80070005 no windows 11 da máquina NB-00123", "erro 0x80070005 no windows 11 da máquina"),
    ("chamado #1042: vpn com erro 809", "chamado vpn com erro 809"),
    ("o Outlook 2019 não abre, me liga 11 98765-4321", "o Outlook 2019 não abre me liga"),
    ("O EXCEL TRAVA COM PLANILHA GRANDE", "O EXCEL TRAVA COM PLANILHA GRANDE"),
    ("como uso o Power BI no Microsoft 365", "como uso o Power BI no Microsoft 365"),
    ("¿Cómo recupero un archivo borrado en OneDrive?", "¿Cómo recupero un archivo borrado en OneDrive"),
    ("how do I freeze panes in excel on a m365 x64", "how do I freeze panes in excel on a m365 x64"),
])  # fmt: skip
def test_what_the_question_is_about_stays(said: str, left: str):
    assert bare_question(said, ("Ana Souza",)) == left


def test_words_that_a_company_keeps_to_itself_stay_inside_whatever_they_are_part_of():
    assert bare_question("o portal Zimbrol-web e o srvzimbrol caem no ZIMBROL", ("zimbrol",)) == "o portal e o caem no"


@given(st.text(max_size=3000))
def test_any_text_becomes_one_short_line_without_foreign_digits(text: str):
    bare = bare_question(text)

    assert len(bare) <= LONGEST
    assert bare == " ".join(bare.split())
    assert all(c.isprintable() for c in bare)


@given(st.text("ab1@#. é-ÀX_:/", max_size=60))
def test_stripping_twice_takes_nothing_more_of_what_was_let_through(text: str):
    once = bare_question(text)

    assert not set(DIGITS) & set(bare_question(once)) or set(DIGITS) & set(once)


@pytest.mark.parametrize("text", [
    "a" * 2000, "a." * 1000, "1 " * 1000, "Aa " * 700, "da Aa " * 400, "x at y dot " * 200, "_" * 2000, "ab:" * 700,
])  # fmt: skip
def test_text_made_to_cost_time_is_still_a_question(text: str):
    assert isinstance(bare_question(text, ("Ana",)), str)
