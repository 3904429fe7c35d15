"""Articles from Markdown files with front matter: id, title, language, audience, keywords, url, owner, review_by."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, get_args
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from retrieval.passage import Article, Language

FENCE = "---"
LARGEST_FILE = 1_000_000  # bytes: a longer "article" is a mistake or an attack
_ANCHOR = re.compile(r"(?:[:-]\s|[\[,{])\s*&[\w-]", re.MULTILINE)  # a page of them may stand for gigabytes
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
LANGUAGES: tuple[Language, ...] = get_args(Language)
LANGUAGE_CODES: dict[str, Language] = {"pt": "pt-BR", "pt-br": "pt-BR", "pt_br": "pt-BR", "es": "es", "en": "en"}


class ArticleUnreadableError(Exception):
    """A file is not an article; the message names the file and says why."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Folder:
    """What a folder holds: its articles by relative file name, and the files that are none."""

    articles: dict[str, Article]
    failures: tuple[ArticleUnreadableError, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """An article with what only its keepers see: who owns it, and by when it is to be looked at again."""

    article: Article
    owner: str = ""
    review_by: date | None = None


def _as_list(value: Any) -> Any:
    """A single word, a list or nothing: people write all three."""
    if value is None:
        return ()
    return (value,) if isinstance(value, str | int | float) else value


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int | float) else value


Words = Annotated[tuple[Annotated[str, BeforeValidator(_as_text)], ...], BeforeValidator(_as_list)]
Line = Annotated[str, BeforeValidator(_as_text)]


class _FrontMatter(BaseModel):
    """The head of a file, strictly: a misspelt `audience` must not publish a private article."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    id: Annotated[Line, Field(min_length=1, max_length=200, pattern=r"^[^\s@#]+$")]
    title: Annotated[Line, Field(min_length=1, max_length=300)]
    language: Language
    url: str = ""
    audience: Words = ()
    keywords: Words = ()
    owner: Annotated[Line, Field(max_length=200)] = ""
    review_by: date | None = None

    @field_validator("language", mode="before")
    @classmethod
    def _spell_language(cls, value: Any) -> Any:
        return LANGUAGE_CODES.get(value.strip().lower(), value) if isinstance(value, str) else value

    @field_validator("url", mode="before")
    @classmethod
    def _check_url(cls, value: Any) -> Any:
        url = value or ""
        try:
            well_formed = not url or (urlsplit(url).scheme in {"http", "https"} and bool(urlsplit(url).hostname))
        except (ValueError, TypeError, AttributeError):
            well_formed = False
        if not well_formed:
            raise ValueError("must be an http or https address")
        return url


def parse_article(name: str, content: bytes) -> Article:
    """One file's bytes to an article; raises ArticleUnreadableError."""
    return parse_entry(name, content).article


def parse_entry(name: str, content: bytes, language: Language | None = None) -> Entry:
    """The same with what only its keepers see; `language` is that of a file which names none."""
    if len(content) > LARGEST_FILE:
        raise ArticleUnreadableError(name, f"larger than {LARGEST_FILE:,} bytes")
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise ArticleUnreadableError(name, "not UTF-8 text") from None
    if "\0" in text:
        raise ArticleUnreadableError(name, "not text: it holds NUL characters")
    head, body = _split(name, text)
    found = _load(name, head)
    if language is not None:
        found.setdefault("language", language)
    try:
        front = _FrontMatter.model_validate(found)
    except ValidationError as error:
        raise ArticleUnreadableError(name, _explain(error)) from None
    if not body.strip():
        raise ArticleUnreadableError(name, "no text below the front matter")
    own = front.model_dump(exclude={"owner", "review_by"})
    return Entry(Article(body=body.strip(), **own), front.owner, front.review_by)


def has_front_matter(content: bytes) -> bool:
    """Whether a file begins with the line of three dashes."""
    return content.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n").split(b"\n", 1)[0].rstrip() == FENCE.encode()


def read_folder(folder: Path) -> Folder:
    """Every `*.md` below `folder`; hidden files and README.md are left alone, a second file of the same key fails."""
    articles: dict[str, Article] = {}
    failures: list[ArticleUnreadableError] = []
    owners: dict[str, str] = {}
    for name, file in _files(folder):
        try:
            article = parse_article(name, file.read_bytes())
        except ArticleUnreadableError as error:
            failures.append(error)
        except OSError as error:
            failures.append(ArticleUnreadableError(name, error.strerror or "cannot be read"))
        else:
            owner = owners.setdefault(article.key, name)
            if owner == name:
                articles[name] = article
            else:
                reason = f"the id {article.id!r} in {article.language} is taken by {owner}"
                failures.append(ArticleUnreadableError(name, reason))
    return Folder(articles, tuple(failures))


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for file in sorted(folder.rglob("*.md")):
        parts = file.relative_to(folder).parts
        if file.is_file() and not any(part.startswith(".") for part in parts) and file.name.lower() != "readme.md":
            yield "/".join(parts), file


def read_front_matter(name: str, text: str) -> tuple[dict[str, Any], str]:
    """What stands at the head of a Markdown text, unchecked, and the text below it; nothing when there is no head."""
    if text.lstrip("\n").split("\n", 1)[0].rstrip() != FENCE:
        return {}, text
    head, body = _split(name, text)
    return _load(name, head), body


def _split(name: str, text: str) -> tuple[str, str]:
    lines = text.lstrip("\n").split("\n")
    if lines[0].rstrip() != FENCE:
        raise ArticleUnreadableError(name, "does not begin with front matter (a line of three dashes)")
    for number, line in enumerate(lines[1:], start=1):
        if line.rstrip() == FENCE:
            return "\n".join(lines[1:number]), "\n".join(lines[number + 1 :])
    raise ArticleUnreadableError(name, "the front matter is never closed (a line of three dashes)")


def _load(name: str, head: str) -> dict[str, Any]:
    if _ANCHOR.search(head):
        raise ArticleUnreadableError(name, "the front matter names a value to repeat it (&name, *name): write it out")
    try:
        front = yaml.load(head, Loader=_LOADER)  # noqa: S506 -- the safe loader, in C where there is one
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        where = f" near line {line + 2}" if line is not None else ""
        raise ArticleUnreadableError(name, f"the front matter is not valid YAML{where}") from None
    if not isinstance(front, dict):
        raise ArticleUnreadableError(name, "the front matter is not a list of names and values")
    return {str(key): value for key, value in front.items()}


def _explain(error: ValidationError) -> str:
    """The first problems of the front matter as one line a person can act on."""
    parts = []
    for item in error.errors(include_url=False)[:3]:
        field = ".".join(str(part) for part in item["loc"][:1]) or "front matter"
        parts.append(f"{field}: {item['msg'].removeprefix('Value error, ')}")
    return "; ".join(parts)


def fingerprint(article: Article) -> str:
    """A hash of all that readers and indexes see of an article."""
    return hashlib.sha256(article.model_dump_json().encode()).hexdigest()


def text_fingerprint(article: Article) -> str:
    """A hash of what a reader reads and who may: two articles with the same are twins, whatever their ids."""
    told = "\0".join((article.language, article.title, " ".join(article.body.split()), *sorted(article.audience)))
    return hashlib.sha256(told.encode()).hexdigest()


def corpus_fingerprint(fingerprints: Mapping[str, str]) -> str:
    """A hash of a whole knowledge base, from each article's key and fingerprint."""
    lines = (f"{key} {value}\n" for key, value in sorted(fingerprints.items()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()
