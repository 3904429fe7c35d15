"""The catalogue as people change it, a category at a time: what may be wrong with one, and versions to go back to."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.desk.catalogue import remember, remember_first, revise
from app.desk.errors import SettingRefusedError
from app.desk.models import CategoryRow, CategoryVersion, RequestRow
from app.desk.patterns import trouble_with
from app.desk.rules import DeskRules, rules_of
from retrieval.passage import Language
from tools.service_desk import Category, Field, Words

LANGUAGES: tuple[Language, ...] = ("pt-BR", "es", "en")
ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
RESERVED = frozenset({"new", "file", "try", "export"})  # pages have these addresses
CHOICES = ("choice", "multi_choice")
MOST_VERSIONS = 50  # shown


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong, and where: `place` as in the form (`name.es`, `options.2.id`); `reason` names the sentence."""

    place: str
    reason: str
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Editing:
    """Who changes a category, and when."""

    by: str
    now: datetime


def complaints_about(category: Category, others: Sequence[Category], rules: DeskRules) -> list[Complaint]:
    """What is wrong with a category, its fields aside."""
    found = [*_of_words("name", category.name), *_of_words("description", category.description)]
    if not ID.fullmatch(category.id) or category.id in RESERVED:
        found.append(Complaint("id", "id_malformed"))
    parents = {other.id: other for other in others}
    if category.parent and (category.parent not in parents or category.parent == category.id):
        found.append(Complaint("parent", "parent_unknown"))
    elif _is_below(category.parent, category.id, parents):
        found.append(Complaint("parent", "parent_below"))
    if category.queue and rules.queue(category.queue) is None:
        found.append(Complaint("queue", "queue_unknown", {"name": category.queue}))
    if category.queue and not any(line.strip() for lines in category.examples.values() for line in lines):
        found.append(Complaint("examples", "examples_missing"))
    return found


def _is_below(parent: str, category_id: str, known: dict[str, Category]) -> bool:
    seen: set[str] = set()
    while parent != category_id and parent in known and parent not in seen:
        seen.add(parent)
        parent = known[parent].parent
    return parent == category_id


def complaints_about_field(wanted: Field, others: Sequence[Field]) -> list[Complaint]:
    """What is wrong with a field of a category; `others` are the rest of its fields."""
    found = [*_of_words("label", wanted.label), *_of_words("question", wanted.question)]
    if not ID.fullmatch(wanted.id) or wanted.id in RESERVED:
        found.append(Complaint("id", "id_malformed"))
    if wanted.id in {other.id for other in others}:
        found.append(Complaint("id", "id_taken", {"name": wanted.id}))
    if wanted.type in CHOICES and not wanted.options:
        found.append(Complaint("options", "options_missing"))
    found += _of_options(wanted)
    trouble = trouble_with(wanted.pattern)
    if trouble:
        found.append(Complaint("pattern", f"pattern_{trouble}"))
    if wanted.minimum is not None and wanted.maximum is not None and wanted.minimum > wanted.maximum:
        found.append(Complaint("minimum", "range_empty"))
    return found


def _of_options(wanted: Field) -> Iterator[Complaint]:
    seen: set[str] = set()
    for position, option in enumerate(wanted.options):
        if not ID.fullmatch(option.id):
            yield Complaint(f"options.{position}", "option_id_malformed", {"name": option.id})
        elif option.id in seen:
            yield Complaint(f"options.{position}", "option_twice", {"name": option.id})
        missing = next((language for language in LANGUAGES if not option.label.get(language, "").strip()), None)
        if missing:
            yield Complaint(f"options.{position}", "option_words", {"name": option.id, "language": missing})
        seen.add(option.id)


def _of_words(place: str, words: Words) -> Iterator[Complaint]:
    for language in LANGUAGES:
        if not words.get(language, "").strip():
            yield Complaint(f"{place}.{language}", "words_missing_in", {"language": language})


def all_categories(session: Session) -> list[tuple[Category, bool]]:
    """Every category with whether it is in use, parents before children."""
    rows = session.scalars(select(CategoryRow).order_by(CategoryRow.position, CategoryRow.id))
    return [(Category.model_validate(row.spec), row.active) for row in rows]


def add_category(session: Session, category: Category, editing: Editing) -> None:
    """Put a new one at the end; raises `SettingRefusedError` when its name in the catalogue is taken."""
    if session.get(CategoryRow, category.id) is not None:
        raise SettingRefusedError("id_taken", place="id", name=category.id)
    last = session.scalar(select(func.max(CategoryRow.position)))
    row = CategoryRow(id=category.id, position=(last if last is not None else -1) + 1, active=True)
    _keep(session, row, category, editing, active=True)


def change_category(session: Session, category: Category, editing: Editing, *, active: bool) -> None:
    """Keep another wording of one, in use or not; raises `SettingRefusedError`."""
    row = session.get(CategoryRow, category.id, with_for_update=True)
    if row is None:
        raise SettingRefusedError("unknown")
    if (row.spec, row.active) != (category.model_dump(mode="json"), active):
        remember_first(session, row, editing.now)
        _keep(session, row, category, editing, active=active)


def _keep(session: Session, row: CategoryRow, category: Category, editing: Editing, *, active: bool) -> None:
    others = [other for other, _ in all_categories(session) if other.id != category.id]
    wrong = complaints_about(category, others, rules_of(session))
    for wanted in category.fields:
        wrong += complaints_about_field(wanted, [other for other in category.fields if other is not wanted])
    if wrong:
        raise SettingRefusedError(wrong[0].reason, place=wrong[0].place, **wrong[0].values)
    row.spec, row.active = category.model_dump(mode="json"), active
    session.add(row)
    session.flush()
    _put_parents_first(session)
    remember(session, row, by=editing.by, now=editing.now)
    revise(session)


def _put_parents_first(session: Session) -> None:
    """Keep the order as far as it goes, but every category behind its parent."""
    rows = {row.id: row for row in session.scalars(select(CategoryRow).order_by(CategoryRow.position, CategoryRow.id))}
    placed: dict[str, CategoryRow] = {}

    def place(row: CategoryRow) -> None:
        parent = rows.get(str(row.spec.get("parent", "")))
        if parent is not None and parent.id not in placed:
            place(parent)
        placed.setdefault(row.id, row)

    for row in rows.values():
        place(row)
    for position, row in enumerate(placed.values()):
        row.position = position
    session.flush()


def category_versions(session: Session, category_id: str) -> Sequence[CategoryVersion]:
    """What a category was, newest first."""
    found = select(CategoryVersion).where(CategoryVersion.category_id == category_id)
    return session.scalars(found.order_by(CategoryVersion.id.desc()).limit(MOST_VERSIONS)).all()


def restore_category(session: Session, category_id: str, version_id: int, editing: Editing) -> None:
    """Make it as it was in one of its versions; raises `SettingRefusedError`."""
    version = session.get(CategoryVersion, version_id)
    if version is None or version.category_id != category_id:
        raise SettingRefusedError("unknown")
    change_category(session, Category.model_validate(version.spec), editing, active=version.active)


def requests_in(session: Session, category_id: str) -> int:
    """How many requests it has taken."""
    counted = select(func.count()).select_from(RequestRow).where(RequestRow.category_id == category_id)
    return session.scalar(counted) or 0
