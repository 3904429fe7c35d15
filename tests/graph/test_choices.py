"""Buttons and lists within the channel's limits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.choices import Option, ask, cut, read_tap, units, write_tap


@given(st.text(), st.integers(1, 60))
def test_a_cut_text_fits_and_a_short_one_stays(text, limit):
    shortened = cut(text, limit)

    assert units(shortened) <= limit
    assert shortened == text or units(text) > limit


def test_an_emoji_is_never_cut_in_half():
    cut("😀" * 10, 5).encode("utf-8")


@given(st.sampled_from(["confirm", "value"]), st.text("abc|é:", max_size=40), st.sampled_from(["", "abc123"]))
def test_a_written_tap_is_read_as_it_was(verb, arg, nonce):
    tap = read_tap(write_tap(verb, arg, nonce))

    assert (tap.verb, tap.arg, tap.nonce) == (verb, arg, nonce)


@given(st.text())
def test_any_payload_is_read_without_an_error(payload):
    read_tap(payload)


def test_three_short_titles_are_buttons_and_more_are_a_list():
    short = [Option("v", str(n), f"Opção {n}") for n in range(3)]

    assert ask("?", short, nonce="n", button="Escolher")[0].kind == "buttons"
    assert ask("?", [*short, Option("v", "4", "Mais")], nonce="n", button="Escolher")[0].kind == "menu"
    assert ask("?", [Option("v", "1", "x" * 21)], nonce="n", button="Escolher")[0].kind == "menu"


@pytest.mark.parametrize("body", ["a" * 3_000, "a" * 3_000 + "\n\nConfirma?"])
def test_a_long_body_goes_ahead_as_words(body):
    words, question = ask(body, [Option("v", "1", "Sim")], nonce="n", button="Escolher")

    assert words.kind == "text"
    assert units(question.body) <= 1024
