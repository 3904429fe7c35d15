"""Judged sets as BEIR publishes them (corpus.jsonl, queries.jsonl, qrels/*.tsv), read as a retrieval suite."""

import re
from collections import Counter
from hashlib import sha256
from pathlib import Path

from eval.cases.retrieval import RetrievalCase
from eval.judged import JudgedSet, Query, read_judged_set

CORPUS, QUERIES, QRELS = "corpus.jsonl", "queries.jsonl", "qrels"
USUAL_SPLIT = "test"  # of the splits there are, what results are told of


def folder_of(path: Path) -> Path | None:
    """The BEIR folder that a path names: itself, or the one whose qrels/SPLIT.tsv it is; None for anything else."""
    folder = path.parent.parent if path.suffix == ".tsv" and path.parent.name == QRELS else path
    there = (folder / CORPUS).is_file() and (folder / QUERIES).is_file()
    return folder if there and any((folder / QRELS).glob("*.tsv")) else None


def qrels_of(path: Path) -> Path:
    """The judgements that are asked for: the file named, or the test split, or the only one there is."""
    if path.suffix == ".tsv":
        return path
    splits = sorted((path / QRELS).glob("*.tsv"))
    return next((split for split in splits if split.stem == USUAL_SPLIT), splits[0])


def read_beir(folder: Path, qrels: Path) -> tuple[str, JudgedSet, tuple[RetrievalCase, ...]]:
    """The suite's name, the set, and a case for each judged question. Raises JudgedSetError."""
    judged = read_judged_set(folder / CORPUS, folder / QUERIES, qrels, body_field="body", titles=True)
    name = _slug(f"{folder.resolve().name}-{qrels.stem}")[:60]
    slugs = Counter(_slug(query.id) for query in judged.queries)
    cases = tuple(_case(name, query, judged, alone=slugs[_slug(query.id)] == 1) for query in judged.queries)
    return name, judged, cases


def digest(folder: Path, qrels: Path) -> str:
    """What the set consists of."""
    told = sha256()
    for file in (folder / CORPUS, folder / QUERIES, qrels):
        told.update(file.read_bytes())
    return told.hexdigest()


def _case(name: str, query: Query, judged: JudgedSet, *, alone: bool) -> RetrievalCase:
    slug = _slug(query.id)
    clear = alone and slug.strip("-") and len(slug) <= 16
    key = slug if clear else sha256(query.id.encode()).hexdigest()[:12]
    grades = {document: grade for document, grade in judged.judgements[query.id].items() if grade > 0}
    return RetrievalCase(
        id=f"{name}-{key}",
        question=query.text,
        language=query.language,
        relevant=tuple(grades),
        grades=grades,
        cluster=f"{name}-{key}",
    )


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")
