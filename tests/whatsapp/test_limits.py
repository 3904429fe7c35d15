"""Long words are cut where a reader would cut them, and nothing of them is lost."""

from hypothesis import example, given
from hypothesis import strategies as st

from app.whatsapp.limits import shorten, split, units

WORDS = st.text(alphabet=st.sampled_from("ab .!?\n\t😀é👩\u200d💻\u0301🇧🇷"), max_size=400)


def without_space(text):
    return "".join(text.split())


@given(WORDS | st.text(max_size=300), st.integers(8, 60))
@example("😀" * 50, 9)
@example("a\u0301" * 50, 8)
def test_parts_fit_and_join_to_the_same_words(text, limit):
    parts = split(text, limit)
    assert all(units(part) <= limit for part in parts)
    assert all(part and part == part.strip() for part in parts)
    assert without_space("".join(parts)) == without_space(text)


@given(WORDS.filter(bool), st.integers(4000, 9000))
def test_parts_of_a_real_message_have_at_most_4096_units(piece, size):
    text = (piece * size)[:size]
    assert all(len(part.encode("utf-16-le", "surrogatepass")) <= 2 * 4096 for part in split(text))


def test_what_fits_stays_whole():
    assert split("Olá!\n\nTudo bem?") == ["Olá!\n\nTudo bem?"]
    assert split("x" * 4096) == ["x" * 4096]
    assert split("") == split(" \n ") == []


def test_paragraphs_come_before_sentences_and_sentences_before_words():
    assert split("One. Two three.\n\nFour five six", 26) == ["One. Two three.", "Four five six"]
    assert split("One two three. Four five six", 20) == ["One two three.", "Four five six"]
    assert split("one two three four", 10) == ["one two", "three four"]
    assert split('He said "No way." Then left', 20) == ['He said "No way."', "Then left"]


def test_a_part_is_not_a_scrap_just_because_a_paragraph_ended():
    first, _ = split("Hi\n\n" + "word " * 30, 100)
    assert len(first) > 50


def test_emoji_flags_and_accents_are_not_torn():
    coder, brazil = "👩\u200d💻", "🇧🇷"
    assert all(set(part) <= set(coder) and part.count("👩") == part.count("💻") for part in split(coder * 20, 23))
    assert all(len(part) % 2 == 0 for part in split(brazil * 20, 22))
    assert all(part.endswith("\u0301") for part in split("e\u0301" * 20, 9))
    assert all(part.endswith("🏽") for part in split("👍🏽" * 10, 10))


def test_a_cluster_longer_than_a_part_is_cut_anyway():
    assert "".join(split("e" + "\u0301" * 50, 10)) == "e" + "\u0301" * 50


@given(st.text(max_size=80), st.integers(6, 30))
def test_a_shortened_title_fits(text, limit):
    assert units(shorten(text, limit)) <= limit


def test_titles_end_at_words_with_an_ellipsis():
    assert shorten("Impressora da recepção não imprime", 20) == "Impressora da…"
    assert shorten("Curto", 20) == "Curto"
    assert shorten("  duas\nlinhas ", 20) == "duas linhas"
    assert shorten("Donaudampfschifffahrtsgesellschaft", 20) == "Donaudampfschifffah…"
    assert shorten("😀" * 15, 20) == "😀" * 9 + "…"
