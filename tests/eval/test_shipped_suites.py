from collections import Counter

import yaml

from app.demo.load import COMPANY
from eval.labelled import read_catalogue
from eval.suite import SUITES, read_suites
from graph.language.offline.engine import examples_of
from graph.language.offline.folding import canonical
from graph.language.offline.phrases import LANGUAGES, shipped

UNDERSTANDING = [case for suite in read_suites([SUITES / "understanding"]) for case in suite.cases]
QUESTIONS = [case for suite in read_suites([SUITES / "retrieval"]) for case in suite.cases]
NAMED = {"ok", "2"}  # answers that are as they are


def test_there_are_enough_cases_in_each_language() -> None:
    count = Counter(case.spoken for case in UNDERSTANDING)
    assert len(UNDERSTANDING) >= 320
    assert count["pt-BR"] >= 140
    assert count["es"] >= 90
    assert count["en"] >= 90
    assert len(QUESTIONS) >= 120
    assert sum("near" in case.tags or "foreign" in case.tags for case in QUESTIONS) >= 40


def test_no_case_says_what_the_engine_was_taught() -> None:
    taught = {canonical(line) for language in LANGUAGES for lines in shipped(language).values() for line in lines}
    taught |= {canonical(text) for text, _ in examples_of(read_catalogue(COMPANY / "catalogue.yaml"))}
    said = {case.id: canonical(case.text) for case in UNDERSTANDING if not case.asked and case.text not in NAMED}
    assert {case: text for case, text in said.items() if text and text in taught} == {}


def test_no_question_is_the_title_of_an_article() -> None:
    titles = {
        canonical(yaml.safe_load(file.read_text("utf-8").split("---")[1])["title"])
        for file in (COMPANY / "articles").rglob("*.md")
    }
    assert [case.id for case in QUESTIONS if canonical(case.question) in titles] == []


def test_cases_name_only_articles_categories_and_fields_that_are_there() -> None:
    articles = {file.stem for file in (COMPANY / "articles").rglob("*.md")}
    fields = {c.id: {field.id for field in c.fields} for c in read_catalogue(COMPANY / "catalogue.yaml")}
    for question in QUESTIONS:
        assert {*question.relevant, *question.forbidden} <= articles, question.id
    for case in UNDERSTANDING:
        assert set(case.category) <= fields.keys() | {"none"}, case.id
        form = case.form or (case.category[0] if case.category else "")
        assert {*(case.fields or {}), *filter(None, [case.asked])} <= fields.get(form, set()), case.id
