from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.articles import LANGUAGES
from retrieval.made_questions import ARTICLES, LONGEST, foreign_questions, own_questions
from retrieval.passage import Article

TEXT = st.text(max_size=60)
ARTICLE = st.builds(
    Article,
    id=st.text("abc", min_size=1, max_size=3), language=st.sampled_from(LANGUAGES), title=TEXT,
    body=TEXT | st.just("## One part\n\nSome words here.\n\n### Another part"),
    keywords=st.lists(TEXT, max_size=2).map(tuple),
)  # fmt: skip


def article(number: int, title: str = "Trocar a senha do cofre azul") -> Article:
    return Article(id=f"a{number}", language="pt-BR", title=f"{title} {number}", body="Abra a porta e chame o vigia.")


@settings(max_examples=40)
@given(st.lists(ARTICLE, max_size=4, unique_by=lambda article: article.key))
def test_any_articles_give_short_questions_of_theirs_or_none(articles: list[Article]) -> None:
    made = own_questions(articles)
    assert made == own_questions(reversed(articles))
    assert len(made) <= 2 * len(articles)
    assert all(0 < len(question.text.split()) <= LONGEST + 3 for question in made)
    assert {(question.article, question.language) for question in made} <= {(a.id, a.language) for a in articles}


def test_the_sample_is_bounded_and_hardly_changes_when_articles_come_and_go() -> None:
    many = [article(number) for number in range(400)]
    before, after = own_questions(many), own_questions([*many[3:], article(1000)])
    assert ARTICLES - 4 <= len({question.article for question in before}) <= ARTICLES
    stayed = {q.article for q in before} & {q.article for q in after}
    assert len(stayed) >= ARTICLES - 8


def test_questions_are_not_the_titles_as_they_stand() -> None:
    asked = own_questions([article(number) for number in range(60)])
    assert sum("trocar a senha do cofre azul" in question.text for question in asked) < len(asked) / 2


def test_an_article_without_title_and_headings_is_asked_by_its_opening() -> None:
    bare = Article(id="x", language="es", title="", body="La impresora **grande** del piso tres. Luego otra cosa.")
    (question,) = own_questions([bare])
    assert {"grande", "tres"} & set(question.text.split())
    assert not {"luego", "otra", "cosa"} & set(question.text.split())


def test_foreign_questions_are_of_all_languages_and_say_something() -> None:
    made = foreign_questions()
    for language in LANGUAGES:
        assert len({question.text for question in made if question.language == language}) >= 40
    assert not any(question.article or question.text.startswith("#") for question in made)
