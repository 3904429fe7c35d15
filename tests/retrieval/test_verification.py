"""A revision that is not what it was built from is told apart before anybody is sent there."""

import json
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from retrieval.build import build
from retrieval.embedder import MiniLM, Vectors
from retrieval.passage import Article
from retrieval.revision import pointed
from retrieval.shelf import open_library
from retrieval.stages import Stage
from retrieval.vectors import VectorStore
from retrieval.verification import RevisionUnfitError, differing, misplaced, verify
from tests.retrieval.conftest import ARTICLES


def sql(statement: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        with sqlite3.connect(folder / "passages.db") as connection:
            connection.execute(statement)
        connection.close()

    return change


def cards(change: Callable[[list[str]], list[str]]) -> Callable[[Path], None]:
    def rewrite(folder: Path) -> None:
        file = folder / "articles.jsonl"
        file.write_text("\n".join(change(file.read_text("utf-8").splitlines())) + "\n", "utf-8")

    return rewrite


def renamed(lines: list[str]) -> list[str]:
    return [line.replace("vpn", "wifi") for line in lines]


def another_vector(folder: Path) -> None:
    store = VectorStore.open(folder / "chroma")
    store.write("en", ["printer@en#0"], np.eye(1, 384, dtype=np.float32))
    store.close()


def a_vector_too_many(folder: Path) -> None:
    store = VectorStore.open(folder / "chroma")
    store.write("en", ["ghost@en#0"], np.eye(1, 384, dtype=np.float32))
    store.close()


def lexical_of_another_language(folder: Path) -> None:
    shutil.rmtree(folder / "lexical" / "en")
    shutil.copytree(folder / "lexical" / "es", folder / "lexical" / "en")  # one article each, so the counts agree


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (sql("DELETE FROM chunk WHERE article = 'vpn@pt-BR'"), "incomplete"),
        (sql("UPDATE chunk SET id = 'wifi@pt-BR#0' WHERE id = 'vpn@pt-BR#0'"), "vpn@pt-BR#0 has no text"),
        (sql("DELETE FROM article WHERE key = 'vpn@pt-BR'"), "vpn@pt-BR is in a lexical index but has no text"),
        (cards(lambda lines: lines[1:]), "damaged"),
        (cards(renamed), "vpn@pt-BR has a text but is in no lexical index"),
        (another_vector, "printer@en#0 has a vector that the model does not give for its text"),
        (a_vector_too_many, "more or fewer vectors than chunks"),
        (lexical_of_another_language, "no title finds its own article by words in en"),
    ],
)
def test_what_differs_is_named(
    tmp_path: Path, shelf_with_vectors: Path, model: MiniLM, damage: Callable[[Path], None], told: str
) -> None:
    whole = pointed(shelf_with_vectors)
    assert whole is not None
    folder = shutil.copytree(whole, tmp_path / f"{whole.name}.building")
    verify(folder, model)
    damage(folder)
    with pytest.raises(RevisionUnfitError, match=f"{whole.name} failed its verification and was removed: .*{told}"):
        verify(folder, model)


def test_articles_in_each_others_places_are_found_one_by_one(tmp_path: Path, shelf_of_words: Path) -> None:
    whole = pointed(shelf_of_words)
    assert whole is not None
    folder = shutil.copytree(whole, tmp_path / whole.name)
    library = open_library(folder, None)
    assert (differing(library), misplaced(library)) == ([], [])
    library.close()
    cards(lambda lines: lines[1::-1] + lines[2:])(folder)  # the first two change places
    swapped = [json.loads(line)["key"] for line in (folder / "articles.jsonl").read_text("utf-8").splitlines()[:2]]
    library = open_library(folder, None)
    assert differing(library) == []
    assert sorted(sentence.split(" ")[0] for sentence in misplaced(library)) == sorted(swapped)
    library.close()


class Fickle:
    """A model that says something else each time."""

    id, dimension = "fickle", 8

    def __init__(self) -> None:
        self._dice = np.random.default_rng(1)

    def embed(self, texts: Sequence[str]) -> Vectors:
        vectors = self._dice.normal(size=(len(texts), self.dimension)).astype(np.float32)
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def test_an_unfit_revision_leaves_nothing_behind_but_what_was_paid_for(tmp_path: Path) -> None:
    with pytest.raises(RevisionUnfitError, match="the model does not give"):
        build(ARTICLES, tmp_path, Fickle())
    assert [file.name for file in tmp_path.iterdir()] == ["vectors.db"]


def test_titles_without_words_and_namesakes_are_no_reason_to_refuse(tmp_path: Path) -> None:
    alike = [Article(id=f"a{n}", language="en", title="Release notes", body="The same text.") for n in range(40)]
    odd = [
        Article(id="s", language="es", title="👍", body="¡!"),
        Article(id="p", language="pt-BR", title="?", body="Oi"),
    ]
    heard: list[tuple[Stage, int, int]] = []
    build([*alike, *odd], tmp_path, None, lambda *said: heard.append(said))
    assert ("verifying", 7, 7) in heard
    assert ("words", 84, 84) in heard
