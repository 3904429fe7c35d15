"""The knowledge base: passages for a question, for the groups of who asks, from the newest revision of the index."""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from retrieval.applies import Evidence, Thresholds, probability
from retrieval.articles import LANGUAGES
from retrieval.calibration import Calibration
from retrieval.chunks import Chunk
from retrieval.embedder import Embedder
from retrieval.explaining import Explanation, Shown, closed_to, parts_of, read_as, weighed
from retrieval.passage import Language, Passage, Retrieval
from retrieval.passage_store import StoredChunk
from retrieval.ranking import Hit, Reader, rank
from retrieval.revision import IndexUnusableError, pointed, swap, withdrawn
from retrieval.shelf import Card, Library, open_library
from retrieval.vectors import VectorsDamagedError

log = logging.getLogger(__name__)

T = TypeVar("T")

SECOND_CHUNK = 0.6  # the best article gives a second passage when that reaches this share of the first
WARM_UP = "How do I reset my password?"  # the first question of a revision reads its files and takes longest
COSINE_SHARE = 0.5  # how much nearness of meaning counts beside shared words when a chunk is chosen


class _InUse:
    """A library and how many searches read it: closed when retired and the last one is done."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.readers = 0
        self.retired = False


class KnowledgeBase:
    """Searches run in threads; a revision that becomes current is taken up by the next search."""

    def __init__(self, directory: Path, embedder: Embedder | None, *, strict: bool = True) -> None:
        self._directory = directory
        self._embedder = embedder
        self._strict = strict
        self._guard = threading.Lock()
        self._refreshing = threading.Lock()
        self._in_use: _InUse | None = None
        self._pointer: str = ""
        self._trouble: str = ""  # why the index that should be used is not
        self._blind: str = ""  # why nobody knows which articles are withdrawn
        self.thresholds = Thresholds()  # may be replaced at any time

    @classmethod
    def open(cls, directory: Path, embedder: Embedder | None, *, strict: bool = True) -> "KnowledgeBase":
        """Open the current revision of `directory` (`knowledge` below the data directory); an absent one is empty.

        Raises IndexUnusableError when it is damaged, of another version or model, or open in another process. Without
        `strict` nothing is raised: vectors open elsewhere are done without, any other trouble leaves the knowledge base
        empty until a good revision is there, and `trouble` and `state` say why.
        """
        base = cls(directory, embedder, strict=strict)
        try:
            base._refresh()
        except IndexUnusableError as error:
            if strict:
                raise
            base._give_up(error)
        return base

    @property
    def trouble(self) -> str:
        """Why the index that should be searched is not, and what to do; empty when all is well."""
        return self._trouble or self._blind

    @property
    def embedder(self) -> Embedder | None:
        """What questions are embedded with; None when only words are searched."""
        return self._embedder

    @property
    def revision(self) -> str:
        """The revision in use; empty without one."""
        current = self._in_use
        return current.library.manifest.revision if current else ""

    @property
    def folder(self) -> str:
        """The name of the folder in use; empty without one."""
        return self._pointer if self._in_use else ""

    @property
    def languages(self) -> tuple[Language, ...]:
        """Languages that articles are in, as of now."""
        current = self._in_use
        return tuple(current.library.manifest.languages) if current else ()

    @property
    def calibration(self) -> Calibration | None:
        """What the rehearsal told of the index in use; None without one."""
        current = self._in_use
        return current.library.calibration if current else None

    @property
    def is_damaged(self) -> bool:
        """Whether the folder in use has vectors that cannot be read, so that only words are searched."""
        current = self._in_use
        return current is not None and current.library.damaged

    @property
    def state(self) -> str:
        """The revision in use and what it does without, for people."""
        current = self._in_use
        used = (current.library.manifest.revision, current.library.notice) if current else ("empty",)
        return " · ".join(part for part in (*used, self.trouble) if part)

    async def search(
        self, question: str, language: Language, *, groups: tuple[str, ...] = (), limit: int = 5
    ) -> Retrieval:
        """Passages this reader may see, best first, and whether one applies."""
        return await asyncio.to_thread(self._search, question, language, frozenset(groups), limit)

    async def explain(
        self, question: str, language: Language, *, groups: tuple[str, ...] = (), limit: int = 5
    ) -> Explanation:
        """The same search with its reasons, for who manages the articles; it costs twice as much."""
        return await asyncio.to_thread(self._explain, question, language, frozenset(groups), limit)

    async def article(self, article_id: str, language: Language, *, groups: tuple[str, ...] = ()) -> Retrieval:
        """All passages of one article in the language nearest to the wanted one; empty when gone or forbidden."""
        return await asyncio.to_thread(self._article, article_id, language, frozenset(groups))

    async def inspect(self, look: Callable[[Library], T]) -> T | None:
        """Look at the library in use, in a thread; None without one. Vectors can be opened once only."""

        def inspected() -> T | None:
            with self._reading() as library:
                return look(library) if library else None

        return await asyncio.to_thread(inspected)

    def adopt(self, name: str) -> None:
        """Open another folder, make it the current one and search it; until it is warm, searches use the old one.

        Raises IndexUnusableError and changes nothing when it cannot be used.
        """
        with self._refreshing:
            library = open_library(self._directory / name, self._embedder, strict=self._strict)
            self._rank(library, WARM_UP, Reader("en", frozenset(), frozenset()), 1)
            swap(self._directory, name)
            self._take_up(_InUse(library), name)

    def close(self) -> None:
        """Let go of the index."""
        self._take_up(None, "")

    def _search(self, question: str, language: Language, groups: frozenset[str], limit: int) -> Retrieval:
        with self._reading() as library:
            reader = self._reader(language, groups)
            if library is None or reader is None or not question.strip() or limit < 1:
                return _nothing(question)
            return self._judged(library, question, *self._rank(library, question, reader, limit), limit)

    def _judged(
        self, library: Library, question: str, hits: list[Hit], evidence: Evidence | None, limit: int
    ) -> Retrieval:
        passages = [passage for rank_, hit in enumerate(hits) for passage in _passages(library, hit, first=rank_ == 0)]
        chance = library.calibration.chance(evidence) if evidence else 0.0
        return Retrieval(
            query=question,
            passages=tuple(passages[:limit]),
            probability=chance,
            band=self.thresholds.band(chance),
            revision=library.manifest.revision,
        )

    def _explain(self, question: str, language: Language, groups: frozenset[str], limit: int) -> Explanation:
        with self._reading() as library:
            reader = self._reader(language, groups)
            if library is None or reader is None or not question.strip() or limit < 1:
                return Explanation(_nothing(question))
            hits, evidence = self._rank(library, question, reader, limit)
            found = self._judged(library, question, hits, evidence, limit)
            closed = closed_to(library, question, reader, limit)
            if not hits or evidence is None:
                return Explanation(found, closed=closed)
            parts = {hit.card.key: parts_of(library.shelves[hit.card.language], hit) for hit in hits}
            mode, known = library.calibration.reading(evidence)
            return Explanation(
                retrieval=found,
                shown=tuple(Shown(passage, parts[passage.id.rpartition("#")[0]]) for passage in found.passages),
                closed=closed,
                read=read_as(library.shelves[hits[0].card.language], hits[0], question, language),
                weighed=weighed(mode, known),
                as_shipped=probability(mode.typical(known)),
            )

    def _rank(self, library: Library, question: str, reader: Reader, limit: int) -> tuple[list[Hit], Evidence | None]:
        """Rank by words and vectors; vectors that turn out damaged are done without from then on."""
        try:
            return rank(library, question, reader, limit)
        except VectorsDamagedError as error:
            log.error("%s Searching by words only.", error)  # noqa: TRY400 -- the sentence is enough
            library.do_without_vectors(error)
            return rank(library, question, reader, limit)

    def _article(self, article_id: str, language: Language, groups: frozenset[str]) -> Retrieval:
        with self._reading() as library:
            none = _nothing(article_id)
            reader = self._reader(language, groups)
            if library is None or library.passages is None or reader is None:
                return none
            for candidate in dict.fromkeys((language, *LANGUAGES)):
                shelf = library.shelves.get(candidate)
                place = shelf.positions.get(article_id) if shelf else None
                if shelf and place is not None and reader.may_see(shelf.cards[place]):
                    card = shelf.cards[place]
                    passages = tuple(_passage(card, stored.chunk, 1.0) for stored in library.passages.of(card.key))
                    return none.model_copy(
                        update={
                            "passages": passages,
                            "probability": 1.0,
                            "band": "answer",
                            "revision": library.manifest.revision,
                        }
                    )
            return none

    def _reader(self, language: Language, groups: frozenset[str]) -> Reader | None:
        """Who asks; None while it cannot be known what is withdrawn, for then anything might be."""
        try:
            hidden = withdrawn(self._directory)
        except IndexUnusableError as error:
            if not self._blind:
                log.error("Nothing is shown from the knowledge base: %s", error)  # noqa: TRY400 -- the sentence is enough
            self._blind = str(error)
            return None
        self._blind = ""
        return Reader(language, groups, hidden)

    @contextmanager
    def _reading(self) -> Iterator[Library | None]:
        """The newest library, kept open for as long as it is read."""
        self._refresh_if_swapped()
        with self._guard:
            current = self._in_use
            if current:
                current.readers += 1
        try:
            yield current.library if current else None
        finally:
            if current:
                with self._guard:
                    current.readers -= 1
                self._close_if_done(current)

    def _refresh_if_swapped(self) -> None:
        """One search opens the new revision while the others go on with the old; a bad one is reported and left."""
        if self._name() == self._pointer or not self._refreshing.acquire(blocking=False):
            return
        try:
            self._refresh()
        except IndexUnusableError as error:
            self._give_up(error)
        finally:
            self._refreshing.release()

    def _give_up(self, error: IndexUnusableError) -> None:
        """Search what was searched before, or nothing, until the pointer moves."""
        log.error("The knowledge index is not used: %s", error)  # the sentence is enough
        self._trouble, self._pointer = str(error), self._name()

    def _name(self) -> str:
        try:
            folder = pointed(self._directory)
        except IndexUnusableError:
            return self._pointer
        return folder.name if folder else ""

    def _refresh(self) -> None:
        folder = pointed(self._directory)
        if folder is None:
            self._take_up(None, "")
            return
        self._take_up(_InUse(open_library(folder, self._embedder, strict=self._strict)), folder.name)

    def _take_up(self, following: _InUse | None, name: str) -> None:
        with self._guard:
            former, self._in_use, self._pointer, self._trouble = self._in_use, following, name, ""
            if former:
                former.retired = True
        if former:
            self._close_if_done(former)

    def _close_if_done(self, used: _InUse) -> None:
        with self._guard:
            done = used.retired and used.readers == 0
            used.retired = used.retired and not done
        if done:
            used.library.close()


def _nothing(question: str) -> Retrieval:
    return Retrieval(query=question, passages=(), probability=0.0, band="none")


def _passages(library: Library, hit: Hit, *, first: bool) -> list[Passage]:
    """The chunk of an article that meets the question best; of the best article also a second one as good."""
    if library.passages is None:
        return []
    lexical = library.shelves[hit.card.language].lexical
    weights = {term: weight * lexical.idf(term) for term, weight in hit.reading.stems.items()}
    total = sum(weights.values()) or 1.0

    def merit(stored: StoredChunk) -> float:
        shared = sum(weight for term, weight in weights.items() if term in stored.stems) / total
        return shared + COSINE_SHARE * max(hit.cosines.get(stored.chunk.id, 0.0), 0.0)

    merits = sorted(((merit(s), -n, s.chunk) for n, s in enumerate(library.passages.of(hit.card.key))), reverse=True)
    chosen = [chunk for value, _, chunk in merits[:2] if value >= SECOND_CHUNK * merits[0][0]]
    return [_passage(hit.card, chunk, hit.score) for chunk in chosen[: 2 if first else 1]]


def _passage(card: Card, chunk: Chunk, score: float) -> Passage:
    return Passage(
        id=chunk.id,
        article_id=card.id,
        language=card.language,
        title=card.title,
        heading=chunk.heading,
        text=chunk.text,
        url=card.url,
        score=round(score, 4),
    )
