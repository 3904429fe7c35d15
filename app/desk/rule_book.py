"""The rules as people change them: a part at a time, checked as a whole, with versions to go back to and one draft."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.engine import one_at_a_time
from app.desk.documents import store_document
from app.desk.errors import SettingRefusedError
from app.desk.models import CategoryRow, DeskDocument, RulesVersion
from app.desk.routing import RoutingRule, When
from app.desk.rules import DeskRules, rules_of
from tools.service_desk import Category

Part = Literal["queues", "routing", "priority", "calendars", "promises", "import"]
FIELDS: dict[str, tuple[str, ...]] = {
    "queues": ("queues", "hand_off_queue"),
    "routing": ("routing",),
    "priority": ("priority_matrix", "priority_rules"),
    "calendars": ("calendars",),
    "promises": ("promises", "warn_at", "reopen_days"),
}
DRAFT = "routing draft"
MOST_VERSIONS = 50  # shown
ROUTING: TypeAdapter[tuple[RoutingRule, ...]] = TypeAdapter(tuple[RoutingRule, ...])


@dataclass(frozen=True, slots=True)
class Change:
    """What was changed, by whom, when. `seen`: the version that its form was filled from; None = whatever there is."""

    part: Part
    by: str
    now: datetime
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class RoutingDraft:
    """Rules that are not in force yet."""

    rules: tuple[RoutingRule, ...]
    by: str
    at: datetime


def dumped(rules: DeskRules) -> dict[str, Any]:
    """The rules as the file has them; what nobody said is left out."""
    told = rules.model_dump(mode="json", by_alias=True, exclude_unset=True)
    for calendar in told.get("calendars", {}).values():
        calendar["holidays"] = sorted(calendar.get("holidays", []))
    return told


def keep_rules(session: Session, rules: DeskRules, change: Change) -> None:
    """Put rules in force and remember them as a version; those before are remembered too, if they never were."""
    one_at_a_time(session, "desk rules")
    newest = session.scalar(select(RulesVersion.id).order_by(RulesVersion.id.desc()).limit(1))
    before = session.get(DeskDocument, "rules")
    body = json.dumps(dumped(rules))
    if before is not None and before.body == body:
        return
    if newest is None and before is not None:
        session.add(RulesVersion(part="import", body=before.body, by="", at=change.now))
        session.flush()
    store_document(session, "rules", body)
    session.add(RulesVersion(part=change.part, body=body, by=change.by, at=change.now))
    session.flush()


def change_rules(session: Session, change: Change, **fields: Any) -> DeskRules:
    """Change fields of the rules; raises `SettingRefusedError` and changes nothing when they do not fit together."""
    one_at_a_time(session, "desk rules")
    if change.seen is not None and change.seen != newest_of(session, change.part):
        raise SettingRefusedError("changed_meanwhile")
    told = dumped(rules_of(session)) | fields
    try:
        rules = DeskRules.model_validate(told)
    except ValidationError as error:
        raise _refused(error) from error
    check_rules(rules, categories_of(session))
    keep_rules(session, rules, change)
    return rules


def _refused(error: ValidationError) -> SettingRefusedError:
    """Only what a form cannot send gets here; its place says enough."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return SettingRefusedError("malformed", place=place, name=f"{place}: {first['msg']}"[:200])


def newest_of(session: Session, part: Part) -> int:
    """The newest version of a part; 0 before any."""
    found = select(RulesVersion.id).where(RulesVersion.part.in_((part, "import")))
    return session.scalar(found.order_by(RulesVersion.id.desc()).limit(1)) or 0


def versions_of(session: Session, part: Part) -> Sequence[RulesVersion]:
    """What a part was, newest first."""
    found = select(RulesVersion).where(RulesVersion.part.in_((part, "import")))
    return session.scalars(found.order_by(RulesVersion.id.desc()).limit(MOST_VERSIONS)).all()


def go_back(session: Session, version_id: int, change: Change) -> DeskRules:
    """Put one part as it was in a version in force again; the others stay."""
    version = session.get(RulesVersion, version_id)
    if version is None or change.part == "import":
        raise SettingRefusedError("unknown")
    told = json.loads(version.body)
    kept = {name: value for name, value in dumped(rules_of(session)).items() if name not in FIELDS[change.part]}
    were = {name: told[name] for name in FIELDS[change.part] if name in told}
    rules = DeskRules.model_validate(kept | were)
    check_rules(rules, categories_of(session))
    keep_rules(session, rules, change)
    return rules


