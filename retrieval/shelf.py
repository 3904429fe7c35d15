"""One revision opened for reading: articles, lexical indexes, passages and, with a model, vectors."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from retrieval.calibration import Calibration, read_calibration
from retrieval.embedder import Embedder
from retrieval.lexical import LexicalIndex
from retrieval.passage import Language
from retrieval.passage_store import PassageStore
from retrieval.revision import IndexUnusableError, Manifest, read_manifest
from retrieval.vectors import VectorsBusyError, VectorsDamagedError, VectorStore


class Card(BaseModel):
    """What the index must know of an article besides its text."""

    model_config = ConfigDict(frozen=True)

    key: str
    id: str
    language: Language
    title: str
    url: str
    audience: frozenset[str]
    chunks: int

    def open_to(self, groups: frozenset[str]) -> bool:
        """Whether a reader of these groups may see it."""
        return not self.audience or not self.audience.isdisjoint(groups)


@dataclass(slots=True)
class Shelf:
    """The articles of one language by position, and their index."""

    cards: list[Card]
    lexical: LexicalIndex
    positions: dict[str, int] = field(default_factory=dict)  # article id -> position
    audiences: list[Card] = field(default_factory=list)  # one card of each different audience
    kinds: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))  # position -> audience

    @classmethod
    def of(cls, cards: list[Card], lexical: LexicalIndex) -> "Shelf":
        """A shelf of these cards in the order of their index."""
        seen: dict[frozenset[str], int] = {}
        kinds = np.fromiter((seen.setdefault(card.audience, len(seen)) for card in cards), np.int32, len(cards))
        first = {card.audience: card for card in reversed(cards)}
        audiences = [first[audience] for audience in seen]
        return cls(cards, lexical, {card.id: place for place, card in enumerate(cards)}, audiences, kinds)

    def visible(self, groups: frozenset[str], withdrawn: frozenset[str]) -> NDArray[np.float32]:
        """1 for each article a reader of these groups may see, else 0."""
        allowed = np.array([card.open_to(groups) for card in self.audiences], np.float32)
        mask = np.asarray(allowed[self.kinds], np.float32)
        for key in withdrawn:
            article, _, language = key.rpartition("@")
            if language == self.lexical.language and article in self.positions:
                mask[self.positions[article]] = 0.0
        return mask


@dataclass(slots=True)
class Library:
    """A revision in use. `notice` says why there are no vectors, if there are none."""

    manifest: Manifest
    shelves: dict[Language, Shelf]
    passages: PassageStore | None = None
    vectors: VectorStore | None = None
    embedder: Embedder | None = None
    notice: str = ""
    damaged: bool = False  # it had vectors, and they cannot be read
    calibration: Calibration = field(default_factory=Calibration)

    def do_without_vectors(self, error: VectorsDamagedError) -> None:
        """Search by words from now on, and say why."""
        self.embedder, self.damaged = None, True
        self.notice = f"Searching by words only: {error} Run: recado kb sync --rebuild"

    def close(self) -> None:
        """Let go of every file; the folder may be deleted afterwards."""
        if self.passages:
            self.passages.close()
        if self.vectors:
            self.vectors.close()


def write_cards(folder: Path, cards: Iterable[Card]) -> None:
    """One line an article, in the order of the lexical index."""
    with (folder / "articles.jsonl").open("w", encoding="utf-8") as lines:
        lines.writelines(json.dumps(card.model_dump(mode="json"), ensure_ascii=False) + "\n" for card in cards)


def read_cards(folder: Path) -> Iterator[Card]:
    """What `write_cards` wrote, one at a time."""
    with (folder / "articles.jsonl").open(encoding="utf-8") as lines:
        yield from map(Card.model_validate_json, lines)


def open_library(folder: Path, embedder: Embedder | None, *, strict: bool = True) -> Library:
    """Open a revision for reading; raises IndexUnusableError with a sentence that says what to do.

    Without `strict`, vectors of another model, damaged or held by another process are done without: see `notice`.
    """
    manifest = read_manifest(folder)
    try:
        shelves = _shelves(folder, manifest)
        calibration = read_calibration(folder, manifest.embedder)
        passages = PassageStore(folder / "passages.db")
        with closing(sqlite3.connect(f"file:{folder / 'passages.db'}?mode=ro&immutable=1", uri=True)) as probe:
            chunks = probe.execute("SELECT count(*) FROM chunk").fetchone()[0]
    except (OSError, ValueError, KeyError, ValidationError, sqlite3.Error) as error:
        raise IndexUnusableError(
            f"The knowledge index {folder.name} is damaged ({type(error).__name__}); run: recado kb sync --rebuild"
        ) from error
    library = Library(manifest, shelves, passages, calibration=calibration)
    if chunks != sum(count.chunks for count in manifest.languages.values()):
        library.close()
        raise IndexUnusableError(f"The knowledge index {folder.name} is incomplete; run: recado kb sync --rebuild")
    try:
        _add_vectors(library, folder, embedder, strict=strict)
    except IndexUnusableError:
        library.close()
        raise
    return library


def _shelves(folder: Path, manifest: Manifest) -> dict[Language, Shelf]:
    cards: dict[Language, list[Card]] = {}
    for card in read_cards(folder):
        cards.setdefault(card.language, []).append(card)
    shelves = {
        language: Shelf.of(group, LexicalIndex.load(language, folder / "lexical" / language))
        for language, group in cards.items()
    }
    for language, count in manifest.languages.items():
        shelf = shelves[language]
        if not count.articles == len(shelf.cards) == shelf.lexical.size:
            raise ValueError(language)
    return shelves


def _add_vectors(library: Library, folder: Path, embedder: Embedder | None, *, strict: bool) -> None:
    manifest = library.manifest
    if embedder is None or not manifest.embedder:
        missing = "this index was built without one" if embedder else "it is not installed"
        library.notice = f"Searching by words only: no embedding model ({missing})."
        return
    if manifest.embedder != embedder.id or embedder.dimension not in {0, manifest.dimension}:
        sentence = f"The knowledge index was built with the model {manifest.embedder}, not {embedder.id}"
        if strict:
            raise IndexUnusableError(f"{sentence}; run: recado kb sync")
        library.notice = f"Searching by words only: {sentence[0].lower()}{sentence[1:]}; run: recado kb sync."
        return
    try:
        library.vectors = _all_vectors(folder / "chroma", manifest)
        library.embedder = embedder
    except VectorsBusyError as error:
        if strict:
            raise IndexUnusableError(str(error)) from error
        library.notice = "Searching by words only: the vectors are open in another process (the running service)."
    except VectorsDamagedError as error:
        if strict:
            raise IndexUnusableError(f"{error} Run: recado kb sync --rebuild") from error
        library.do_without_vectors(error)


def _all_vectors(folder: Path, manifest: Manifest) -> VectorStore:
    """The vectors of every chunk; raises VectorsBusyError, VectorsDamagedError."""
    store = VectorStore.open(folder)
    with ExitStack() as unless_whole:
        unless_whole.callback(store.close)
        if any(store.count(language) != count.chunks for language, count in manifest.languages.items()):
            raise VectorsDamagedError("There are more or fewer vectors than chunks in the knowledge index.")
        unless_whole.pop_all()
    return store
