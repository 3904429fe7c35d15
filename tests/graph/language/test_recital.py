"""A model that repeats what it was told: its instructions are taken out of the answer."""

import pytest

from graph.language.llm.recital import recites
from graph.language.llm.verification import checked
from graph.language.port import Quote
from prompts.instructions import load
from retrieval.passage import Passage

PASSAGE = Passage(
    id="vpn@en#0", article_id="vpn", language="en", title="VPN", heading="", url="",
    text="Open the app and choose Connect. It takes about 30 seconds.",
)  # fmt: skip
QUOTE = (Quote(passage_id="vpn@en#0", text="Open the app and choose Connect."),)


@pytest.mark.parametrize("name", sorted(load()))
def test_every_line_of_every_instruction_is_known_again(name):
    lines = [line for line in load()[name].system.splitlines() if len(line.split()) > 8]
    assert lines
    assert [line for line in lines if not recites(line.upper().replace(" ", "  "), PASSAGE.text)] == []


def test_what_the_sources_say_may_be_said_whoever_else_says_it():
    line = load()["answer"].system.splitlines()[0]
    assert recites(line, "")
    assert not recites(line, f"From our handbook: {line}")
    assert not recites("Open the app and choose Connect, then wait for the green light.", "")


def test_an_answer_loses_the_sentences_that_recite_and_keeps_the_others():
    line = load()["answer"].system.splitlines()[0]
    kept = checked(f"Open the app and choose Connect. {line}", QUOTE, [PASSAGE])
    assert (kept.text, kept.dropped) == ("Open the app and choose Connect.", 1)