def draft_of(session: Session) -> RoutingDraft | None:
    """The routing that somebody is preparing."""
    document = session.get(DeskDocument, DRAFT)
    told = json.loads(document.body) if document else None
    if not told:
        return None
    rules = ROUTING.validate_python(told["rules"])
    return RoutingDraft(rules, told["by"], datetime.fromisoformat(told["at"]))


def keep_draft(session: Session, rules: Sequence[RoutingRule], *, by: str, now: datetime) -> None:
    """Keep the routing that somebody prepares; it may be unfinished, but names only what there is."""
    for rule in rules:
        _check_routing(rule, rules_of(session), categories_of(session))
    told = [rule.model_dump(mode="json", by_alias=True, exclude_unset=True) for rule in rules]
    store_document(session, DRAFT, json.dumps({"rules": told, "by": by, "at": now.isoformat()}))


def drop_draft(session: Session) -> None:
    """Forget it."""
    document = session.get(DeskDocument, DRAFT)
    if document is not None:
        session.delete(document)
        session.flush()


def switch_on(session: Session, change: Change) -> DeskRules:
    """Put the draft in force."""
    draft = draft_of(session)
    if draft is None:
        raise SettingRefusedError("no_draft")
    told = [rule.model_dump(mode="json", by_alias=True, exclude_unset=True) for rule in draft.rules]
    rules = change_rules(session, change, routing=told)
    drop_draft(session)
    return rules


def categories_of(session: Session) -> tuple[Category, ...]:
    """All categories, also those that take no requests any more: rules may name them."""
    rows = session.scalars(select(CategoryRow).order_by(CategoryRow.position))
    return tuple(Category.model_validate(row.spec) for row in rows)


def check_rules(rules: DeskRules, categories: Iterable[Category]) -> None:
    """Make sure that rules name only what there is; raises `SettingRefusedError`."""
    categories = tuple(categories)
    _check_queues(rules)
    ids = {queue.id for queue in rules.queues}
    for category in categories:
        if category.queue and category.queue not in ids:
            raise SettingRefusedError("queue_used", name=category.queue)
    matrix = rules.priority_matrix
    if matrix and matrix.field not in {field.id for category in categories for field in category.fields}:
        raise SettingRefusedError("field_unknown", name=matrix.field)
    for rule in rules.routing:
        _check_routing(rule, rules, categories)
    for raising in rules.priority_rules:
        _check_when(raising.when, rules, categories)
    gone = next((queue_id for queue_id in rules.hand_off_queue.values() if queue_id not in ids), None)
    if gone is not None:
        raise SettingRefusedError("queue_used", name=gone)


def _check_queues(rules: DeskRules) -> None:
    ids = [queue.id for queue in rules.queues]
    if len(set(ids)) < len(ids):
        raise SettingRefusedError("queue_twice")
    for queue in rules.queues:
        if not queue.name.get("pt-BR", "").strip():
            raise SettingRefusedError("words_missing", name=queue.id)
        if queue.calendar not in rules.calendars:
            raise SettingRefusedError("calendar_unknown", name=queue.calendar)


def _check_routing(rule: RoutingRule, rules: DeskRules, categories: Iterable[Category]) -> None:
    if rule.queue and rules.queue(rule.queue) is None:
        raise SettingRefusedError("queue_unknown", name=rule.queue)
    _check_when(rule.when, rules, categories)


def _check_when(when: When, rules: DeskRules, categories: Iterable[Category]) -> None:
    categories = tuple(categories)
    known = {category.id for category in categories}
    fields = {field.id for category in categories for field in category.fields}
    for name in when.category:
        if name not in known:
            raise SettingRefusedError("category_unknown", name=name)
    for name in when.queue:
        if rules.queue(name) is None:
            raise SettingRefusedError("queue_unknown", name=name)
    if when.field and when.field not in fields:
        raise SettingRefusedError("field_unknown", name=when.field)
