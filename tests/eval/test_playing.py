"""Cases played on the shipped agent: what each step does, what is kept of it, and what a persona comes to."""

import asyncio
import random
from pathlib import Path
from typing import Any

import pytest

from eval.cases.conversation import ConversationCase
from eval.record import Row
from eval.running import Plan, run
from eval.suite import Suite

PRINTER = {"category": "printing", "title": "Impressora atola", "values": {"location": "recife", "impact": "me"}}
SPOKEN = "abre um chamado, a impressora de Recife não imprime, só comigo"
CASES: dict[str, dict[str, Any]] = {
    "proves": {
        "verified": False,
        "turns": [{"say": "oi"}, {"email": True}, {"code": "wrong"}, {"code": "é {spaced}, certo?"}],
        "expect": {"conversation": {"verified": True}},
    },
    "old-code": {
        "verified": False,
        "turns": [
            {"say": "oi"}, {"email": "mariana.vilela@ipe.example"}, {"wait": "3m"}, {"say": "manda de novo"},
            {"code": "old"},
        ],
        "expect": {"conversation": {"verified": False}},
    },
    "burst": {
        "turns": [
            {"burst": [SPOKEN, {"file": {"kind": "image", "caption": "olha"}}]},
            {"burst": [{"tap": "Confirmar"}, {"tap": "Confirmar"}]},
        ],
        "expect": {"requests": [{"category": "printing", "attachments": 1, "priority": "medium"}]},
    },
    "chooses": {
        "turns": [
            {"say": ["a impressora não imprime, abre um chamado", "abre um chamado, a impressora não imprime"]},
            {"choose": [{"when": "não há de dizer isso", "say": "x"}, {"when": "/./", "skip": True}]},
            {"choose": [{"when": "unidade", "say": "recife"}]},
            {"choose": [{"when": "só com você", "tap": "Só comigo"}]},
            {"tap": "Confirmar", "expect": {"says": "#1001"}},
        ],
        "expect": {"requests": [{"category": "printing", "fields": {"location": "recife", "impact": "me"}}]},
    },
    "no-way": {"turns": [{"say": "oi"}, {"choose": [{"when": "não há de dizer isso", "say": "x"}]}]},
    "no-button": {"turns": [{"say": "oi"}, {"tap": "Não há tal botão"}]},
    "no-quote": {"turns": [{"say": "oi"}, {"say": "isto", "quoting": "não há de dizer isso"}]},
    "old-button": {
        "turns": [
            {"say": SPOKEN}, {"tap": "Cancelar"}, {"say": SPOKEN.replace("Recife", "Manaus")},
            {"tap": {"title": "Confirmar", "oldest": True}},
        ],
    },
    "reacts": {
        "turns": [{"say": SPOKEN}, {"react": "👍", "quoting": "Posso abrir"}],
        "expect": {"requests": [{"category": "printing"}]},
    },
    "agent": {
        "given": {"requests": [PRINTER, PRINTER | {"of": "otavio"}]},
        "turns": [
            {"agent": {"reply": "Troquei o toner.", "note": "de novo ele"}, "expect": {"says": ["Bianca", "toner"]}},
            {"agent": {"status": "solved"}},
            {"raw": {"type": "unsupported", "unsupported": {"type": "poll"}}},
        ],
        "expect": {
            "changes": [{"status": "solved", "untouched": True}, {"request": 2, "untouched": True}], "never": "de novo"
        },
    },
    "others": {
        "turns": [{"say": "oi"}, {"other": "otavio"}, {"say": "oi, sou eu"}],
        "expect": {"conversation": {"verified": True}},
    },
    "silent": {
        "given": {"handed_over": True},
        "turns": [{"say": "oi", "expect": {"never": "/./"}}],
        "expect": {"conversation": {"handed_over": True}},
    },
    "outage": {
        "given": {"outages": ["vpn-recife"]},
        "turns": [{"say": "a vpn de Recife não para de cair"}, {"tap": "Eu também"}],
        "expect": {"followers": "vpn-recife", "calls": "join_outage"},
    },
    "persona": {
        "verified": False,
        "persona": {"wants": SPOKEN.replace("só comigo", ""), "facts": {"impact": "Só comigo"}},
        "expect": {"requests": [{"category": "printing", "fields": {"location": "recife", "impact": "me"}}]},
    },
    "persona-asks": {
        "persona": {"wants": "minha vpn dá erro 809", "picks": ["Resolveu"]},
        "expect": {"answers_from": "vpn-error-809", "answered": True},
    },
    "unwanted": {"turns": [{"say": SPOKEN}, {"tap": "Confirmar"}]},
    "calls-only": {"turns": [{"say": SPOKEN}, {"tap": "Confirmar"}], "reward_basis": ["calls"]},
}  # fmt: skip
FAILING = {"no-way", "no-button", "no-quote", "unwanted"}


@pytest.fixture(scope="module")
def rows(settings, small_company, tmp_path_factory) -> dict[str, Row]:
    """All of them, played once."""
    cases = tuple(ConversationCase.model_validate({"id": name} | case) for name, case in CASES.items())
    suite = Suite("made-up", "conversation", "", cases, Path("made-up.yaml"))
    plan = Plan((suite,), settings, small_company, tmp_path_factory.mktemp("runs"))
    return {row.case: row for row in asyncio.run(run(plan, (), lambda _: None))}


@pytest.mark.parametrize("name", sorted(set(CASES) - FAILING))
def test_what_is_done_as_it_should_be_passes(rows, name):
    row = rows[name]
    assert (row.verdict, row.trouble) == ("passed", ""), [score for score in row.scores if score.passed is False]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("no-way", "none of the ways to answer fits"),
        ("no-button", "nothing offers 'Não há tal botão'"),
        ("no-quote", "no message of the company says 'não há de dizer isso'"),
    ],
)
def test_a_script_that_cannot_go_on_is_a_failure_of_the_agent_and_says_where(rows, name, told):
    row = rows[name]
    played = row.score("played")
    assert row.verdict == "failed"
    assert played is not None
    assert told in played.details[0]


def test_what_was_not_wanted_fails_and_what_the_verdict_does_not_rest_on_is_told_beside(rows):
    unwanted, aside = rows["unwanted"].score("state"), rows["calls-only"].score("state")
    assert unwanted is not None
    assert unwanted.passed is False
    assert aside is not None
    assert (aside.passed, aside.details) == (None, unwanted.details)


def test_every_step_is_kept_with_what_was_thought_of_it(rows):
    first, second = rows["burst"].exchanges
    assert first.did == f"{SPOKEN}\n(image) olha"
    assert "request" in first.intents
    assert second.did == "[Confirmar]\n[Confirmar]"
    assert [effect["kind"] for effect in second.effects].count("create_request") == 1
    assert rows["chooses"].exchanges[1].did == "(nothing to answer)"


def test_who_did_something_is_kept(rows):
    assert [exchange.who for exchange in rows["others"].exchanges] == ["employee", "time", "otavio"]
    assert [exchange.who for exchange in rows["agent"].exchanges] == ["agent", "agent", "employee"]


def test_the_seed_and_the_case_choose_the_words(rows):
    ways = CASES["chooses"]["turns"][0]["say"]
    assert rows["chooses"].exchanges[0].did == random.Random("0:chooses").choice(ways)
