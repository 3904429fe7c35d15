"""What the model is told: one Markdown file each, checked when loaded and filled in one pass."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from prompts.texts import PLACEHOLDER, TextError

FOLDER = Path(__file__).parent / "model"
SYSTEM, USER = "# System\n", "# User\n"
_TRIED: ContextVar[dict[str, "Instruction"] | None] = ContextVar("tried", default=None)


@dataclass(frozen=True, slots=True)
class Instruction:
    """One prompt: what the model is, and what it is given this time."""

    name: str
    version: str  # number+sha of the file
    system: str
    user: str
    variables: frozenset[str]

    @property
    def reference(self) -> str:
        """Name the exact text, as stored on every turn: `name@version+sha`."""
        return f"{self.name}@{self.version}"

    def filled(self, **values: object) -> tuple[str, str]:
        """Fill both parts in one pass: braces inside a value stay what they are.

        Raises:
            TextError: when the values are not exactly the declared variables.
        """
        if values.keys() != self.variables:
            raise TextError(f"{self.name} wants {sorted(self.variables)}, got {sorted(values)}")
        system, user = (PLACEHOLDER.sub(lambda found: str(values[found[1]]), part) for part in (self.system, self.user))
        return system, user


def read(file: Path) -> Instruction:
    """Read a file and hold it to its own front matter; raises TextError."""
    raw = file.read_bytes()
    _, front, body = raw.decode("utf8").split("---\n", 2)
    page: dict[str, Any] = yaml.safe_load(front)
    system, _, user = body.partition(USER)
    declared, used = frozenset(page["variables"]), frozenset(PLACEHOLDER.findall(body))
    if declared != used:
        raise TextError(f"{file.name}: declared and used variables differ: {sorted(declared ^ used)}")
    version = f"{page['version']}+{hashlib.sha256(raw).hexdigest()[:12]}"
    return Instruction(file.stem, version, system.partition(SYSTEM)[2].strip(), user.strip(), declared)


def load() -> Mapping[str, Instruction]:
    """All of them, those that are tried in place of the shipped.

    Raises:
        TextError: for a file whose variables are not those it declares, so that start-up fails and not a conversation.
    """
    tried = _TRIED.get()
    return _shipped() if tried is None else _shipped() | tried


@cache
def _shipped() -> dict[str, Instruction]:
    return {file.stem: read(file) for file in sorted(FOLDER.glob("*.md"))}


@contextmanager
def instead(files: Mapping[str, Path]) -> Iterator[None]:
    """Within it, and in the tasks begun there, the prompts of these names are read from other files.

    Raises:
        TextError: for a name that no prompt has, or a file that is no prompt of the same variables.
    """
    token = _TRIED.set({name: _tried(name, file) for name, file in files.items()})
    try:
        yield
    finally:
        _TRIED.reset(token)


def _tried(name: str, file: Path) -> Instruction:
    known = _shipped()
    if name not in known:
        raise TextError(f"{name} is no prompt: {', '.join(known)}.")
    try:
        found = replace(read(file), name=name)
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError) as error:
        raise TextError(f"{file} is no prompt ({type(error).__name__}): it needs the front matter of {name}.") from None
    if found.variables != known[name].variables:
        raise TextError(f"{file}: {name} is given {sorted(known[name].variables)}, not {sorted(found.variables)}.")
    return found


def versions() -> dict[str, str]:
    """Name each file and its `version+sha`, as the lock holds them."""
    return {f"model/{name}": instruction.version for name, instruction in load().items()}
