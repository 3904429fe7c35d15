"""A judged set for searching: documents, questions, and which documents answer which question.

Files as BEIR and TREC know them: documents and questions as JSON lines, judgements as tab-separated lines. What a set
does not say of languages is told from the words. Documents
may also be a folder of articles as a knowledge base has them.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from graph.language.offline.tongue import identify
from retrieval.articles import LANGUAGE_CODES, read_folder
from retrieval.passage import Article, Language

DOCUMENT_IDS = ("id", "_id", "docid")
QUERY_IDS = ("qid", "id", "_id")
IDENTIFIED = 2_000  # letters that its language is told from, where a set does not name it


class JudgedSetError(Exception):
    """A file cannot be read as documents, questions or judgements; the message names file and line."""


@dataclass(frozen=True, slots=True)
class Query:
    """A question as it was put."""

    id: str
    language: Language
    text: str


@dataclass(frozen=True, slots=True)
class JudgedSet:
    """`judgements`: question id -> document id -> grade, for questions that have at least one good document."""

    articles: list[Article]
    queries: list[Query]
    judgements: dict[str, dict[str, int]]


def read_judged_set(corpus: Path, queries: Path, qrels: Path, *, body_field: str, titles: bool) -> JudgedSet:
    """Read and check the three files; questions without a judgement are left out. Raises JudgedSetError."""
    articles = _documents(corpus, body_field, titles=titles)
    known = {article.id for article in articles}
    judgements = {
        query: grades
        for query, grades in _judgements(qrels).items()
        if any(grade > 0 and document in known for document, grade in grades.items())
    }
    asked = [query for number, row in _rows(queries) if (query := _query(queries, number, row)).id in judgements]
    if not asked:
        raise JudgedSetError(f"No question of {queries} has a document of {corpus} in {qrels}.")
    return JudgedSet(articles, asked, judgements)


def read_questions(file: Path) -> list[Query]:
    """Questions without judgements. Raises JudgedSetError."""
    return [_query(file, number, row) for number, row in _rows(file)]


def _documents(corpus: Path, body_field: str, *, titles: bool) -> list[Article]:
    if not corpus.is_dir():
        return [_article(corpus, number, row, body_field, titles=titles) for number, row in _rows(corpus)]
    folder = read_folder(corpus)
    if folder.failures or not folder.articles:
        raise JudgedSetError(str(folder.failures[0]) if folder.failures else f"{corpus} has no articles.")
    found = folder.articles.values()
    return list(found) if titles else [article.model_copy(update={"title": "", "keywords": ()}) for article in found]


def _rows(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in _lines(file):
        try:
            row = json.loads(line)
        except ValueError:
            raise JudgedSetError(f"{file}, line {number}: not JSON") from None
        if not isinstance(row, dict):
            raise JudgedSetError(f"{file}, line {number}: not a JSON object")
        yield number, row


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise JudgedSetError(f"{file} cannot be read ({getattr(error, 'strerror', None) or 'not UTF-8'})") from None
    return ((number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip())


def _text(file: Path, number: int, row: dict[str, Any], names: tuple[str, ...]) -> str:
    for name in names:
        if isinstance(value := row.get(name), str | int) and str(value).strip():
            return str(value)
    raise JudgedSetError(f"{file}, line {number}: no {' or '.join(names)}")


def _words(row: dict[str, Any]) -> str:
    return str(row.get("body") or row.get("text") or "")[:IDENTIFIED]


def _language(file: Path, number: int, row: dict[str, Any]) -> Language:
    code = str(row.get("lang") or row.get("language") or "").strip().lower()
    if not code:
        return identify(f"{row.get('title') or ''} {_words(row)}")[0]
    if code not in LANGUAGE_CODES:
        raise JudgedSetError(f"{file}, line {number}: lang must be pt-BR, es or en, not {code!r}")
    return LANGUAGE_CODES[code]


def _article(file: Path, number: int, row: dict[str, Any], body_field: str, *, titles: bool) -> Article:
    title, body = row.get("title") or "", row.get(body_field, row.get("text")) or ""
    if body_field not in row and "text" not in row:
        raise JudgedSetError(f"{file}, line {number}: no {body_field}")
    try:
        return Article(
            id=_text(file, number, row, DOCUMENT_IDS),
            language=_language(file, number, row),
            title=title if titles else "",
            body=body,
        )
    except ValidationError:
        raise JudgedSetError(f"{file}, line {number}: title and {body_field} must be text") from None


def _query(file: Path, number: int, row: dict[str, Any]) -> Query:
    text = _text(file, number, row, ("text",))
    return Query(_text(file, number, row, QUERY_IDS), _language(file, number, row), text)


def _judgements(file: Path) -> dict[str, dict[str, int]]:
    """TREC's four columns (question, 0, document, grade) or BEIR's three with a heading."""
    found: dict[str, dict[str, int]] = {}
    for number, line in _lines(file):
        columns = line.split("\t") if "\t" in line else line.split()
        query, document, grade = columns[0], columns[-2] if len(columns) > 1 else "", columns[-1].strip()
        if number == 1 and not grade.lstrip("-").isdigit():
            continue
        if len(columns) not in {3, 4} or not grade.lstrip("-").isdigit():
            raise JudgedSetError(f"{file}, line {number}: not `question 0 document grade`")
        found.setdefault(query, {})[document] = int(grade)
    return found
