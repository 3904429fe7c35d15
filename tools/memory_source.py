"""A knowledge source in memory: the port's real behaviour without files or a network, for trying and for tests."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

from tools.knowledge_source import Document, Listed, SourceUnavailableError, Unchanged, Unreadable


@dataclass(slots=True)
class MemorySource:
    """What is put into `files` is listed; what stands in `broken` cannot be read."""

    files: dict[str, bytes] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)  # ref -> reason
    away: str = ""  # a sentence: the source cannot be reached
    stamps: bool = False  # documents have stamps, as web pages do
    revision: str = ""
    loaded: list[str] = field(default_factory=list)  # refs whose content was handed out

    async def documents(self, known: Mapping[str, str]) -> AsyncIterator[Listed]:
        """READ what there is now."""
        for ref, content in sorted(self.files.items()):
            document = Document(ref=ref, content=content)
            stamp = document.sha256 if self.stamps else ""
            if stamp and known.get(ref) == stamp:
                yield Unchanged(ref)
            else:
                self.loaded.append(ref)
                yield Document(ref=ref, content=content, stamp=stamp)
        for ref, reason in sorted(self.broken.items()):
            yield Unreadable(ref, reason)
        if self.away:
            raise SourceUnavailableError(self.away)
