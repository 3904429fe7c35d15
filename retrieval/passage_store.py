"""The articles of a revision and their chunks, as indexes and readers see them: one SQLite file, written once."""

import sqlite3
import threading
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from retrieval.articles import fingerprint
from retrieval.chunks import Chunk, split_article
from retrieval.passage import Article, Language
from retrieval.words import stem, words

FILE = "passages.db"
_TABLES = """
CREATE TABLE chunk (
  article TEXT, number INTEGER, id TEXT, heading TEXT, text TEXT, stems TEXT, PRIMARY KEY (article, number)
);
CREATE TABLE article (
  key TEXT PRIMARY KEY, language TEXT, title TEXT, sha256 TEXT, chunks INTEGER, content BLOB
);"""  # with row ids: as part of an index a text takes a page of its own, and the file three times the space


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A chunk and the stems of its words and headings."""

    chunk: Chunk
    stems: frozenset[str]


class Written:
    """The articles of a file being built: read again and again, one at a time, however many there are."""

    def __init__(self, file: Path) -> None:
        self._connection = sqlite3.connect(file)
        self._connection.execute("PRAGMA journal_mode=OFF")  # nobody uses it before it is whole
        self._connection.execute("PRAGMA synchronous=OFF")

    @classmethod
    def create(cls, file: Path, articles: Iterable[Article]) -> "Written":
        """Cut the articles and store them with their chunks, taking one at a time; raises sqlite3.Error."""
        written = cls(file)
        written._connection.executescript(_TABLES)
        for article in articles:
            written._add(article)
        written._connection.commit()
        return written

    def _add(self, article: Article) -> None:
        chunks = split_article(article)
        self._connection.executemany(
            "INSERT INTO chunk VALUES (?, ?, ?, ?, ?, ?)",
            ((article.key, number, c.id, c.heading, c.text, _stems(c, article)) for number, c in enumerate(chunks)),
        )
        content = zlib.compress(article.model_dump_json().encode(), 1)
        row = (article.key, article.language, article.title, fingerprint(article), len(chunks), content)
        self._connection.execute("INSERT INTO article VALUES (?, ?, ?, ?, ?, ?)", row)

    def languages(self) -> list[tuple[Language, int, int]]:
        """Each language with its articles and chunks, in the order of the first keys."""
        query = "SELECT language, count(*), sum(chunks) FROM article GROUP BY language ORDER BY min(key)"
        return self._connection.execute(query).fetchall()

    def fingerprints(self) -> dict[str, str]:
        """What each article was, by key."""
        return dict(self._connection.execute("SELECT key, sha256 FROM article"))

    def articles(self, language: Language) -> "Shelved":
        """The articles of a language by key, to be gone through as often as needed."""
        return Shelved(self._connection, language)

    def chunks(self, language: Language) -> Iterator[tuple[str, str]]:
        """Id of each chunk of a language, and the text the model reads, by article and in reading order."""
        query = """SELECT chunk.id, title, heading, text FROM article JOIN chunk ON chunk.article = key
                   WHERE language = ? ORDER BY key, number"""
        for id_, title, heading, text in self._connection.execute(query, (language,)):
            yield id_, Chunk(id_, heading, text).under(title)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


class Shelved:
    """The articles of one language, each read when its turn comes."""

    def __init__(self, connection: sqlite3.Connection, language: Language) -> None:
        self._connection = connection
        self._language = language

    def __iter__(self) -> Iterator[Article]:
        return (article for article, _ in self.counted())

    def counted(self) -> Iterator[tuple[Article, int]]:
        """With how many chunks each has."""
        query = "SELECT content, chunks FROM article WHERE language = ? ORDER BY key"
        for content, chunks in self._connection.execute(query, (self._language,)):
            yield _article(content), chunks


def _stems(chunk: Chunk, article: Article) -> str:
    return " ".join(sorted(set(stem(words(f"{chunk.heading}\n{chunk.text}"), article.language))))


def _article(content: bytes) -> Article:
    return Article.model_validate_json(zlib.decompress(content))


def _looking(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True, check_same_thread=False)


def stored_articles(file: Path) -> Iterator[Article]:
    """Every article a finished revision was built from, by key; raises sqlite3.Error, of an older version too."""
    with closing(_looking(file)) as connection:
        for (content,) in connection.execute("SELECT content FROM article ORDER BY key"):
            yield _article(content)


class PassageStore:
    """Read-only and shared by threads, one at a time."""

    def __init__(self, file: Path) -> None:
        self._connection = _looking(file)
        self._lock = threading.Lock()

    def of(self, article: str) -> list[StoredChunk]:
        """An article's chunks in reading order."""
        query = "SELECT id, heading, text, stems FROM chunk WHERE article = ? ORDER BY number"
        with self._lock:
            rows = self._connection.execute(query, (article,)).fetchall()
        return [StoredChunk(Chunk(id_, heading, text), frozenset(stems.split())) for id_, heading, text, stems in rows]

    def ids(self) -> set[str]:
        """All chunk ids."""
        with self._lock:
            return {row[0] for row in self._connection.execute("SELECT id FROM chunk")}

    def fingerprints(self) -> dict[str, str]:
        """What each article was when it was indexed, by key; raises sqlite3.Error for an older version's."""
        with self._lock:
            return dict(self._connection.execute("SELECT key, sha256 FROM article"))

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()
