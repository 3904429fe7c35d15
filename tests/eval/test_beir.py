"""A BEIR folder is a retrieval suite like any other."""

import json

import pytest

from eval import runs
from eval.comparing import difference
from eval.gates import Gates, exit_code, judge
from eval.metrics import metrics
from eval.options import with_changes
from eval.running import Plan, run
from eval.suite import SuiteError, read_suites

CORPUS = (
    {"_id": "D1", "title": "Redefinir a senha", "text": "Abra o portal, toque em Esqueci a senha e siga o SMS."},
    {"_id": "D2", "title": "Conectar na VPN", "text": "Instale o aplicativo da VPN e reinicie o roteador."},
    {"_id": "D3", "title": "Pedir folga", "text": "Fale com o gestor e registre a folga no portal de pessoas."},
)
QUERIES = (
    {"_id": "PLAIN-1", "text": "esqueci a minha senha"},
    {"_id": "plain_1", "text": "como conectar na vpn"},
    {"_id": "12", "text": "quero pedir folga"},
    {"_id": "13", "text": "ninguém julgou isto"},
)
HEAD = "query-id\tcorpus-id\tscore\n"


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "nano"
    (made / "qrels").mkdir(parents=True)
    for name, rows in (("corpus", CORPUS), ("queries", QUERIES)):
        (made / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    (made / "qrels" / "test.tsv").write_text(f"{HEAD}PLAIN-1\tD1\t2\nPLAIN-1\tD3\t1\nplain_1\tD2\t1\n12\tD3\t1\n")
    (made / "qrels" / "dev.tsv").write_text(f"{HEAD}12\tD3\t1\n")
    return made


async def test_a_folder_is_run_compared_and_gated_as_a_suite(folder, settings, small_company, tmp_path):
    [suite] = read_suites([folder])
    assert (suite.name, suite.layer, len(suite.cases), len(suite.corpus)) == ("nano-test", "retrieval", 3, 3)
    assert {case.language for case in suite.cases} == {"pt-BR"}
    assert len({case.id for case in suite.cases}) == 3
    assert suite.cases[0].grades == {"D1": 2, "D3": 1}

    plan = Plan((suite,), settings, small_company, settings.data_dir / "shared")
    rows = await run(plan, [], lambda _: None)
    found = metrics(rows)
    assert all(row.verdict != "error" for row in rows)
    assert found["retrieval/R@3"].interval.mean > 0.8
    assert found["retrieval/nano-test/nDCG@10"].interval.clusters == 3

    strict = Plan((suite,), with_changes(settings, ["knowledge.answer_from=0.99"]), small_company, plan.folder)
    told = difference(rows, await run(strict, [], lambda _: None))
    assert "retrieval/answered" in {each.metric for each in told.metrics}
    gates = Gates.model_validate({"gates": [{"metric": "retrieval/R@3", "at_least": 0.8}]})
    assert exit_code(judge(gates, rows)) == 0

    facts = runs.begin(plan, tmp_path / "run")
    assert facts.suites == {"nano-test": suite.sha}
    (folder / "corpus.jsonl").write_text(json.dumps(CORPUS[0]) + "\n", "utf-8")
    with pytest.raises(runs.RunError, match="other cases in nano-test"):
        runs.go_on(Plan(read_suites([folder]), settings, small_company, plan.folder), tmp_path / "run")


def test_another_split_is_named_by_its_file(folder):
    [suite] = read_suites([folder / "qrels" / "dev.tsv"])
    assert (suite.name, [case.question for case in suite.cases]) == ("nano-dev", ["quero pedir folga"])


def test_a_folder_that_is_broken_names_file_and_line(folder):
    (folder / "corpus.jsonl").write_text('{"_id": "D1"}\n', "utf-8")
    with pytest.raises(SuiteError, match=r"corpus\.jsonl, line 1: no body"):
        read_suites([folder])
