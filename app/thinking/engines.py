"""The engines that settings ask for: one for each turn, of the models configured, the embedded one behind them."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING

from pydantic import SecretStr

from app.errors import ConfigurationError
from app.settings import LlmSettings
from app.watched import WatchedEngine
from graph.language.fallback import Candidate, FallbackEngine
from graph.language.ledger import Ledger
from graph.language.llm.asking import Asker
from graph.language.llm.endpoint import Endpoint
from graph.language.llm.engine import LlmEngine
from graph.language.llm.errors import ModelError, RejectedError
from graph.language.llm.meter import Allowance, Meter
from graph.language.llm.recording import Player, Recorder, StaleRecordingError
from graph.language.port import LanguageEngine
from retrieval.passage import Language
from tools.breaker import Breaker

if TYPE_CHECKING:  # brings langchain-openai, which a house without a model does not wait for
    from graph.language.llm.model import ChatModel

log = logging.getLogger(__name__)

ANSWERED_WITHIN = timedelta(seconds=28)  # after the last word: what is left of it is what models may take


@dataclass(frozen=True, slots=True)
class Provider:
    """One configured model and how it has been doing."""

    asker: Asker
    breaker: Breaker
    chat: "ChatModel | None" = None  # what asks over HTTP; None for a recording

    @property
    def name(self) -> str:
        """For logs and health."""
        return f"{self.asker.model} at {self.asker.provider}"


@dataclass(frozen=True, slots=True)
class Engines:
    """Makes a turn's engine. `languages` are those of the knowledge base, as of now."""

    settings: LlmSettings
    backup: LanguageEngine
    providers: Sequence[Provider]
    languages: Callable[[], Sequence[Language]]
    clock: Callable[[], float] = monotonic

    @classmethod
    def of(
        cls, settings: LlmSettings, backup: LanguageEngine, languages: Callable[[], Sequence[Language]]
    ) -> "Engines":
        """What the settings name; half a setting is said and done without."""
        try:
            providers = _providers(settings)
        except (ConfigurationError, StaleRecordingError) as error:
            log.error("%s The embedded engine thinks alone.", error)  # noqa: TRY400 -- the sentence says it all
            providers = []
        return cls(settings, backup, providers, languages)

    def for_turn(self, ledger: Ledger, *, spent_today: int, waited: timedelta) -> LanguageEngine:
        """The engine of one turn that `waited` since the last word; what it spends goes into the ledger."""
        if not self.providers:
            return WatchedEngine(self.backup)
        rules = self.settings
        seconds = min(rules.deadline, ANSWERED_WITHIN - waited).total_seconds()
        allowance = Allowance(
            calls=rules.calls_per_turn,
            tokens=rules.tokens_per_turn,
            until=self.clock() + seconds,
            tokens_today=rules.tokens_per_contact_day - spent_today,
        )
        candidates = [
            Candidate(self._engine(provider, allowance, ledger), provider.breaker, provider.name)
            for provider in self.providers
        ]
        return FallbackEngine(candidates, WatchedEngine(self.backup))

    def _engine(self, provider: Provider, allowance: Allowance, ledger: Ledger) -> LanguageEngine:
        rules = self.settings
        masked = rules.mask or rules.record is not None or rules.replay is not None
        meter = Meter(provider.asker, allowance, ledger, rules.prices)
        seconds = rules.timeout.total_seconds()
        thinking = LlmEngine(meter, self.backup, seconds=seconds, languages=self.languages(), mask=masked)
        return WatchedEngine(thinking)

    @property
    def state(self) -> str:
        """For health: each model and what is wrong with it; "embedded" without any."""
        told = [f"{p.name}: {p.breaker.reason or 'ok'}" for p in self.providers]
        return "; ".join(told) or "embedded"

    async def introduce(self) -> None:
        """Ask every model once how it can be asked, and say what came of it."""
        for provider in self.providers:
            if provider.chat:
                await _introduce(provider, provider.chat)

    async def close(self) -> None:
        """Let go of connections."""
        for provider in self.providers:
            if provider.chat:
                await provider.chat.close()


async def _introduce(provider: Provider, model: "ChatModel") -> None:
    try:
        await model.check()
    except ModelError as error:
        hopeless = isinstance(error, RejectedError)
        provider.breaker.failed(error.reason, for_long=hopeless)
        advice = "Check the key, the model's name and the base URL." if hopeless else "It is tried again."
        log.error("%s does not answer (%s). %s The embedded engine thinks alone.", provider.name, error, advice)  # noqa: TRY400 -- the sentence says it all


def _providers(settings: LlmSettings) -> list[Provider]:
    if settings.replay:
        return [Provider(Player(settings.replay), Breaker())]
    chats = models_of(settings)
    askers: list[Asker] = list(chats)
    if settings.record and askers:
        askers[0] = Recorder(askers[0], settings.record)
    return [Provider(asker, Breaker(), chat) for asker, chat in zip(askers, chats, strict=True)]


def models_of(settings: LlmSettings) -> "list[ChatModel]":
    """The first and the second model, as far as they are set.

    Raises:
        ConfigurationError: for half a setting.
    """
    named = (
        ("RECADO_LLM__", settings.base_url, settings.model, settings.api_key),
        ("RECADO_LLM__SECOND_", settings.second_base_url, settings.second_model, settings.second_api_key),
    )
    endpoints = [endpoint_of(group, base_url, model, key, settings) for group, base_url, model, key in named]
    return [chat_model(endpoint) for endpoint in endpoints if endpoint]


def chat_model(endpoint: Endpoint) -> "ChatModel":
    """The model at an endpoint."""
    from graph.language.llm.model import ChatModel  # noqa: PLC0415 -- a second of imports, only where there is a model

    return ChatModel(endpoint)


def endpoint_of(group: str, base_url: str, model: str, key: SecretStr, settings: LlmSettings) -> Endpoint | None:
    """An endpoint out of its settings; None when none of them is set.

    Raises:
        ConfigurationError: when only one of base URL and model is.
    """
    if not base_url and not model:
        return None
    missing = [name for name, value in (("BASE_URL", base_url), ("MODEL", model)) if not value]
    if missing:
        raise ConfigurationError(f"{group}{missing[0]} is not set although its group is.")
    if not base_url.startswith(("http://", "https://")):
        raise ConfigurationError(f"{group}BASE_URL must begin with http:// or https://.")
    return Endpoint(base_url=base_url, model=model, api_key=key, stream=settings.stream, extra=dict(settings.extra))
