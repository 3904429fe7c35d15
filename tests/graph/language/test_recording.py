"""A run is recorded once and replayed free and offline; another prompt makes it stale."""

import json

import pytest

from graph.language.llm import recording
from graph.language.llm.engine import LlmEngine
from graph.language.llm.errors import UnavailableError
from graph.language.llm.recording import Player, Recorder, StaleRecordingError
from graph.language.llm.shapes import Understood
from tests.provider.asker import ScriptedAsker
from tests.provider.faithful import engine, faithful

WORDS = "manda o acesso da vpn para ana.souza@ipe.example ou (11) 98765-4321"


def as_faithful(question):
    body = {
        "messages": [{"content": question.system}, {"content": question.user}],
        "tools": [{"function": {"name": f"report_{question.shape.__name__.lower()}"}}],
    }
    return faithful(body)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "runs" / "suite.jsonl"


async def recorded(file, hearing) -> Understood:
    asker = Recorder(ScriptedAsker(mind=as_faithful), file)
    return await LlmEngine(asker, engine(), seconds=5).understand(hearing(WORDS))


async def test_a_recording_says_again_what_was_said_and_asks_nobody(file, hearing):
    first = await recorded(file, hearing)
    again = await LlmEngine(Player(file), engine(), seconds=5).understand(hearing(WORDS))

    assert again == first
    assert again.engine == "llm"


async def test_the_day_is_no_part_of_a_question(file, hearing):
    await recorded(file, hearing)
    tomorrow = hearing(WORDS).now.replace(day=24)

    assert (await LlmEngine(Player(file), engine(), seconds=5).understand(hearing(WORDS, now=tomorrow))).engine == "llm"


async def test_nothing_personal_is_in_a_recording(file, hearing):
    await recorded(file, hearing)

    text = file.read_text()
    assert not any(secret in text for secret in ("ana.souza", "98765", "sk-"))


async def test_the_same_question_is_kept_once(file, hearing):
    await recorded(file, hearing)
    await recorded(file, hearing)

    assert len(file.read_text().splitlines()) == 2


async def test_a_question_that_was_not_asked_then_is_an_answer_that_does_not_come(file, hearing):
    await recorded(file, hearing)

    with pytest.raises(UnavailableError, match="suite"):
        await LlmEngine(Player(file), engine(), seconds=5).understand(hearing("o teclado do caixa travou de vez"))


@pytest.mark.parametrize("take_up", [Player, lambda file: Recorder(ScriptedAsker(), file)])
async def test_a_changed_prompt_makes_it_stale_and_says_which(file, hearing, monkeypatch, take_up):
    await recorded(file, hearing)
    changed = {**recording.versions(), "model/understand": "2+abc"}
    monkeypatch.setattr(recording, "versions", lambda: changed)

    with pytest.raises(StaleRecordingError, match=r"model/understand was 1\+\w+ and is 2\+abc.*[Rr]ecord again"):
        take_up(file)


@pytest.mark.parametrize("text", ["", "not json", json.dumps({"format": 99}), json.dumps([1])])
def test_what_is_no_recording_is_said_so(tmp_path, text):
    (tmp_path / "x.jsonl").write_text(text)

    with pytest.raises(StaleRecordingError):
        Player(tmp_path / "x.jsonl")
