"""Voice notes and pictures into words, where a model for it is configured; otherwise they are files only."""

import asyncio
import base64
import logging
from dataclasses import dataclass
from math import inf
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from pydantic import SecretStr

from app.errors import ConfigurationError
from app.settings import Settings
from app.thinking.engines import chat_model, endpoint_of
from graph.language.ledger import Ledger, ModelCall
from graph.language.llm.answering import LANGUAGES
from graph.language.llm.asking import Question, identity_of, parsed
from graph.language.llm.endpoint import Endpoint
from graph.language.llm.errors import ModelError
from graph.language.llm.fence import cleaned
from graph.language.llm.meter import Allowance, Meter
from graph.language.llm.shapes import Pictured
from prompts.instructions import load
from prompts.texts import known_language, say

if TYPE_CHECKING:  # both bring openai, which a house without a model does not wait for
    from app.thinking.ears import Ears
    from graph.language.llm.model import ChatModel

log = logging.getLogger(__name__)

SPOKEN, SEEN = 3_000, 600  # letters that are kept
PICTURES = frozenset({"image/jpeg", "image/png", "image/webp"})
TOKENS = 400
ONE_LOOK = Allowance(calls=1, tokens=1_000_000, until=inf, tokens_today=1_000_000)  # bounded by its time alone


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of a file: its words, "" when there are none, and the call that it cost."""

    words: str = ""
    call: ModelCall | None = None


class Listener:
    """Both models, each of which may be absent."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._ears = _ears(settings)
        self._eyes = _eyes(settings)

    @property
    def kinds(self) -> frozenset[str]:
        """Kinds of messages that become words, so that a turn waits for them."""
        return frozenset(
            kind for kind, able in (("audio", self._ears is not None), ("image", self._eyes is not None)) if able
        )

    async def hear(self, file: Path, kind: str, mime_type: str, language: str) -> Heard:
        """The words of a voice note or the description of a picture; whatever goes wrong leaves a mere file."""
        size = (await asyncio.to_thread(file.stat)).st_size
        if kind == "audio" and self._ears is not None and size <= self._settings.voice.largest:
            return await self._transcribe(self._ears, file, mime_type.partition(";")[0].strip())
        plain_type = mime_type.partition(";")[0].strip()
        if (
            kind == "image"
            and self._eyes is not None
            and plain_type in PICTURES
            and size <= self._settings.vision.largest
        ):
            return await self._look(self._eyes, file, plain_type, language)
        return Heard()

    async def close(self) -> None:
        """Let go of connections."""
        if self._ears is not None:
            await self._ears.close()
        if self._eyes is not None:
            await self._eyes.close()

    async def _transcribe(self, ears: "Ears", file: Path, mime_type: str) -> Heard:
        started, outcome, text = perf_counter(), "ok", ""
        try:
            text = cleaned(await ears.transcribe(file, mime_type), SPOKEN)
        except ModelError as error:
            outcome = error.reason
            log.warning("a voice note stays a file: %s", outcome)
        call = ModelCall(
            purpose="transcribe",
            model=ears.model,
            provider=ears.provider,
            outcome=outcome,
            milliseconds=round((perf_counter() - started) * 1000, 1),
        )
        return Heard(text, call.priced(self._settings.llm.prices))

    async def _look(self, eyes: "ChatModel", file: Path, mime_type: str, language: str) -> Heard:
        ledger, seconds = Ledger(), self._settings.vision.timeout.total_seconds()
        meter = Meter(eyes, ONE_LOOK, ledger, self._settings.llm.prices)
        content = await asyncio.to_thread(file.read_bytes)
        words = ""
        try:
            said = await meter.ask(_question(content, mime_type, language), seconds=seconds)
            words = _told(parsed(Pictured, said.text), language)
        except ModelError as error:
            log.warning("a picture stays a file: %s", error.reason)
        return Heard(words, ledger.calls[-1] if ledger.calls else None)


def _question(content: bytes, mime_type: str, language: str) -> Question:
    prompt = load()["picture"]
    system, user = prompt.filled(language=LANGUAGES[known_language(language)])
    return Question(
        purpose="picture",
        prompt=prompt.reference,
        system=system,
        user=user,
        shape=Pictured,
        most_tokens=TOKENS,
        identity=identity_of(prompt.reference, Pictured, language=language, size=len(content)),
        picture=f"data:{mime_type};base64,{base64.b64encode(content).decode()}",
    )


def _told(seen: Pictured, language: str) -> str:
    """Words that are never an answer by themselves: a picture cannot say yes."""
    parts = [cleaned(part, SEEN) for part in (seen.description, seen.visible_text)]
    text = " ".join(" ".join(filter(None, parts)).split())
    return say(language, "picture", text=text[:SEEN]) if text else ""


def _ears(settings: Settings) -> "Ears | None":
    voice, llm = settings.voice, settings.llm
    if not voice.model:
        return None
    base_url, key = _where(voice.base_url, voice.api_key, llm.base_url, llm.api_key)
    if not base_url:
        log.error("RECADO_VOICE__BASE_URL is not set although its model is: voice notes stay files.")
        return None
    from app.thinking.ears import Ears  # noqa: PLC0415 -- brings openai with it, only where it is used

    endpoint = Endpoint(base_url=base_url, model=voice.model, api_key=key)
    return Ears(endpoint, seconds=voice.timeout.total_seconds())


def _eyes(settings: Settings) -> "ChatModel | None":
    vision, llm = settings.vision, settings.llm
    if not vision.model:
        return None
    base_url, key = _where(vision.base_url, vision.api_key, llm.base_url, llm.api_key)
    try:
        endpoint = endpoint_of("RECADO_VISION__", base_url, vision.model, key, llm)
    except ConfigurationError as error:
        log.error("%s Pictures stay files.", error)  # noqa: TRY400 -- the sentence says it all
        return None
    return chat_model(endpoint) if endpoint else None


def _where(base_url: str, key: SecretStr, llm_url: str, llm_key: SecretStr) -> tuple[str, SecretStr]:
    """An endpoint of its own with its own key, or the language model's; the one's key never goes to the other."""
    return (base_url, key) if base_url else (llm_url, key if key.get_secret_value() else llm_key)
