"""A model as a judge: faithful, biased and broken ones behind a real endpoint on loopback."""

from dataclasses import replace

import pytest
from pydantic import SecretStr

from app.settings import JudgeSettings, LlmSettings
from eval import runs
from eval.gates import Gates, exit_code, judge
from eval.judge import JudgeError, judge_of
from eval.markdown import write_markdown
from eval.opinion import CRITERIA
from eval.page import write_page
from eval.pricing import estimate
from eval.report import gather
from eval.running import Plan, run
from eval.suite import read_suites
from eval.validating import LABELLED, LabelledAnswersError, cohen, keep, kept, read_labelled, validate
from tests.provider.judges import biased_judge, faithful_judge, kind_judge
from tests.provider.server import Provider, Say, serving, trouble

PRICES = {"judge-1": (1.0, 4.0, 0.5)}
SUITE = """
suite: small-talk
layer: conversation
cases:
  - {id: talk-hello, turns: [{say: oi}]}
  - {id: talk-vpn, turns: [{say: "a vpn dá erro 809"}], expect: {answered: true}}
"""


@pytest.fixture
async def provider(free_port):
    async with serving(Provider(mind=kind_judge()), free_port()) as up:
        yield up


@pytest.fixture
def asked(settings, provider):
    """Settings that name the judge, and no other model."""
    own = JudgeSettings(base_url=provider.url, api_key=SecretStr("k"), model="judge-1")
    return settings.model_copy(update={"judge": own, "llm": LlmSettings(prices=PRICES)})


@pytest.fixture
async def judging(asked):
    """The judge, its connections closed afterwards."""
    made = judge_of(asked)
    yield made
    await made.close()


def people():
    return {answer.answer: answer.people for answer in read_labelled([LABELLED])[0]}


async def told(judging, mind, provider):
    provider.mind = mind
    answers, sha = read_labelled([LABELLED])
    return await validate(judging, answers, sha)


def test_the_labelled_answers_are_good_and_bad_ones_in_three_languages():
    answers, _ = read_labelled([LABELLED])
    assert len(answers) >= 40
    assert {answer.language for answer in answers} == {"pt-BR", "es", "en"}
    for name in CRITERIA:
        labels = [answer.people[name] for answer in answers if name in answer.people]
        assert min(labels.count(True), labels.count(False)) >= 6


async def test_a_faithful_judge_agrees_and_its_cost_is_told(judging, provider):
    found, opinions = await told(judging, faithful_judge(people()), provider)
    assert [each.criterion for each in found.criteria] == [*CRITERIA, "all"]
    assert all(each.agreement[0] == 1 and each.kappa and each.kappa[0] == 1 for each in found.criteria)
    assert all(each.kappa[1] < 1 and each.agreement[1] < 1 for each in found.criteria)  # so few cannot prove it
    assert all(each.only_judge == each.only_people == each.unsure == 0 for each in found.criteria)
    assert found.errors == 0
    assert found.cost > 0
    assert opinions[0].prompt.startswith("judge@1+")


async def test_a_judge_that_likes_everything_agrees_no_more_than_chance(judging, provider):
    found, _ = await told(judging, kind_judge(), provider)
    whole = found.criteria[-1]
    assert whole.kappa is not None
    assert whole.kappa[0] == 0
    assert whole.agreement[0] > 0.6
    assert whole.only_judge > 0
    assert whole.only_people == 0


async def test_what_turns_with_the_order_of_asking_is_no_verdict(judging, provider):
    found, opinions = await told(judging, biased_judge(), provider)
    assert {opinions[0].verdicts["helpful"], opinions[0].verdicts["language"]} == {None}
    assert found.criteria[-1].unsure >= 2 * found.answers


async def test_a_broken_judge_has_no_opinion_and_breaks_nothing(judging, provider):
    found, opinions = await told(judging, lambda _: '{"findings": []}', provider)
    assert found.errors == found.answers
    assert {opinion.trouble for opinion in opinions} == {"incomplete"}
    found, opinions = await told(judging, lambda _: "I like it!", provider)
    assert {opinion.trouble for opinion in opinions} == {"malformed"}
    provider.will(trouble(503), Say('{"findings": [{"criterion": "kind", "reason": "", "verdict": "perhaps"}]}'))
    _, opinions = await told(judging, faithful_judge(people()), provider)
    assert sum(bool(opinion.trouble) for opinion in opinions) <= 1  # each is asked once more


