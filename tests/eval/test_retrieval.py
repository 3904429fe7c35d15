import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from eval.cli import eval_app
from eval.judged import JudgedSetError, read_judged_set
from eval.retrieval import MEASURES, evaluate, interval

CORPUS = (
    {"id": "senha", "lang": "pt", "title": "Redefinir a senha", "body": "Abra o portal e toque em Esqueci."},
    {"id": "vpn", "lang": "pt", "title": "Conectar na VPN", "body": "Instale o aplicativo e reinicie o roteador."},
    {"id": "folga", "lang": "pt", "title": "Pedir folga", "body": "Fale com o gestor e registre no portal."},
)
QUERIES = (
    {"qid": "1", "lang": "pt", "text": "esqueci a snha"},
    {"qid": "2", "lang": "es", "text": "conectar la VPN"},
    {"qid": "3", "lang": "pt", "text": "sem resposta aqui"},
)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / name for name in ("corpus.jsonl", "queries.jsonl", "qrels.tsv")]
    for path, rows in zip(paths, (CORPUS, QUERIES), strict=False):
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    paths[2].write_text("1\t0\tsenha\t1\n2\t0\tvpn\t1\n3\t0\tgone\t1\n")
    return paths


def test_both_systems_answer_the_same_questions_and_every_measure_has_its_interval(
    files: list[Path], tmp_path: Path
) -> None:
    judged = read_judged_set(*files, body_field="body", titles=True)
    report = evaluate(judged, tmp_path / "index", None, lambda _part, _done, _total: None)
    assert (report.documents, report.queries) == (3, 2)
    for run in report.runs:
        assert set(run.measures) == set(MEASURES)
        assert all(low <= mean <= high for mean, low, high in run.measures.values())
    assert report.runs[1].by_query["R@1"] == {"1": 1.0, "2": 1.0}


def test_without_titles_neither_system_sees_one(files: list[Path]) -> None:
    judged = read_judged_set(*files, body_field="body", titles=False)
    assert {article.title for article in judged.articles} == {""}


def test_the_interval_is_the_same_every_time_and_a_constant_has_none() -> None:
    assert interval([0.0, 1.0, 1.0]) == interval([0.0, 1.0, 1.0])
    assert interval([0.5, 0.5]) == (0.5, 0.5, 0.5)


@pytest.mark.parametrize(
    ("place", "content", "told"),
    [
        (0, "{\n", "line 1: not JSON"),
        (0, "[]\n", "not a JSON object"),
        (0, '{"id": "a", "lang": "fr", "body": "b"}\n', "lang must be"),
        (0, '{"id": "a", "lang": "pt"}\n', "no body"),
        (0, '{"id": "a", "lang": "pt", "body": 3}\n', "must be text"),
        (1, '{"qid": "1", "lang": "pt"}\n', "no text"),
        (2, "1\t0\tsenha\n1\t0\tsenha\tgood\n", "line 2: not `question 0 document grade`"),
        (2, "1\t0\tgone\t1\n", "No question of"),
    ],
)
def test_a_bad_file_is_a_sentence_with_its_line(files: list[Path], place: int, content: str, told: str) -> None:
    files[place].write_text(content)
    with pytest.raises(JudgedSetError, match=told):
        read_judged_set(*files, body_field="body", titles=True)


def test_the_command_prints_a_table_and_writes_json_and_refuses_bad_files(files: list[Path], tmp_path: Path) -> None:
    options = [f"--{name}={file}" for name, file in zip(("corpus", "queries", "qrels"), files, strict=True)]
    outcome = CliRunner().invoke(
        eval_app, ["retrieval", *options, "--words-only", "--json", str(tmp_path / "report.json")]
    )
    assert outcome.exit_code == 0, outcome.output
    assert "nDCG@10" in outcome.output
    assert json.loads((tmp_path / "report.json").read_text())["queries"] == 2
    files[0].write_text("{\n")
    assert CliRunner().invoke(eval_app, ["retrieval", *options, "--words-only"]).exit_code == 2
