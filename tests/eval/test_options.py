"""What a run can be asked to change, with a real provider on loopback."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from app.settings import LlmSettings
from eval import runs
from eval.options import RECORDING, OptionError, prompts_named, with_changes, with_engine
from eval.pricing import earlier_run, estimate
from eval.record import Row
from eval.running import Plan, run
from eval.suite import read_suites
from prompts.instructions import FOLDER
from tests.provider.faithful import faithful
from tests.provider.server import Provider, Say, serving

SUITE = """
suite: small-words
layer: understanding
defaults: {spoken: es, employee: camilo}
cases:
  - {id: small-vpn, text: "la vpn se desconecta cada dos minutos", category: network-vpn}
  - {id: small-print, text: "la impresora no imprime", category: printing}
"""
PRICES = {"faithful-1": (1.0, 4.0, 0.5)}


@pytest.fixture
async def provider(free_port):
    async with serving(Provider(mind=faithful), free_port()) as up:
        yield up


@pytest.fixture
def plan(settings, small_company, tmp_path) -> Plan:
    (tmp_path / "small.yaml").write_text(SUITE, "utf-8")
    return Plan(read_suites([tmp_path / "small.yaml"]), settings, small_company, settings.data_dir / "shared")


@pytest.fixture
def thinking(plan, provider, tmp_path) -> Plan:
    """The plan on the model at the loopback, recorded."""
    llm = LlmSettings(base_url=provider.url, api_key=SecretStr("k"), model="faithful-1", prices=PRICES)
    settings = plan.settings.model_copy(update={"llm": llm})
    return replace(plan, settings=with_engine(settings, "llm", tmp_path / "run", None), at_once=1)


async def rows_of(plan: Plan, done: list[Row] | None = None) -> dict[str, Row]:
    return {row.case: row for row in await run(plan, done or [], lambda _: None)}


async def test_what_a_model_said_is_replayed_without_it(thinking, provider, tmp_path):
    said = await rows_of(thinking)
    asked = len(provider.asked)
    again = await rows_of(
        replace(thinking, settings=with_engine(thinking.settings, "replay", tmp_path, tmp_path / "run"))
    )

    assert asked
    assert len(provider.asked) == asked
    assert all(row.cost > 0 and row.tokens > 0 for row in said.values())
    for name, row in said.items():
        assert (again[name].verdict, again[name].scores) == (row.verdict, row.scores)


async def test_a_model_that_is_away_is_no_failure_of_the_agent(thinking, provider):
    provider.script.extend([Say(status=401, error={"message": "no", "type": "error"})] * 20)
    rows = await rows_of(thinking)

    assert {row.verdict for row in rows.values()} == {"error"}
    assert "key_refused" in rows["small-vpn"].trouble


async def test_a_run_stops_at_its_budget_and_goes_on_later(thinking):
    first = await rows_of(replace(thinking, budget=1e-9))
    assert list(first) == ["small-vpn"]

    later = await rows_of(replace(thinking, budget=1.0), list(first.values()))
    assert list(later) == ["small-print"]


async def test_another_prompt_is_what_the_model_reads_and_is_written_down(thinking, provider, tmp_path):
    mine = tmp_path / "mine.md"
    mine.write_text(
        (FOLDER / "understand.md").read_text("utf-8").replace("# System\n", "# System\nBe brisk.\n"), "utf-8"
    )
    tried = replace(thinking, prompts=prompts_named([f"understand={mine}"]))
    await rows_of(tried)

    assert any("Be brisk." in json.dumps(body) for body in provider.asked)
    then, now = runs.made_with(thinking, "a").prompts, runs.made_with(tried, "b").prompts
    assert [name for name in then if then[name] != now[name]] == ["understand"]


async def test_a_recording_of_other_prompts_is_refused(thinking, tmp_path):
    await rows_of(thinking)
    file = tmp_path / "run" / RECORDING
    head, *rest = file.read_text("utf-8").splitlines(keepends=True)
    made_with = json.loads(head)
    made_with["prompts"]["model/understand"] = "0+old"
    file.write_text(json.dumps(made_with) + "\n" + "".join(rest), "utf-8")
    with pytest.raises(OptionError, match="stale: model/understand was 0"):
        with_engine(thinking.settings, "replay", tmp_path, tmp_path / "run")


def test_any_setting_can_be_changed_for_a_run_and_is_checked(settings):
    changed = with_changes(settings, ["knowledge.answer_from=0.9", 'llm.prices={"m": [1, 2, 0]}', "turns.tries=2"])
    assert (changed.knowledge.answer_from, changed.llm.prices, changed.turns.tries) == (0.9, {"m": (1, 2, 0)}, 2)
    told = runs.changed_settings(changed)
    assert told["knowledge.answer_from"] == "0.9"
    assert "identity.pepper" not in told


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ("knowledge.answer_from", "write group.field=value"),
        ("port=1", "write group.field=value"),
        ("knowledge.answer_form=1", "knowledge has no answer_form; it has "),
        ("knowlege.answer_from=1", "there is no knowlege"),
        ("knowledge.answer_from=high", "valid number"),
        ("knowledge.answer_from=0.2", "must not be above"),
        ("llm.model.name=x", "there is no"),
        ("database.url=sqlite:///x", "database of its own"),
    ],
)
def test_a_setting_that_cannot_be_is_told_in_one_sentence(settings, change, complaint):
    with pytest.raises(OptionError, match=complaint):
        with_changes(settings, [change])


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (None, "is no prompt"),
        ("no front matter", "is no prompt"),
        ("---\nversion: 1\nvariables: []\n---\nHi", "is given"),
    ],
)
def test_a_prompt_that_cannot_be_used_is_told_in_one_sentence(tmp_path: Path, text, complaint):
    file = tmp_path / "p.md"
    if text is not None:
        file.write_text(text, "utf-8")
    with pytest.raises(OptionError, match=complaint):
        prompts_named([f"understand={file}"])
    with pytest.raises(OptionError, match="undertake is no prompt"):
        prompts_named([f"undertake={file}"])


def test_a_model_or_a_recording_must_be_there_to_be_used(settings, tmp_path):
    with pytest.raises(OptionError, match="RECADO_LLM__BASE_URL"):
        with_engine(settings, "llm", tmp_path, None)
    with pytest.raises(OptionError, match="--recording"):
        with_engine(settings, "replay", tmp_path, None)
    with pytest.raises(OptionError, match="cannot be read"):
        with_engine(settings, "replay", tmp_path, tmp_path)


def test_a_price_is_reckoned_from_an_earlier_run_where_there_is_one(plan, tmp_path):
    llm = LlmSettings(model="faithful-1", prices=PRICES)
    plan = replace(plan, settings=plan.settings.model_copy(update={"llm": llm}))
    usual = estimate(plan, [], None)
    assert (usual.cases, usual.basis) == (2, "usual lengths")
    assert usual.cost == pytest.approx(2 * (2500 * 1 + 150 * 4) / 1e6)

    facts = runs.begin(plan, tmp_path / "runs" / "old").model_copy(update={"engine": "llm"})
    runs.write_facts(tmp_path / "runs" / "old", facts.model_copy(update={"ended_at": facts.started_at}))
    runs.add_row(tmp_path / "runs" / "old", Row(case="x", suite="s", layer="understanding", tokens=100, cost=0.25))
    known = earlier_run(tmp_path / "runs", "faithful-1")
    told = estimate(plan, [("small-vpn", 0)], runs.read_run(known))
    assert (told.cases, told.tokens, told.cost, told.basis) == (1, 100, 0.25, "the run old")
    assert earlier_run(tmp_path / "runs", "another") is None


def test_without_a_price_none_is_told(plan):
    llm = LlmSettings(model="unpriced")
    told = estimate(replace(plan, settings=plan.settings.model_copy(update={"llm": llm})), [], None)
    assert told.cost is None
    assert "no price known" in str(told)


def test_a_run_is_continued_only_by_what_began_it(plan, tmp_path):
    folder = tmp_path / "run"
    runs.begin(plan, folder)
    runs.add_row(folder, Row(case="small-vpn", suite="small-words", layer="understanding"))
    runs.add_row(folder, Row(case="small-print", suite="small-words", layer="understanding", verdict="error"))
    with (folder / runs.ROWS).open("a") as file:
        file.write('{"case": "cut sho')

    _, rows = runs.go_on(plan, folder)
    assert [row.case for row in rows] == ["small-vpn"]
    assert [row.case for row in runs.read_run(folder)[1]] == ["small-vpn"]
    with pytest.raises(runs.RunError, match="another seed"):
        runs.go_on(replace(plan, seed=5), folder)
    changed = with_changes(plan.settings, ["knowledge.answer_from=0.9"])
    with pytest.raises(runs.RunError, match="another settings"):
        runs.go_on(replace(plan, settings=changed), folder)
    (tmp_path / "small.yaml").write_text(SUITE + "  - {id: small-more, text: hola, intent: ask}\n", "utf-8")
    with pytest.raises(runs.RunError, match="other cases in small-words"):
        runs.go_on(replace(plan, suites=read_suites([tmp_path / "small.yaml"])), folder)
