"""What an index on disk must not show any more, because the table of articles says otherwise."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from retrieval.revision import IndexUnusableError, folders, pointed, withdraw

Readers = Mapping[str, frozenset[str]]  # key of an article -> who may read it; empty = every employee


def hide(root: Path, readers: Readers, shown: Iterable[Path] = ()) -> None:
    """Withdraw what is gone from every folder, and what the current one or those `shown` next give to other readers."""
    gone = {key for folder in folders(root) for key, _ in _cards(folder) if key not in readers}
    searched = {*shown, *current(root)}
    changed = {key for folder in searched for key, audience in _cards(folder) if readers.get(key) != audience}
    withdraw(root, gone | changed)


def keys_in(folder: Path) -> set[str]:
    """The articles a folder holds."""
    return {key for key, _ in _cards(folder)}


def current(root: Path) -> list[Path]:
    """The folder that is searched, or none; a pointer that leads nowhere points to none."""
    try:
        folder = pointed(root)
    except IndexUnusableError:
        return []
    return [folder] if folder else []


def _cards(folder: Path) -> Iterator[tuple[str, frozenset[str]]]:
    """Keys and audiences of the articles in a folder; a damaged one is refused when it is opened."""
    file = folder / "articles.jsonl"
    if not file.is_file():
        return
    with file.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            try:
                card = json.loads(line)
                key, audience = card["key"], frozenset(card["audience"])
            except (ValueError, KeyError, TypeError):
                continue
            yield key, audience
