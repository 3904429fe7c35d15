"""A company's folder of YAML files, read and checked: every complaint names file, key and problem."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from app.desk.patterns import trouble_with
from app.desk.routing import When
from app.desk.rules import DeskRules
from app.errors import ConfigurationError
from app.yaml_text import read_yaml
from tools.service_desk import Category, Frozen, Outage, Priority, Words

LARGEST_FILE = 4_000_000  # bytes
PATTERN = {
    "long": "a pattern has at most 200 characters",
    "malformed": "no regular expression",
    "unsafe": "a repeat of a repeat, a look-around or a reference back could run for ever on what somebody writes",
}
PRIORITIES: tuple[Priority, ...] = ("low", "medium", "high", "urgent")
M = TypeVar("M", bound=BaseModel)


class OutageEntry(Outage):
    """An outage as the file has it; `ended_at` once it is over."""

    ended_at: datetime | None = None


class _CatalogueFile(BaseModel):
    categories: tuple[Category, ...]


class _OutageFile(Frozen):
    outages: tuple[OutageEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class CompanyFiles:
    """What the folder says."""

    categories: tuple[Category, ...]
    rules: DeskRules
    outages: tuple[OutageEntry, ...]


def read_company(folder: Path) -> CompanyFiles:
    """Read `catalogue.yaml`, `desk.yaml` and, if there, `outages.yaml`; raises `ConfigurationError`."""
    rules = _read(folder / "desk.yaml", DeskRules)
    categories = _read(folder / "catalogue.yaml", _CatalogueFile).categories
    outage_file = folder / "outages.yaml"
    outages = _read(outage_file, _OutageFile).outages if outage_file.exists() else ()
    _check_rules(rules, categories, folder / "desk.yaml")
    _check_catalogue(categories, rules, folder / "catalogue.yaml")
    _check_outages(outages, categories, outage_file)
    return CompanyFiles(categories, rules, outages)


def _read(file: Path, model: type[M]) -> M:
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{file}: cannot be read ({error.strerror}).") from error
    if len(raw) > LARGEST_FILE:
        raise ConfigurationError(f"{file}: larger than {LARGEST_FILE} bytes.")
    return _parse(raw, file, model)


def _parse(raw: bytes, file: Path, model: type[M]) -> M:
    try:
        data: Any = read_yaml(raw.decode("utf-8-sig"))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{file}, line {mark.line + 1}" if mark else f"{file}"
        raise ConfigurationError(f"{where}: not YAML in UTF-8 ({getattr(error, 'problem', None) or error}).") from error
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise ConfigurationError(f"{file}: {_path(first['loc'])}: {first['msg']}.") from error


def read_catalogue(raw: bytes, rules: DeskRules) -> tuple[Category, ...]:
    """Read a `catalogue.yaml` by itself, for a desk with these rules; raises `ConfigurationError`."""
    file = Path("catalogue.yaml")
    categories = _parse(raw, file, _CatalogueFile).categories
    _check_catalogue(categories, rules, file)
    return categories


def write_catalogue(categories: Sequence[Category]) -> str:
    """Write a `catalogue.yaml` that reads back as these categories."""
    told = [category.model_dump(mode="json", exclude_defaults=True) for category in categories]
    return yaml.safe_dump({"categories": told}, allow_unicode=True, sort_keys=False, width=120)


def _path(steps: Sequence[int | str]) -> str:
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return text.lstrip(".") or "the whole file"


def _complain(file: Path, key: str, problem: str) -> None:
    raise ConfigurationError(f"{file}: {key}: {problem}.")


def _check_words(file: Path, key: str, words: Words) -> None:
    if not words.get("pt-BR", "").strip():
        _complain(file, key, "the pt-BR words are missing")


def _check_unique(file: Path, key: str, ids: Sequence[str]) -> None:
    twice = next((known for position, known in enumerate(ids) if known in ids[:position]), None)
    if twice is not None:
        _complain(file, key, f"{twice!r} is there twice")


def _check_rules(rules: DeskRules, categories: Sequence[Category], file: Path) -> None:
    _check_unique(file, "queues", [queue.id for queue in rules.queues])
    for queue in rules.queues:
        _check_words(file, f"queues.{queue.id}.name", queue.name)
        if queue.calendar not in rules.calendars:
            _complain(file, f"queues.{queue.id}.calendar", f"there is no calendar {queue.calendar!r}")
    for priority in PRIORITIES:
        if priority not in rules.promises:
            _complain(file, "promises", f"{priority!r} is missing")
    for position, rule in enumerate(rules.routing):
        if rule.queue and rules.queue(rule.queue) is None:
            _complain(file, f"routing[{position}].queue", f"there is no queue {rule.queue!r}")
        _check_when(file, f"routing[{position}].when", rule.when, rules, categories)
    _check_priorities(rules, categories, file)
    for language, queue_id in rules.hand_off_queue.items():
        if rules.queue(queue_id) is None:
            _complain(file, f"hand_off_queue.{language}", f"there is no queue {queue_id!r}")


def _check_priorities(rules: DeskRules, categories: Sequence[Category], file: Path) -> None:
    for position, raising in enumerate(rules.priority_rules):
        _check_when(file, f"priority_rules[{position}].when", raising.when, rules, categories)
    matrix = rules.priority_matrix
    if matrix and matrix.field not in {field.id for category in categories for field in category.fields}:
        _complain(file, "priority_matrix.field", f"no category has a field {matrix.field!r}")


def _check_when(file: Path, key: str, when: When, rules: DeskRules, categories: Sequence[Category]) -> None:
    known = {category.id for category in categories}
    fields = {field.id for category in categories for field in category.fields}
    for category_id in when.category:
        if category_id not in known:
            _complain(file, f"{key}.category", f"there is no category {category_id!r}")
    for queue_id in when.queue:
        if rules.queue(queue_id) is None:
            _complain(file, f"{key}.queue", f"there is no queue {queue_id!r}")
    if when.field and when.field not in fields:
        _complain(file, f"{key}.field", f"no category has a field {when.field!r}")


def _check_catalogue(categories: Sequence[Category], rules: DeskRules, file: Path) -> None:
    _check_unique(file, "categories", [category.id for category in categories])
    seen: set[str] = set()
    for category in categories:
        key = f"categories.{category.id}"
        _check_words(file, f"{key}.name", category.name)
        _check_words(file, f"{key}.description", category.description)
        if category.parent and category.parent not in seen:
            _complain(file, f"{key}.parent", f"{category.parent!r} does not come before it")
        if category.queue and rules.queue(category.queue) is None:
            _complain(file, f"{key}.queue", f"there is no queue {category.queue!r}")
        seen.add(category.id)
        _check_fields(category, file, key)


def _check_fields(category: Category, file: Path, key: str) -> None:
    _check_unique(file, f"{key}.fields", [field.id for field in category.fields])
    for field in category.fields:
        here = f"{key}.fields.{field.id}"
        _check_words(file, f"{here}.label", field.label)
        _check_words(file, f"{here}.question", field.question)
        _check_unique(file, f"{here}.options", [option.id for option in field.options])
        for option in field.options:
            _check_words(file, f"{here}.options.{option.id}.label", option.label)
        if field.type in ("choice", "multi_choice") and not field.options:
            _complain(file, f"{here}.options", "a choice needs options")
        trouble = trouble_with(field.pattern)
        if trouble:
            _complain(file, f"{here}.pattern", PATTERN[trouble])


def _check_outages(outages: Sequence[OutageEntry], categories: Sequence[Category], file: Path) -> None:
    _check_unique(file, "outages", [outage.id for outage in outages])
    known = {category.id for category in categories}
    for outage in outages:
        _check_words(file, f"outages.{outage.id}.title", outage.title)
        _check_words(file, f"outages.{outage.id}.body", outage.body)
        for name, moment in (("since", outage.since), ("ended_at", outage.ended_at)):
            if moment is not None and moment.tzinfo is None:
                _complain(
                    file, f"outages.{outage.id}.{name}", "the time has no zone, such as 2026-11-23T07:40:00-03:00"
                )
        strange = set(outage.categories) - known
        if strange:
            _complain(file, f"outages.{outage.id}.categories", f"there is no category {min(strange)!r}")
