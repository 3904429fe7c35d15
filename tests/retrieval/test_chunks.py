from hypothesis import given
from hypothesis import strategies as st

from retrieval.chunks import MANY_WORDS, split_article
from retrieval.passage import Article


def article(body: str) -> Article:
    return Article(id="a", language="en", title="Title", body=body)


def test_short_sections_share_a_chunk_and_long_ones_do_not() -> None:
    long = "word " * 200
    chunks = split_article(article(f"Intro.\n\n## One\n\nshort\n\n## Two\n\n{long}\n\n## Three\n\n{long}"))
    assert [chunk.id for chunk in chunks] == ["a@en#0", "a@en#1"]
    assert chunks[0].text.startswith("Intro.\n\n## One\n\nshort\n\n## Two")
    assert chunks[1].heading == "Three"


def test_the_path_of_headings_stands_above_the_text() -> None:
    chunks = split_article(
        article("# Title\n\n## Windows\n\n### Wi-Fi\n\n" + "word " * 160 + "\n\n### Cable\n\nplug it")
    )
    assert chunks[0].under("Title").startswith("Title > Windows > Wi-Fi\n")


def test_a_heading_inside_a_code_fence_is_code() -> None:
    (chunk,) = split_article(article("Run:\n\n```\n# not a heading\n```"))
    assert chunk.heading == ""
    assert "# not a heading" in chunk.text


def test_an_empty_body_is_one_empty_chunk() -> None:
    assert [chunk.text for chunk in split_article(article(""))] == [""]


@given(st.text(alphabet=st.sampled_from("ab #.\n-`*1"), max_size=4000))
def test_no_word_is_lost_and_no_chunk_is_too_long(body: str) -> None:
    chunks = split_article(article("x " * 300 + body))
    assert all(len(chunk.text.split()) <= MANY_WORDS for chunk in chunks)
    letters = sum(chunk.text.count("a") + chunk.heading.count("a") for chunk in chunks)
    assert letters >= sum(line.count("a") for line in body.splitlines() if not line.startswith("#"))
