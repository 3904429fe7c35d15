"""What the model is told: one Markdown file each, checked when loaded and filled in one pass."""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from prompts.texts import PLACEHOLDER, TextError

FOLDER = Path(__file__).parent / "model"
SYSTEM, USER = "# System\n", "# User\n"


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


def _read(file: Path) -> Instruction:
    """Read a file and hold it to its own front matter."""
    raw = file.read_bytes()
    _, front, body = raw.decode("utf8").split("---\n", 2)
    page: dict[str, Any] = yaml.safe_load(front)
    system, _, user = body.partition(USER)
    declared, used = frozenset(page["variables"]), frozenset(PLACEHOLDER.findall(body))
    if declared != used:
        raise TextError(f"{file.name}: declared and used variables differ: {sorted(declared ^ used)}")
    version = f"{page['version']}+{hashlib.sha256(raw).hexdigest()[:12]}"
    return Instruction(file.stem, version, system.partition(SYSTEM)[2].strip(), user.strip(), declared)


@cache
def load() -> dict[str, Instruction]:
    """Read all of them once.

    Raises:
        TextError: for a file whose variables are not those it declares, so that start-up fails and not a conversation.
    """
    return {file.stem: _read(file) for file in sorted(FOLDER.glob("*.md"))}


def versions() -> dict[str, str]:
    """Name each file and its `version+sha`, as the lock holds them."""
    return {f"model/{name}": instruction.version for name, instruction in load().items()}
