"""What a source's listing changes among the articles there are: exact, and worked out before anything is written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from retrieval.articles import Entry, fingerprint, text_fingerprint
from retrieval.passage import Article

HOLD_FROM = 20  # articles a source must have before a sudden loss of more than half of them is doubted


@dataclass(frozen=True, slots=True)
class Shelved:
    """What is remembered of one article."""

    source: str
    ref: str
    sha256: str
    text: str
    raw: str = ""
    read_as: str = ""
    stamp: str = ""
    front_matter: bool = False
    created_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """A document that was read into an article now."""

    ref: str
    entry: Entry
    raw: str
    stamp: str = ""
    front_matter: bool = False

    @property
    def article(self) -> Article:
        """The article it became."""
        return self.entry.article


@dataclass(frozen=True, slots=True)
class Failed:
    """A document that is no article, and why. `gone`: its former article goes too."""

    ref: str
    reason: str
    gone: bool = False


@dataclass(slots=True)
class Found:
    """A whole listing: documents as they were, read anew, and failed."""

    same: set[str] = field(default_factory=set)  # refs
    read: dict[str, Read] = field(default_factory=dict)
    failed: dict[str, Failed] = field(default_factory=dict)
    revision: str = ""


@dataclass(slots=True)
class Difference:
    """Keys by what becomes of them; `write` holds what there is to write, changed or only remembered anew."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    moved: list[tuple[str, str]] = field(default_factory=list)  # refs, from and to
    renamed: list[tuple[str, str]] = field(default_factory=list)  # keys, from and to; neither added nor removed
    duplicates: list[tuple[str, str]] = field(default_factory=list)  # ref, and the key that has its text already
    failed: list[tuple[str, str]] = field(default_factory=list)  # ref, reason
    write: dict[str, Read] = field(default_factory=dict)  # by key
    held: str = ""  # why none of it is done, a sentence

    @property
    def gone(self) -> list[str]:
        """Keys that leave the table."""
        return [*self.removed, *(old for old, _ in self.renamed)]


def compare(source: str, shelf: Mapping[str, Shelved], found: Found, *, force: bool = False) -> Difference:
    """What `source` changes on the whole shelf, by key of article."""
    return _Comparison(source, shelf, found).difference(force=force)


class _Comparison:
    """One after another, documents claim their keys and their texts: who has them already comes first."""

    def __init__(self, source: str, shelf: Mapping[str, Shelved], found: Found) -> None:
        self._source, self._shelf, self._found = source, shelf, found
        self._mine = {row.ref: key for key, row in shelf.items() if row.source == source}
        self._keys: dict[str, str] = {}  # key -> ref that has it
        self._texts = {row.text: key for key, row in shelf.items() if row.source != source and row.text}
        self._told = Difference()

    def difference(self, *, force: bool) -> Difference:
        found, mine, told = self._found, self._mine, self._told
        for ref in sorted(found.same):
            self._keep(ref)
        for ref, failed in sorted(found.failed.items()):
            told.failed.append((ref, failed.reason))
            if ref in mine and not failed.gone:
                self._keep(ref)
        refs = sorted(found.read)
        staying = [ref for ref in refs if mine.get(ref) == found.read[ref].article.key]
        for ref in (*staying, *(ref for ref in refs if ref not in set(staying))):
            self._take(found.read[ref])
        told.removed = sorted(set(mine.values()) - self._keys.keys())
        self._pair_renamed()
        told.unchanged = sorted(self._keys.keys() - {*told.added, *told.changed, *(new for _, new in told.renamed)})
        told.added, told.changed = sorted(told.added), sorted(told.changed)
        if len(mine) >= HOLD_FROM and 2 * len(told.removed) > len(mine) and not force:
            told.held = (
                f"{len(told.removed)} of {len(mine)} articles are gone from the source {self._source} at once, so "
                f"nothing was changed. If that is what you want: recado kb sync {self._source} --force"
            )
        return told

    def _keep(self, ref: str) -> None:
        key = self._mine[ref]
        self._keys[key] = ref
        self._texts.setdefault(self._shelf[key].text or key, key)

    def _take(self, read: Read) -> None:
        article, told = read.article, self._told
        other = self._owner(article.key, read.ref)
        if other:
            told.failed.append((read.ref, f"the id {article.id!r} in {article.language} is taken by {other}"))
            if (former := self._mine.get(read.ref)) and former not in self._keys:
                self._keep(read.ref)
            return
        text = text_fingerprint(article)
        twin = self._texts.setdefault(text, article.key)
        if twin != article.key:
            told.duplicates.append((read.ref, twin))
            return
        self._keys[article.key] = read.ref
        self._note(read)

    def _owner(self, key: str, ref: str) -> str:
        """Who has this key, unless it is free or this very document's."""
        row = self._shelf.get(key)
        if row and row.source != self._source:
            return f"{row.ref} of the source {row.source}"
        return self._keys.get(key, "") if self._keys.get(key, ref) != ref else ""

    def _note(self, read: Read) -> None:
        key, told = read.article.key, self._told
        row = self._shelf.get(key)
        told.write[key] = read
        if row is None:
            told.added.append(key)
            return
        if row.ref != read.ref:
            told.moved.append((row.ref, read.ref))
        if row.sha256 != fingerprint(read.article):
            told.changed.append(key)

    def _pair_renamed(self) -> None:
        """What went and what came with the same text is one article under another id."""
        told = self._told
        gone = {self._shelf[key].text: key for key in told.removed if self._shelf[key].text}
        for key in tuple(told.added):
            former = gone.pop(text_fingerprint(told.write[key].article), None)
            if former is not None:
                told.renamed.append((former, key))
                told.removed.remove(former)
                told.added.remove(key)
