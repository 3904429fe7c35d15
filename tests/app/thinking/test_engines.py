"""Settings become the engines of turns; half a setting is said and done without."""

from datetime import timedelta

import pytest
from pydantic import SecretStr

from app.settings import LlmSettings
from app.thinking.engines import ANSWERED_WITHIN, Engines
from graph.language.fallback import FallbackEngine
from graph.language.ledger import Ledger
from tests.provider.faithful import engine, faithful
from tests.provider.server import Provider, serving


def engines(**settings: object) -> Engines:
    return Engines.of(LlmSettings(**settings), engine(), lambda: ("pt-BR",))  # type: ignore[arg-type]


def turn(made: Engines, waited: float = 0.0, spent: int = 0):
    return made.for_turn(Ledger(), spent_today=spent, waited=timedelta(seconds=waited))


async def test_without_a_model_the_embedded_engine_thinks_itself():
    assert turn(engines())._engine is engine()
    assert engines().state == "embedded"


@pytest.mark.parametrize(
    ("settings", "missing"),
    [({"base_url": "http://x/v1"}, "RECADO_LLM__MODEL"), ({"model": "m"}, "RECADO_LLM__BASE_URL"),
     ({"base_url": "x/v1", "model": "m"}, "http://"),
     ({"base_url": "http://x/v1", "model": "m", "second_model": "n"}, "RECADO_LLM__SECOND_BASE_URL")],
)  # fmt: skip
async def test_half_a_setting_is_said_and_done_without(settings, missing, caplog):
    assert turn(engines(**settings))._engine is engine()
    assert missing in caplog.text


async def test_a_stale_recording_is_said_and_done_without(tmp_path, caplog):
    file = tmp_path / "r.jsonl"
    file.write_text('{"format": 1, "model": "m", "prompts": {}}\n')

    assert turn(engines(replay=file))._engine is engine()
    assert "stale" in caplog.text


async def test_each_turn_has_an_engine_of_its_own_with_both_models_before_the_embedded_one():
    made = engines(
        base_url="http://127.0.0.1:1/v1", model="a", second_base_url="http://127.0.0.1:2/v1", second_model="b"
    )

    assert [provider.name for provider in made.providers] == ["a at 127.0.0.1", "b at 127.0.0.1"]
    assert isinstance(turn(made), FallbackEngine)
    assert turn(made) is not turn(made)
    await made.close()


@pytest.mark.parametrize(("waited", "seconds"), [(0.0, 22.0), (12.0, 16.0), (40.0, -12.0)])
async def test_what_they_have_waited_already_is_taken_from_what_a_model_may_take(waited, seconds):
    made = Engines.of(LlmSettings(base_url="http://127.0.0.1:1/v1", model="a"), engine(), lambda: ("pt-BR",))
    made = Engines(made.settings, made.backup, made.providers, made.languages, clock=lambda: 100.0)
    (candidate,) = turn(made, waited)._candidates

    assert candidate.engine._engine._asker.allowance.until == 100.0 + seconds
    assert ANSWERED_WITHIN.total_seconds() < 35
    await made.close()


async def test_a_wrong_key_is_said_at_the_start_and_nobody_is_asked_with_it_again(free_port, caplog):
    async with serving(Provider(mind=faithful, key="sk-right"), free_port()) as provider:
        made = engines(base_url=provider.url, model="m", api_key=SecretStr("sk-wrong"))
        await made.introduce()
        asked = len(provider.asked)
        assert "key_refused" in caplog.text
        assert "sk-wrong" not in caplog.text
        assert not made.providers[0].breaker.lets_through()
        assert "key_refused" in made.state
        assert len(provider.asked) == asked
        await made.close()


async def test_a_good_model_is_found_out_before_anybody_writes(free_port):
    async with serving(Provider(mind=faithful), free_port()) as provider:
        made = engines(base_url=provider.url, model="m")
        await made.introduce()

        assert made.state == "m at 127.0.0.1: ok"
        assert len(provider.asked) == 1
        await made.close()


async def test_a_recording_is_made_with_personal_data_masked_whatever_is_set(tmp_path):
    made = engines(base_url="http://127.0.0.1:1/v1", model="a", mask=False, record=tmp_path / "r.jsonl")
    (candidate,) = turn(made)._candidates

    assert candidate.engine._engine._masks
    await made.close()
