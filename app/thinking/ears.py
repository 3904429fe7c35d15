"""Voice notes into words through an OpenAI-compatible `/audio/transcriptions`."""

import asyncio
from pathlib import Path

import openai

from graph.language.llm.endpoint import Endpoint
from graph.language.llm.trouble import translated

ENDINGS = {"audio/ogg": "ogg", "audio/mpeg": "mp3", "audio/mp4": "m4a", "audio/amr": "amr", "audio/aac": "aac"}


class Ears:
    """One transcription model; `seconds` is the longest it may take."""

    def __init__(self, endpoint: Endpoint, *, seconds: float) -> None:
        key = endpoint.api_key.get_secret_value() or "none"
        self.model, self.provider, self._seconds = endpoint.model, endpoint.host, seconds
        self._client = openai.AsyncOpenAI(base_url=endpoint.base_url, api_key=key, max_retries=1)

    async def transcribe(self, file: Path, mime_type: str) -> str:
        """What is said in a file.

        Raises:
            ModelError: when there is no answer to use.
        """
        name = f"voice.{ENDINGS.get(mime_type, 'ogg')}"
        try:
            async with asyncio.timeout(self._seconds):
                content = await asyncio.to_thread(file.read_bytes)
                said = await self._client.audio.transcriptions.create(model=self.model, file=(name, content, mime_type))
                return said.text  # a page in place of an answer is a mere string, and has none
        except Exception as error:  # noqa: BLE001 -- whatever a client makes of what a server sends: the file is kept
            raise translated(error) from None

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.close()
