"""Labelled texts as JSON lines and a catalogue that names the labels; whatever is wrong is one sentence."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml
from pydantic import ValidationError

from app.errors import RecadoError
from tools.service_desk import Category

NONE = "oos"  # the label of a text that no category applies to
LARGEST_FILE = 64_000_000  # bytes


class LabelledSetError(RecadoError):
    """A file cannot be read as labelled texts or as a catalogue; the message names file and line."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text and what it is about; `oos` = nothing of the catalogue."""

    text: str
    label: str


def read_labelled(file: Path, none: Sequence[str] = (NONE,)) -> list[Labelled]:
    """All lines of a file, the labels in `none` as `oos`; raises LabelledSetError."""
    rows = [_row(file, number, line, none) for number, line in _lines(file)]
    if not rows:
        raise LabelledSetError(f"{file} has no line.")
    return rows


def read_catalogue(file: Path) -> tuple[Category, ...]:
    """The categories of a company's catalogue.yaml that take requests; raises LabelledSetError."""
    try:
        listed = yaml.safe_load(_text(file))["categories"]
        categories = tuple(Category.model_validate(given) for given in listed)
    except (yaml.YAMLError, RecursionError):
        raise LabelledSetError(f"{file} is not valid YAML.") from None
    except (KeyError, TypeError):
        raise LabelledSetError(f"{file} has no list of categories.") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise LabelledSetError(f"{file}: a category cannot be used: {where}: {first['msg']}.") from None
    return tuple(category for category in categories if category.queue)


def folded(rows: Sequence[Labelled], count: int, seed: int) -> Iterator[tuple[list[Labelled], list[Labelled]]]:
    """`count` times a part to learn from and a part kept back; every label is dealt out over all parts."""
    order = np.random.default_rng(seed).permutation(len(rows))
    places: dict[str, list[int]] = {}
    for place in order:
        places.setdefault(rows[place].label, []).append(int(place))
    dealt = [place for label in sorted(places) for place in places[label]]
    part = {place: number % count for number, place in enumerate(dealt)}
    for kept_back in range(count):
        yield (
            [row for place, row in enumerate(rows) if part[place] != kept_back],
            [row for place, row in enumerate(rows) if part[place] == kept_back],
        )


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(_text(file).split("\n"), start=1):
        if line.strip():
            yield number, line


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise LabelledSetError(f"{file} is larger than {LARGEST_FILE:,} bytes.")
        return file.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise LabelledSetError(f"{file} is not UTF-8 text.") from None
    except OSError as error:
        raise LabelledSetError(f"{file} cannot be read ({error.strerror or type(error).__name__}).") from None


def _row(file: Path, number: int, line: str, none: Sequence[str]) -> Labelled:
    try:
        given = json.loads(line)
    except (ValueError, RecursionError):
        raise LabelledSetError(f"{file}, line {number}: not valid JSON.") from None
    if not isinstance(given, dict):
        raise LabelledSetError(f'{file}, line {number}: not an object like {{"text": "…", "label": "…"}}.')
    for name in ("text", "label"):
        if not isinstance(given.get(name), str) or not given[name].strip():
            raise LabelledSetError(f"{file}, line {number}: {name} must be a text that is not empty.")
    label = given["label"].strip()
    return Labelled(given["text"], NONE if label in none else label)
