"""A folder of files as a knowledge source; links that lead out of it are not followed."""

import asyncio
import os
import stat
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from app.knowledge.sources.kinds import largest, suffix_of, takes
from tools.knowledge_source import Document, Listed, SourceUnavailableError, Unreadable

MANY_BYTES = 1_000_000  # a file that may have more is read alone
AT_ONCE = 256  # files read before the loop hears of them


class FolderSource:
    """Every file of a kind we take, in all folders below; hidden ones and README files are left alone."""

    revision = ""

    def __init__(self, root: Path, url_template: str = "") -> None:
        self._root, self._url_template = root, url_template

    async def documents(self, known: Mapping[str, str]) -> AsyncIterator[Listed]:  # noqa: ARG002 -- every file is read
        """READ them, some at a time."""
        for some in _in_small_lots(await self._names()):
            for listed in await asyncio.to_thread(self._read, some):
                yield listed

    async def _names(self) -> Sequence[str]:
        return await asyncio.to_thread(lambda: sorted(files_below(self._root)))

    def _read(self, names: Sequence[str]) -> list[Listed]:
        root = _Root(self._root)
        return [root.read(name, self._url(name)) for name in names]

    def _url(self, name: str) -> str:
        if not self._url_template:
            return ""
        stem = name.rpartition(".")[0]
        return self._url_template.format(path=quote(name), name=quote(stem), revision=self.revision)


def _in_small_lots(names: Sequence[str]) -> Iterator[list[str]]:
    """So many that reading them is one errand, so few that they fit into memory: large kinds one by one."""
    lot: list[str] = []
    for name in names:
        lot.append(name)
        if len(lot) == AT_ONCE or largest(suffix_of(name)) > MANY_BYTES:
            yield lot
            lot = []
    if lot:
        yield lot


def files_below(root: Path) -> Iterator[str]:
    """Names of what may be articles; a folder that cannot be listed makes the whole listing worthless."""

    def refuse(error: OSError) -> None:
        where = error.filename or root
        raise SourceUnavailableError(f"{where} cannot be listed: {error.strerror or 'no reason given'}.") from None

    if not root.is_dir():
        raise SourceUnavailableError(f"{root} is not a folder.")
    for folder, folders, files in os.walk(root, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        below = Path(folder).relative_to(root).parts
        yield from ("/".join((*below, name)) for name in files if is_article("/".join((*below, name))))


def is_article(name: str) -> bool:
    """Whether a file of that name below a source may be one."""
    parts = name.split("/")
    return takes(name) and not any(part.startswith((".", "~$")) for part in parts) and _stem(parts[-1]) != "readme"


def _stem(name: str) -> str:
    return name.rpartition(".")[0].lower()


class _Root:
    """A folder whose files are read, and no others: not through a link that leads out of it, not through any name."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._real = os.path.realpath(root)
        self._sound: dict[str, bool] = {}  # folders below by name: whether they lie below in truth

    def read(self, name: str, url: str) -> Document | Unreadable:
        """One file's bytes, unless it is larger than its kind may be."""
        if not name.isprintable():  # bytes that are no text, or control characters
            return Unreadable(ascii(name)[1:-1], "its name cannot be written; rename it")
        limit = largest(suffix_of(name))
        file = f"{self._real}/{name}"
        try:
            if not self._is_below(name, file):
                return Unreadable(name, "it is a link to a file outside of the source")
            with open(file, "rb", buffering=0, opener=_without_waiting) as stream:
                status = os.fstat(stream.fileno())
                if not stat.S_ISREG(status.st_mode):
                    return Unreadable(name, "it is not a file")
                content = stream.read() if status.st_size <= limit else None
        except (OSError, ValueError) as error:
            return Unreadable(name, getattr(error, "strerror", None) or "it cannot be read")
        if content is None or len(content) > limit:
            return Unreadable(name, f"it is larger than {limit:,} bytes")
        return Document(ref=name, content=content, url=url)

    def _is_below(self, name: str, file: str) -> bool:
        folder = name.rpartition("/")[0]
        if folder not in self._sound:
            self._sound[folder] = self._leads_here(f"{self._real}/{folder}")
        return self._sound[folder] and (not Path(file).is_symlink() or self._leads_here(file))

    def _leads_here(self, place: str) -> bool:
        return Path(os.path.realpath(place)).is_relative_to(self._real)


def _without_waiting(file: str, flags: int) -> int:
    """Open it; a named pipe would make us wait for ever."""
    return os.open(file, flags | os.O_NONBLOCK)
