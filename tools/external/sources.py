"""All sources outside as one: asked together, their results weighed like articles, few of them or none handed out."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from retrieval.cover import Loose, covers
from retrieval.lexical import Fit
from retrieval.passage import Language, Passage
from tools.external.errors import OutsideError
from tools.external.keeping import Kept
from tools.external.snippets import Snippet
from tools.external.source import Source
from tools.external.stripping import bare_question

MOST = 3  # passages handed out
SITES = {
    "superuser.com": "Super User", "stackoverflow.com": "Stack Overflow", "serverfault.com": "Server Fault",
    "askubuntu.com": "Ask Ubuntu", "wikipedia.org": "Wikipedia", "learn.microsoft.com": "Microsoft Learn",
    "support.microsoft.com": "Microsoft", "support.google.com": "Google", "support.apple.com": "Apple",
}  # fmt: skip
"""What people call a site; any other goes by its host."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How sources are asked: `seconds` for all of it, `fit` the share of a question's ideas that a result must hold."""

    seconds: float = 4.0
    fit: float = 0.6
    private_words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Weighed:
    """A result with how well it fits, where it came from and the language in which it fits best."""

    snippet: Snippet
    score: float
    place: tuple[int, int]  # of its source in the order set, of the result in its source
    language: Language


class OutsideSources:
    """An `ExternalSource` over several; `count` is told (source, outcome) of every question."""

    name = "outside"

    def __init__(self, sources: Sequence[Source], terms: Terms, kept: Kept, count: Callable[[str, str], None]) -> None:
        self._sources, self._terms, self._kept, self._count = sources, terms, kept, count

    @property
    def state(self) -> str:
        """Each source and how it does, for health."""
        return "; ".join(f"{source.name}: {source.state}" for source in self._sources)

    async def search(self, question: str, language: Language, *, limit: int = MOST) -> tuple[Passage, ...]:
        """READ passages that fit the question, best first; empty when none does or nobody answers in time."""
        query = bare_question(question, self._terms.private_words)
        if not query:
            return ()
        given = await asyncio.gather(*(self._ask(source, query, language) for source in self._sources))
        found = await asyncio.to_thread(self._weigh, query, language, given)
        return tuple(_passage(one) for one in found[: min(limit, MOST)])

    async def close(self) -> None:
        """Let go of connections."""
        for source in self._sources:
            await source.close()

    async def _ask(self, source: Source, query: str, language: Language) -> tuple[Snippet, ...]:
        """What one source says within the time; its failures are its own."""
        key = (source.name, language, query.casefold())
        if (kept := self._kept.get(*key)) is not None:
            self._count(source.name, "cached")
            return kept
        if not source.may_be_asked():
            self._count(source.name, "spared")
            return ()
        self._count(source.name, "asked")
        try:
            async with asyncio.timeout(self._terms.seconds):
                found = await source.ask(query, language)
        except OutsideError:
            self._count(source.name, "failed")
            return ()
        except TimeoutError:
            source.failed("does not answer in time")
            self._count(source.name, "failed")
            return ()
        self._kept.put(found, *key)
        return found

    def _weigh(self, query: str, language: Language, given: Sequence[tuple[Snippet, ...]]) -> list[Weighed]:
        """Those that fit, best first, each page once; counted by source."""
        all_of_them: list[Weighed] = []
        for number, (source, found) in enumerate(zip(self._sources, given, strict=True)):
            fitting = list(_fitting(query, language, found, number, self._terms.fit))
            if found:
                self._count(source.name, "found" if fitting else "unfit")
            all_of_them += fitting
        all_of_them.sort(key=lambda one: (-one.score, one.place))
        pages: dict[str, Weighed] = {}
        for one in all_of_them:
            pages.setdefault(one.snippet.url, one)
        return list(pages.values())


def _fitting(query: str, language: Language, found: Sequence[Snippet], number: int, least: float) -> Iterable[Weighed]:
    """Results that hold enough of the question, read in its language and in English, as most of the web is."""
    tongues: tuple[Language, ...] = (language,) if language == "en" else (language, "en")
    texts = [Loose(one.title, one.text) for one in found]
    fits = [covers(query, language, texts, tongue) for tongue in tongues]
    for rank, (one, *read) in enumerate(zip(found, *fits, strict=True)):
        best = max(range(len(tongues)), key=lambda n: (_strength(read[n]), -n))
        if read[best].ideas >= least:
            yield Weighed(one, round(_strength(read[best]), 3), (number, rank), tongues[best])


def _strength(fit: Fit) -> float:
    """As the knowledge base compares languages (`retrieval.ranking`)."""
    return 0.5 * fit.ideas + 0.3 * fit.pieces + 0.2 * fit.title


def _passage(one: Weighed) -> Passage:
    said = one.snippet
    return Passage(
        id=f"web:{said.url}", article_id=said.url, language=one.language, title=said.title, heading="", text=said.text,
        url=said.url, trust="web", score=one.score, credit=_credit(said),
    )  # fmt: skip


def _credit(said: Snippet) -> str:
    """Whom to name: the site, and the author and licence where a licence asks for it."""
    site = next((name for host, name in SITES.items() if f".{said.host}".endswith(f".{host}")), said.host)
    return " · ".join(part for part in (site, said.author, said.licence) if part)
