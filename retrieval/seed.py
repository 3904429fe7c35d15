"""Vectors for a cache that has none, out of the current revision: a machine that never built need not embed again."""

import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from retrieval.gloss import told
from retrieval.passage import Language
from retrieval.passage_store import FILE, PassageStore
from retrieval.revision import IndexUnusableError, pointed, read_manifest
from retrieval.shelf import Card, read_cards
from retrieval.vector_cache import VectorCache, digest
from retrieval.vectors import VectorsBusyError, VectorsDamagedError, VectorStore

log = logging.getLogger(__name__)

CARDS = 500  # articles whose vectors are copied at a time


def seed(cache: VectorCache, root: Path) -> int:
    """Fill an empty cache; returns with how many texts. An index that cannot be read is no reason not to build one."""
    if not cache.is_empty:
        return 0
    try:
        folder = pointed(root)
        if folder is None or read_manifest(folder).embedder != cache.model:
            return 0
        return _copy(cache, folder)
    except (IndexUnusableError, VectorsBusyError, VectorsDamagedError, OSError, ValueError, sqlite3.Error) as error:
        log.warning("No vectors are taken over from the current index: %s", error)
        return 0


def texts_read(folder: Path, model: str) -> Iterator[tuple[str, str]]:
    """Key of the article and digest of each text that this model read for a revision; of a damaged one what is left."""
    try:
        passages = PassageStore(folder / FILE)
    except sqlite3.Error:
        return
    try:
        for card in read_cards(folder):
            yield from ((card.key, text) for text in _texts(passages, [card], model).values())
    except (OSError, ValidationError, sqlite3.Error) as error:
        log.warning("The former index cannot be read (%s); some vectors may have to be made again.", error)
    finally:
        passages.close()


def _copy(cache: VectorCache, folder: Path) -> int:
    shelves: dict[Language, list[Card]] = {}
    for card in read_cards(folder):
        shelves.setdefault(card.language, []).append(card)
    passages, vectors = PassageStore(folder / FILE), VectorStore.open(folder / "chroma")
    copied = 0
    try:
        for language, cards in shelves.items():
            for start in range(0, len(cards), CARDS):
                texts = _texts(passages, cards[start : start + CARDS], cache.model)
                found = vectors.of(language, list(texts))
                cache.keep({texts[key]: vector for key, vector in found.items()})
                copied += len(found)
        cache.commit()  # all or nothing: a cache begun is never filled from here again
    finally:
        passages.close()
        vectors.close()
    return copied


def _texts(passages: PassageStore, cards: list[Card], model: str) -> dict[str, str]:
    """What the model read, by chunk."""
    return {
        stored.chunk.id: digest(told(stored.chunk.under(card.title), card.language, model))
        for card in cards
        for stored in passages.of(card.key)
    }
