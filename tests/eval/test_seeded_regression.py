"""A worse threshold is caught by the gate; a setting that changes nothing an employee sees is not."""

from dataclasses import replace

import pytest

from eval.gates import Gate, Gates, exit_code, judge
from eval.options import with_changes
from eval.record import Row
from eval.running import Plan, run
from eval.suite import read_suites

# Questions about the three articles of the small company, and about none of them.
ASKED = {
    "vpn-error-809": ("erro 809 na vpn", "vpn dá erro 809", "vpn error 809", "what is vpn error 809",
                      "a vpn mostra o erro 809", "me sale el error 809 en la vpn"),
    "password-reset": ("esqueci minha senha", "como redefinir a senha", "redefinir senha",
                       "preciso redefinir minha senha", "quero redefinir a minha senha",
                       "esqueci a senha, como redefinir?"),
}  # fmt: skip
FOREIGN = ("receita de bolo de cenoura", "quem ganhou o jogo ontem", "letra de parabéns a você", "raiz quadrada de 144")
GATES = Gates(
    gates=(
        Gate(metric="retrieval/missed_answers", at_most=0.5, may_lose=0.05),
        Gate(metric="retrieval/false_answers", at_most=0.25, may_lose=0.05),
    )
)


@pytest.fixture
def plan(settings, small_company, tmp_path) -> Plan:
    lines = ["suite: small-questions", "layer: retrieval", "cases:"]
    for article, questions in ASKED.items():
        for number, question in enumerate(questions):
            name = f"{article}-{'abcdef'[number]}"
            lines.append(f'  - {{id: "{name}", question: "{question}", relevant: [{article}], band: [answer]}}')
    for number, question in enumerate(FOREIGN):
        lines.append(f'  - {{id: "foreign-{"abcd"[number]}", question: "{question}", relevant: []}}')
    file = tmp_path / "small.yaml"
    file.write_text("\n".join(lines), "utf-8")
    return Plan(read_suites([file]), settings, small_company, settings.data_dir / "shared")


async def rows_with(plan: Plan, *changes: str) -> list[Row]:
    return await run(replace(plan, settings=with_changes(plan.settings, changes)), [], lambda _: None)


async def test_a_worse_threshold_breaks_the_gate_and_a_harmless_change_does_not(plan):
    before = await rows_with(plan)
    assert exit_code(judge(GATES, before)) == 0

    harmless = judge(GATES, await rows_with(plan, "turns.tries=3", "knowledge.look_every=5"), before)
    worse = judge(GATES, await rows_with(plan, "knowledge.answer_from=1", "knowledge.offer_from=1"), before)

    assert exit_code(harmless) == 0
    assert exit_code(worse) == 1
    assert [(each.metric, each.result) for each in worse] == [
        ("retrieval/missed_answers", "broken"),
        ("retrieval/missed_answers", "broken"),
        ("retrieval/false_answers", "held"),
        ("retrieval/false_answers", "held"),
    ]