async def test_an_opinion_is_recorded_beside_the_verdict_and_never_part_of_it(
    asked, judging, provider, small_company, tmp_path
):
    (tmp_path / "talk.yaml").write_text(SUITE, "utf-8")
    provider.mind = faithful_judge({"Oi": {"kind": False}})
    plan = Plan(
        read_suites([tmp_path / "talk.yaml"]),
        asked.model_copy(update={"llm": LlmSettings()}),
        small_company,
        asked.data_dir / "shared",
        judge=judging,
    )
    rows = {row.case: row for row in await run(plan, [], lambda _: None)}
    hello = rows["talk-hello"]
    assert hello.verdict == "passed"
    assert hello.opinion is not None
    assert hello.opinion.verdicts == {"helpful": True, "kind": False, "language": True}
    assert rows["talk-vpn"].opinion is not None
    assert "supported" in rows["talk-vpn"].opinion.verdicts
    assert hello.cost == 0 < hello.spent
    price = estimate(plan, [], None)
    assert price.cost == pytest.approx(2 * (3000 * 1 + 400 * 4) / 1e6)

    gates = Gates.model_validate({"gates": [{"metric": "conversation/judge_kind", "at_least": 0.9}]})
    assert exit_code(judge(gates, list(rows.values()))) == 1

    run_folder = tmp_path / "eval" / "runs" / "r"
    facts = runs.begin(plan, run_folder)
    for row in rows.values():
        runs.add_row(run_folder, row)
    page = pages(run_folder, tmp_path)
    assert "Opinion of a model" in page
    assert "Not validated" in page
    assert "judge_" not in page.partition("Opinion of a model</h2>")[0]

    found, _ = await told(judging, faithful_judge(people()), provider)
    keep(tmp_path / "eval" / runs.JUDGES, found)
    assert "42 labelled answers" in pages(run_folder, tmp_path)
    assert kept(tmp_path / "eval" / runs.JUDGES, "judge-1", "judge@9+other") is None
    assert facts.judge_name.startswith("judge-1, judge@1+")
    with pytest.raises(runs.RunError, match="another judge_name"):
        runs.go_on(replace(plan, judge=None), run_folder)


def pages(run_folder, tmp_path) -> str:
    gathered = gather(runs.with_validation(run_folder))
    write_page(gathered, tmp_path / "r.html")
    write_markdown(gathered, tmp_path / "r.md")
    assert "## Opinion of a model" in (tmp_path / "r.md").read_text("utf-8")
    return (tmp_path / "r.html").read_text("utf-8")


async def test_a_run_stops_when_the_judge_has_spent_the_budget(asked, judging, small_company, tmp_path):
    (tmp_path / "talk.yaml").write_text(SUITE, "utf-8")
    plan = Plan(
        read_suites([tmp_path / "talk.yaml"]),
        asked.model_copy(update={"llm": LlmSettings()}),
        small_company,
        asked.data_dir / "shared",
        at_once=1,
        budget=1e-9,
        judge=judging,
    )
    assert len(await run(plan, [], lambda _: None)) == 1


def test_a_judge_must_be_named_and_keys_stay_with_their_endpoint(settings):
    with pytest.raises(JudgeError, match="RECADO_JUDGE__BASE_URL"):
        judge_of(settings)
    llm = LlmSettings(base_url="http://127.0.0.1:9/v1", api_key=SecretStr("llm-key"), model="m")
    other = JudgeSettings(base_url="http://127.0.0.2:9/v1", model="j")
    made = judge_of(settings.model_copy(update={"llm": llm, "judge": other}))
    assert made.asker._endpoint.api_key.get_secret_value() == ""
    assert judge_of(settings.model_copy(update={"llm": llm})).asker._endpoint.api_key.get_secret_value() == "llm-key"


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{", "line 1: the line"),
        ('{"id": "a-b-c", "language": "en", "asked": "x", "answer": "y", "people": {"nice": true}}', "people"),
        ("", "no labelled answer"),
    ],
)
def test_labelled_answers_that_cannot_be_used_name_their_line(tmp_path, line, complaint):
    (tmp_path / "x.jsonl").write_text(line, "utf-8")
    with pytest.raises(LabelledAnswersError, match=complaint):
        read_labelled([tmp_path / "x.jsonl"])


def test_kappa_is_that_of_the_books():
    np = pytest.importorskip("numpy")
    metrics = pytest.importorskip("sklearn.metrics")
    dice = np.random.default_rng(1)
    people, machine = dice.random(80) < 0.7, dice.random(80) < 0.6
    assert cohen(people, machine) == pytest.approx(metrics.cohen_kappa_score(people, machine))
    assert cohen(people[:1], machine[:1]) is None
    assert cohen(np.ones(5, bool), np.ones(5, bool)) is None
