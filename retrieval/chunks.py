"""Articles to chunks of 150-300 words that follow the headings and carry their path."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from retrieval.passage import Article

CHUNKER = "headings-1"  # part of every manifest: a change here rebuilds the index
FEW_WORDS = 150  # neighbouring sections are joined below this
MANY_WORDS = 260  # a chunk is closed before it grows beyond this; the embedder sees 256 tokens
_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*\s*$")
_SENTENCE_END = re.compile(r"(?<=[.!?:;])\s+")


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of an article. `id` is `key#number`; `heading` is the path above it, ' > ' between."""

    id: str
    heading: str
    text: str

    def under(self, title: str) -> str:
        """The text below its path of titles, as it is embedded: without it recall falls by 20 points and more."""
        return " > ".join(part for part in (title, self.heading) if part) + "\n" + self.text


@dataclass(frozen=True, slots=True)
class _Section:
    path: tuple[str, ...]
    text: str

    @property
    def words(self) -> int:
        return len(self.text.split())


def split_article(article: Article) -> list[Chunk]:
    """The article's chunks in reading order; at least one, even for an empty body."""
    pieces: list[_Section] = []
    for section in _join(list(_sections(article))):
        pieces.extend(_Section(section.path, text) for text in _cut(section.text))
    return [
        Chunk(f"{article.key}#{number}", " > ".join(piece.path), piece.text)
        for number, piece in enumerate(pieces or [_Section((), article.body.strip())])
    ]


def _sections(article: Article) -> Iterator[_Section]:
    """Runs of text between headings, fences respected; a first heading that repeats the title is dropped."""
    path: list[tuple[int, str]] = []
    lines: list[str] = []
    fenced = False
    for line in article.body.splitlines():
        fenced ^= line.lstrip().startswith(("```", "~~~"))
        match = None if fenced else _HEADING.match(line)
        if match is None:
            lines.append(line)
            continue
        if text := "\n".join(lines).strip():
            yield _Section(tuple(name for _, name in path), text)
        lines = []
        level, name = len(match[1]), match[2]
        path = [item for item in path if item[0] < level]
        if name and name.casefold() != article.title.casefold():
            path.append((level, name))
    if text := "\n".join(lines).strip():
        yield _Section(tuple(name for _, name in path), text)


def _join(sections: list[_Section]) -> list[_Section]:
    """Short neighbours become one section under the path they share; their own headings move into the text."""
    joined: list[_Section] = []
    for section in sections:
        last = joined[-1] if joined else None
        if last and last.words < FEW_WORDS and last.words + section.words <= MANY_WORDS:
            shared = _shared(last.path, section.path)
            texts = (_with_headings(part, len(shared)) for part in (last, section))
            joined[-1] = _Section(shared, "\n\n".join(texts))
        else:
            joined.append(section)
    return joined


def _shared(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    count = 0
    while count < min(len(one), len(other)) and one[count] == other[count]:
        count += 1
    return one[:count]


def _with_headings(section: _Section, depth: int) -> str:
    headings = [f"{'#' * (level + 2)} {name}" for level, name in enumerate(section.path[depth:], start=depth)]
    return "\n\n".join([*headings, section.text])


def _cut(text: str) -> Iterator[str]:
    """Text in pieces of at most MANY_WORDS, at paragraph ends if possible, else lines, else sentences, else words."""
    held: list[str] = []
    count = 0
    for block in _blocks(text):
        size = len(block.split())
        if held and count + size > MANY_WORDS:
            yield "\n\n".join(held)
            held, count = [], 0
        held.append(block)
        count += size
    if held:
        yield "\n\n".join(held)


def _blocks(text: str) -> Iterator[str]:
    for block in re.split(r"\n\s*\n", text):
        if block.strip():
            yield from _fit(block.strip("\n"), ("\n", None))


def _fit(block: str, separators: tuple[str | None, ...]) -> Iterator[str]:
    """A block that is too long, packed from its lines, and these from their sentences and words."""
    if len(block.split()) <= MANY_WORDS:
        yield block
        return
    if not separators:
        words = block.split()
        yield from (" ".join(words[start : start + MANY_WORDS]) for start in range(0, len(words), MANY_WORDS))
        return
    glue = separators[0] or " "
    held: list[str] = []
    for part in block.split("\n") if separators[0] else _SENTENCE_END.split(block):
        for piece in _fit(part, separators[1:]):
            if held and len(glue.join([*held, piece]).split()) > MANY_WORDS:
                yield glue.join(held)
                held = []
            held.append(piece)
    if held:
        yield glue.join(held)
