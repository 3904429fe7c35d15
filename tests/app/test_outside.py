"""Sources outside as settings name them: ready, or said to be wrong and done without."""

import pytest
from prometheus_client import REGISTRY
from pydantic import SecretStr, ValidationError

from app.errors import ConfigurationError
from app.outside import open_outside, source_of
from app.settings import CompanySettings, ExternalSettings, Settings, SourceSettings
from tests.tools.external.outside import Outside


def settings(world: Outside | None = None, **given) -> Settings:
    """Settings of a company whose every source is the server on loopback."""
    own = SourceSettings(base_url=world.url if world else "", api_key=SecretStr("a-key"))
    every = dict.fromkeys(("searxng", "stack_exchange", "microsoft_learn", "wikipedia", "brave", "tavily"), own)
    return Settings(external=ExternalSettings(**every | given), company=CompanySettings(name="Vortanex"))


async def test_nothing_outside_is_asked_unless_it_is_named():
    assert Settings(_env_file=None).external.sources == ()
    outside = open_outside(Settings(_env_file=None))

    assert await outside.search("por que o excel trava?", "pt-BR") == ()
    assert outside.state == ""


async def test_sources_are_asked_in_their_order_and_counted(world: Outside):
    outside = open_outside(settings(world, sources=("microsoft_learn", "brave", "brave")))
    found = await outside.search("excel freezes with a large sheet at Vortanex", "en")
    await outside.close()

    assert [one.credit for one in found] == ["Microsoft Learn", "Google"]
    assert outside.state == "microsoft_learn: ok; brave: ok"
    assert REGISTRY.get_sample_value("recado_outside_total", {"source": "brave", "outcome": "found"}) >= 1
    assert not any("ortanex" in asked.raw for asked in world.asked)


@pytest.mark.parametrize(("name", "own", "said"), [
    ("searxng", SourceSettings(), "RECADO_EXTERNAL__SEARXNG__BASE_URL is not set"),
    ("brave", SourceSettings(), "RECADO_EXTERNAL__BRAVE__API_KEY is not set"),
    ("tavily", SourceSettings(api_key=SecretStr("k\n")), "RECADO_EXTERNAL__TAVILY__API_KEY is not a key"),
    ("searxng", SourceSettings(base_url="http://searx.lan"), "must begin with https"),
    ("wikipedia", SourceSettings(base_url="https://10.0.0.1"), "private network"),
])  # fmt: skip
def test_what_is_set_wrongly_is_said_in_the_words_of_the_settings(name, own, said):
    with pytest.raises(ConfigurationError, match=said):
        source_of(name, settings(**{name: own}))


async def test_a_source_set_wrongly_is_done_without_and_logged(world: Outside, caplog):
    outside = open_outside(settings(world, sources=("tavily", "searxng"), tavily=SourceSettings()))
    found = await outside.search("excel freezes with a large sheet", "en")
    await outside.close()

    assert len(found) == 1
    assert "RECADO_EXTERNAL__TAVILY__API_KEY is not set" in caplog.text


def test_a_source_that_does_not_exist_is_refused_at_the_start():
    with pytest.raises(ValidationError):
        ExternalSettings(sources=("altavista",))


def test_the_environment_names_sources_and_their_access(monkeypatch):
    monkeypatch.setenv("RECADO_EXTERNAL__SOURCES", '["brave"]')
    monkeypatch.setenv("RECADO_EXTERNAL__BRAVE__API_KEY", "secret-key")
    external = Settings(_env_file=None).external

    assert (external.sources, external.brave.api_key.get_secret_value()) == (("brave",), "secret-key")
    assert "secret-key" not in repr(external)
