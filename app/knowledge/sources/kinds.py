"""Kinds of documents as sources tell them: by a name, or by the media type of a web server."""

from pathlib import PurePosixPath

from retrieval.conversion.kinds import LARGEST, SUFFIXES

BY_MEDIA_TYPE = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/markdown": ".md",
    "text/plain": ".txt",
    "application/pdf": ".pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
}


def suffix_of(name: str) -> str:
    """The ending of a file's name, in small letters; "" without one."""
    return PurePosixPath(name).suffix.lower()


def takes(name: str) -> bool:
    """Whether a file of that name is of a kind that becomes an article."""
    return suffix_of(name) in SUFFIXES


def largest(suffix: str) -> int:
    """Bytes that a file of a kind we take may have."""
    return LARGEST[SUFFIXES[suffix]]
