import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from eval.applying import judge
from eval.cli import eval_app
from eval.judged import Query, read_judged_set
from retrieval.articles import read_folder

COMPANY = Path(__file__).parents[2] / "app" / "demo" / "company" / "articles" / "es"
FOREIGN = ("¿cuánto dura un viaje a la luna?", "receta de tarta de manzana", "¿quién ganó el mundial?")


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    articles = sorted(read_folder(COMPANY).articles.values(), key=lambda article: article.id)
    corpus = [{"id": a.id, "lang": "es", "title": a.title, "body": a.body} for a in articles]
    queries = [{"qid": a.id, "lang": "es", "text": f"hola, {a.title.lower()}"} for a in articles[:20]]
    foreign = [{"qid": str(n), "lang": "es", "text": text} for n, text in enumerate(FOREIGN)]
    paths = [tmp_path / name for name in ("corpus.jsonl", "queries.jsonl", "foreign.jsonl", "qrels.tsv")]
    for path, rows in zip(paths, (corpus, queries, foreign), strict=False):
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    paths[3].write_text("".join(f"{a.id}\t0\t{a.id}\t1\n" for a in articles[:20]))
    return paths


def test_titles_are_told_from_hidden_articles_and_from_foreign_questions(files: list[Path], tmp_path: Path) -> None:
    judged = read_judged_set(files[0], files[1], files[3], body_field="body", titles=True)
    verdict = judge(judged, [Query("x", "es", text) for text in FOREIGN], tmp_path / "index", None)
    for way in (verdict.shipped, verdict.learned):
        assert way.against_removed > 0.9
        assert way.against_foreign > 0.95
        assert way.answered[0] >= way.answered[1]
        assert way.offered[0] >= way.answered[0] > 0.5
        assert 0 <= way.error <= 1
    assert (verdict.questions, verdict.foreign) == (20, 3)
    assert verdict.expected[0].found.questions > 50


def test_the_command_shows_both_ways_and_what_was_expected(files: list[Path], tmp_path: Path) -> None:
    corpus, queries, foreign, qrels = map(str, files)
    report = tmp_path / "report.json"
    asked = ["applies", "--corpus", corpus, "--queries", queries, "--qrels", qrels, "--foreign", foreign]
    done = CliRunner().invoke(eval_app, [*asked, "--words-only", "--json", str(report)])
    assert done.exit_code == 0, done.output
    assert "As expected" in done.output
    assert set(json.loads(report.read_text())) >= {"shipped", "learned", "expected"}
    files[2].write_text("no json")
    assert CliRunner().invoke(eval_app, asked).exit_code == 2
