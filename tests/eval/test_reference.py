"""Reference actions: the state they leave is what counts, whatever way led there."""

from dataclasses import replace

import pytest

from eval.checking import check
from eval.running import Plan, run
from eval.suite import SuiteError, read_suites, schema

HEAD = "suite: small-reference\nlayer: conversation\ncases:\n"
PRINTER = "{category: printing, title: Impressora atola, values: {location: recife, impact: me}, status: open}"
CASES = f"""
  - id: ways-at-once
    turns: [{{say: "abre um chamado, a impressora de Recife atola, só comigo"}}, {{tap: Confirmar}}]
    reference_actions: &printer [{{create_request: {{category: printing, fields: {{location: recife, impact: me}}}}}}]
  - id: ways-corrected
    turns:
      - say: "abre um chamado, a impressora de Campinas atola, só comigo"
      - say: "não, é em Recife"
      - tap: Confirmar
    reference_actions: *printer
  - id: ways-wrong-field
    turns: [{{say: "abre um chamado, a impressora de Campinas atola, só comigo"}}, {{tap: Confirmar}}]
    reference_actions: *printer
  - id: ways-free-field
    turns: [{{say: "abre um chamado, a impressora de Campinas atola, só comigo"}}, {{tap: Confirmar}}]
    reference_actions:
      - create_request: {{category: printing, fields: {{location: recife, impact: me}}, free: location}}
  - id: ways-nothing
    turns: [{{say: oi}}]
    reference_actions: []
  - id: ways-not-done
    given: {{requests: [{PRINTER}]}}
    turns: [{{agent: {{status: solved}}}}, {{say: obrigada}}]
    reference_actions: [{{agent: {{status: solved}}}}, {{rate: {{stars: 5}}}}, {{comment: {{text: "sala 204"}}}}]
  - id: ways-handed-over
    turns: [{{say: "quero falar com uma pessoa"}}]
    reference_actions: [{{hand_off: true}}]
  - id: ways-proven-first
    verified: false
    turns: [{{say: oi}}, {{email: true}}, {{code: right}}]
    reference_actions: [{{verify: true}}]
  - id: ways-impossible
    given: {{requests: [{PRINTER}]}}
    turns: [{{say: oi}}]
    reference_actions: [{{rate: {{stars: 5}}}}]
"""


@pytest.fixture
def suites(tmp_path):
    def read(cases: str):
        file = tmp_path / "reference.yaml"
        file.write_text(HEAD + cases, "utf-8")
        return read_suites([file])

    return read


async def test_the_state_counts_and_not_the_way(suites, settings, small_company):
    read = suites(CASES)
    check(read, small_company)
    plan = Plan(read, settings, small_company, settings.data_dir / "shared")
    rows = {row.case: row for row in await run(plan, [], lambda _: None)}
    state = {name: row.score("state") for name, row in rows.items()}

    for name in ("at-once", "corrected", "free-field", "nothing", "handed-over", "proven-first"):
        assert rows[f"ways-{name}"].verdict == "passed", state[f"ways-{name}"]
    wrong = state["ways-wrong-field"].details
    assert any("its field location is 'campinas', not 'recife'" in told for told in wrong)
    told = state["ways-not-done"].details
    assert "request #1001: its rating is None, not 5" in told
    assert "request #1001: no comment says 'sala 204'" in told
    assert rows["ways-impossible"].verdict == "error"
    assert "reference action 1 (rate): status: the request is open, not solved" in rows["ways-impossible"].trouble

    again = await run(replace(plan, suites=tuple(s.only(["ways-corrected"]) for s in read)), [], lambda _: None)
    assert again[0].scores == rows["ways-corrected"].scores


@pytest.mark.parametrize(
    ("action", "complaint"),
    [
        ("{rate: {stars: 5}}", r"reference action 1 \(rate\) is about request 1, and there are 0"),
        ("{rate: {stars: 9}}", "less than or equal to 5"),
        ("{close: 1, hand_off: true}", "exactly one thing, not close, hand_off"),
        ("{}", "exactly one thing, not nothing"),
        ("{comment: {text: ' '}}", "a comment needs a text or attachments"),
        ("{create: {category: printing}}", "Extra inputs"),
    ],
)
def test_an_action_that_cannot_be_is_told_in_one_sentence(suites, action, complaint):
    with pytest.raises(SuiteError, match=complaint):
        suites(f"  - {{id: one-case, turns: [{{say: oi}}], reference_actions: [{action}]}}\n")


def test_nobody_acts_at_the_desk_unproven_and_agents_acts_are_told_again(suites):
    opening = "{create_request: {category: printing}}"
    with pytest.raises(SuiteError, match="needs a verify before it"):
        suites(f"  - {{id: one-case, verified: false, turns: [{{say: oi}}], reference_actions: [{opening}]}}\n")
    with pytest.raises(SuiteError, match="the reference actions need that agent's act too"):
        suites("  - {id: one-case, turns: [{agent: {reply: oi}}], reference_actions: []}\n")


@pytest.mark.parametrize(
    ("action", "complaint"),
    [
        ("{join_outage: nothing}", "reference action 1: there is no outage nothing"),
        ("{create_request: {category: cars}}", "reference action 1: there is no category cars"),
        ("{create_request: {category: printing, fields: {colour: red}}}", "printing has no field colour"),
        ("{create_request: {category: printing, fields: {location: moon}}}", "'moon' cannot be in the field location"),
    ],
)
def test_what_the_company_does_not_have_is_named(suites, small_company, action, complaint):
    with pytest.raises(SuiteError, match=complaint):
        check(suites(f"  - {{id: one-case, turns: [{{say: oi}}], reference_actions: [{action}]}}\n"), small_company)


def test_editors_know_reference_actions():
    assert "reference_actions" in schema("conversation")
    assert "create_request" in schema("conversation")
