"""Where a model is: what a setting says, before anything that could speak to it is imported."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

NO_KEY = SecretStr("")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a model is. `extra` goes into every body as it is (`reasoning_effort`, `chat_template_kwargs`, …)."""

    base_url: str
    model: str
    api_key: SecretStr = NO_KEY
    stream: bool = False
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def host(self) -> str:
        """Who answers."""
        return urlsplit(self.base_url).hostname or self.base_url
