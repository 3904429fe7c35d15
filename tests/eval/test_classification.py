import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from app.demo.load import COMPANY
from eval.classification import Bench, measure, measure_folds
from eval.cli import eval_app
from eval.labelled import NONE, Labelled, LabelledSetError, folded, read_catalogue, read_labelled

WORDS = {
    "fruit": ["green apple", "a ripe apple", "apple pie", "one more apple", "sour apple juice", "apple tree"],
    "metal": ["iron rod", "an iron gate", "rusty iron", "iron and steel", "cast iron pan", "iron ore"],
    "bird": ["a small owl", "the owl hoots", "barn owl", "owl at night", "snowy owl", "owl feathers"],
}
ROWS = [Labelled(text, label) for label, texts in WORDS.items() for text in texts]
STRANGE = [Labelled("quantum chromodynamics", NONE), Labelled("zzz", NONE)]


def write(file, rows):
    file.write_text("".join(json.dumps({"text": r.text, "label": r.label}) + "\n" for r in rows), "utf-8")
    return file


def test_texts_that_share_words_with_the_examples_find_their_label():
    report = measure(Bench(), ROWS, [Labelled("apple cake", "fruit"), Labelled("iron nail", "metal"), *STRANGE])
    assert report.accuracy_1.mean == report.accuracy_3.mean == 1.0
    assert report.none_recall.mean == 1.0
    assert report.none_auroc == 1.0
    assert (report.labels, report.learnt_from, report.texts) == (3, 18, 4)


def test_a_label_nothing_was_learnt_about_is_wrong_and_named():
    report = measure(Bench(), ROWS, [Labelled("apple cake", "cake"), Labelled("iron nail", "metal")])
    assert report.unknown == ("cake",)
    assert report.accuracy_1.mean == 0.5
    assert report.none_recall is None


def test_a_threshold_of_one_refuses_everything():
    report = measure(Bench(threshold=1.0), ROWS, [Labelled("apple cake", "fruit"), *STRANGE])
    assert report.refused.mean == 1.0
    assert report.none_recall.mean == 1.0
    assert report.none_precision.mean == pytest.approx(2 / 3)
    assert report.confused == (("fruit", NONE, 1),)


def test_every_text_is_judged_once_by_a_classifier_that_has_not_seen_it():
    report = measure_folds(Bench(), ROWS, 6, seed=1)
    assert report.texts == len(ROWS)
    assert report.learnt_from == 15
    assert report.accuracy_1.mean == 1.0


def test_the_catalogue_alone_teaches_its_categories():
    categories = read_catalogue(COMPANY / "catalogue.yaml")
    report = measure(Bench(categories), [], [Labelled("esqueci a minha senha do windows", "access-password")])
    assert report.accuracy_1.mean == 1.0
    assert report.labels == len(categories)


@given(st.lists(st.sampled_from("abcd"), min_size=4, max_size=60), st.integers(2, 4), st.integers(0, 9))
def test_parts_share_nothing_and_miss_nothing_and_every_label_is_dealt_out(labels, count, seed):
    rows = [Labelled(f"text {number}", label) for number, label in enumerate(labels)]
    parts = list(folded(rows, count, seed))
    assert sorted(row.text for _, test in parts for row in test) == sorted(row.text for row in rows)
    for train, test in parts:
        assert not {row.text for row in train} & {row.text for row in test}
    for label in set(labels):
        sizes = [sum(row.label == label for row in test) for _, test in parts]
        assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "has no line"),
        (b'{"text": "a"}', "line 1: label must be"),
        (b'{"text": "a", "label": "x"}\n{"text": " ", "label": "x"}', "line 2: text must be"),
        (b'{"text": "a", "label": 3}', "label must be"),
        (b"[1]", "not an object"),
        (b'{"text": ', "line 1: not valid JSON"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"[" * 100_000, "not valid JSON"),
    ],
)
def test_a_file_that_is_no_labelled_set_is_refused_in_one_sentence(tmp_path, content, told):
    file = tmp_path / "rows.jsonl"
    file.write_bytes(content)
    with pytest.raises(LabelledSetError, match=told) as caught:
        read_labelled(file)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", ["", "a: 1", "categories: 3", "categories: [{id: 1}]", "x: [", "categories: [1]"])
def test_a_file_that_is_no_catalogue_is_refused_in_one_sentence(tmp_path, content):
    file = tmp_path / "catalogue.yaml"
    file.write_text(content)
    with pytest.raises(LabelledSetError) as caught:
        read_catalogue(file)
    assert "\n" not in str(caught.value)


def test_the_command_writes_figures_without_anybodys_words(tmp_path):
    train, test = write(tmp_path / "train.jsonl", ROWS), write(tmp_path / "test.jsonl", [*ROWS[:3], *STRANGE])
    out = tmp_path / "figures.json"
    told = CliRunner().invoke(
        eval_app, ["understanding", "--train", str(train), "--test", str(test), "--words-only", "--json", str(out)]
    )
    assert told.exit_code == 0, told.output
    figures = json.loads(out.read_text())
    assert figures["accuracy_1"]["mean"] == 1.0
    assert figures["threshold"] == 0.4
    assert "chromodynamics" not in out.read_text()
    assert "Right label first" in told.output


def test_another_name_for_none_is_taken(tmp_path):
    train = write(tmp_path / "train.jsonl", [*ROWS, Labelled("quantum physics", "other")])
    assert [row.label for row in read_labelled(train, ("other",))][-1] == NONE


@pytest.mark.parametrize(
    "arguments", [[], ["--test", "no-such.jsonl"], ["--train", "no-such.jsonl"], ["--catalogue", "no-such.yaml"]]
)
def test_missing_input_is_an_error_for_the_operator(arguments):
    told = CliRunner().invoke(eval_app, ["understanding", "--words-only", *arguments])
    assert isinstance(told.exception, LabelledSetError)


def test_a_set_without_two_labels_is_refused():
    with pytest.raises(LabelledSetError, match="two labels"):
        measure(Bench(), [Labelled("a b", "x"), *STRANGE], [Labelled("a", "x")])
