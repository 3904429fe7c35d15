"""Short questions as colleagues write them, over the demo's articles."""

from pathlib import Path

import pytest

from eval.judged import JudgedSetError, read_judged_set
from eval.retrieval import evaluate

ROOT = Path(__file__).parents[2]
SUITE = ROOT / "eval/suites/retrieval/demo"
ARTICLES = ROOT / "app/demo/company/articles"


def test_short_misspelt_questions_find_their_article_among_the_first_five(tmp_path: Path) -> None:
    judged = read_judged_set(ARTICLES, SUITE / "queries.jsonl", SUITE / "qrels.tsv", body_field="body", titles=True)
    report = evaluate(judged, tmp_path, None, lambda _part, _done, _total: None)
    plain, ours = report.runs
    assert report.queries >= 60
    assert ours.measures["hit@5"][0] >= 0.97
    assert ours.measures["R@1"][0] >= 0.9
    assert ours.measures["hit@5"][0] > plain.measures["hit@5"][0]


def test_every_judged_article_is_open_to_all_and_exists() -> None:
    known = {file.stem for file in ARTICLES.rglob("*.md")}
    judged = {line.split("\t")[2] for line in (SUITE / "qrels.tsv").read_text().splitlines()}
    assert judged <= known


def test_a_folder_with_a_broken_article_is_a_sentence_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "broken.md").write_text("no front matter")
    with pytest.raises(JudgedSetError, match=r"broken\.md"):
        read_judged_set(tmp_path, SUITE / "queries.jsonl", SUITE / "qrels.tsv", body_field="body", titles=True)
    (tmp_path / "broken.md").unlink()
    with pytest.raises(JudgedSetError, match="no articles"):
        read_judged_set(tmp_path, SUITE / "queries.jsonl", SUITE / "qrels.tsv", body_field="body", titles=True)
