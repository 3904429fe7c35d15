"""The port to sources outside the company, asked only when no article applies."""

from typing import Protocol

from retrieval.passage import Language, Passage


class ExternalSource(Protocol):
    """Somewhere outside with an answer; its passages have `trust="web"`."""

    name: str

    async def search(self, question: str, language: Language, *, limit: int = 3) -> tuple[Passage, ...]:
        """READ passages for a question without personal data in it; empty when there is nothing."""
        ...


class NoExternalSource:
    """The default: nothing outside is asked."""

    name = "none"

    async def search(self, question: str, language: Language, *, limit: int = 3) -> tuple[Passage, ...]:  # noqa: ARG002
        """Nothing is configured, so nothing is found."""
        return ()
