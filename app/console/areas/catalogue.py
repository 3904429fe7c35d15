"""The catalogue: categories as a tree, one of them with its words and fields, and what it was before."""

from typing import Any

from pydantic import ValidationError
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.console.chat_preview import form_preview
from app.console.form import Form
from app.console.route import get, post
from app.console.visit import Visit
from app.console.wording import LANGUAGES
from app.desk.catalogue_book import (
    Editing,
    add_category,
    all_categories,
    category_versions,
    change_category,
    requests_in,
    restore_category,
)
from app.desk.errors import SettingRefusedError
from app.desk.models import CategoryRow
from app.desk.priority import STEPS
from app.desk.rules import rules_of
from tools.service_desk import Category

PATH = "/catalogue"
LONGEST_WORDS = 300  # characters of a description
LONGEST_EXAMPLES = 12_000  # characters of a language's examples
MOST_EXAMPLES = 200


async def show_catalogue(visit: Visit) -> Response:
    """All categories, as a tree."""

    def look(session: Session) -> dict[str, Any]:
        return {"categories": all_categories(session), "rules": rules_of(session)}

    data = await visit.read(look)
    return visit.page("catalogue/list.html", tree=tree_of(data["categories"]), rules=data["rules"])


def tree_of(categories: list[tuple[Category, bool]]) -> list[dict[str, Any]]:
    """Every category below its parent, with how deep it lies; what has no parent any more is at the top."""
    ids = {category.id for category, _ in categories}
    found: list[dict[str, Any]] = []

    def descend(parent: str, depth: int) -> None:
        for category, active in categories:
            if (category.parent if category.parent in ids else "") == parent:
                found.append({"category": category, "active": active, "depth": min(depth, 4)})
                descend(category.id, depth + 1)

    descend("", 0)
    return found


async def show_category(visit: Visit) -> Response:
    """One of them, or the form of a new one."""
    return await _page(visit)


async def _page(visit: Visit, *, status: int = 200, refused: SettingRefusedError | None = None) -> Response:
    category_id = str(visit.request.path_params["name"])

    def look(session: Session) -> dict[str, Any]:
        row = session.get(CategoryRow, category_id)
        if row is None and category_id != "new":
            raise HTTPException(404)
        versions = [
            {"id": one.id, "by": one.by, "at": one.at, "part": "" if one.by else "import"}
            for one in category_versions(session, category_id)
        ]
        return {
            "category": Category.model_validate(row.spec) if row else None,
            "active": row.active if row else True,
            "others": [other for other, _ in all_categories(session) if other.id != category_id],
            "rules": rules_of(session),
            "versions": versions,
            "taken": requests_in(session, category_id),
        }

    data = await visit.read(look)
    category: Category | None = data["category"]
    typed = _typed(visit.form) if status != 200 else form_of(category)
    spoken = next((code for code in LANGUAGES if code == visit.request.query_params.get("in")), visit.words.language)
    shown = await form_preview(category, spoken) if category and category.queue else ()
    return visit.page(
        "catalogue/category.html", status, **data,
        typed=typed, refused=refused, steps=STEPS, replies=shown, spoken=spoken,
        assistant=visit.shared.house.settings.company,
    )  # fmt: skip


def form_of(category: Category | None) -> dict[str, Any]:
    """A form's fields for a category, or for none yet."""
    if category is None:
        return {
            "id": "", "parent": "", "name": {}, "description": {}, "examples": {},
            "queue": "", "priority": "medium", "groups": "",
        }  # fmt: skip
    return {
        "id": category.id,
        "parent": category.parent,
        "name": category.name,
        "description": category.description,
        "examples": {language: "\n".join(lines) for language, lines in category.examples.items()},
        "queue": category.queue,
        "priority": category.priority,
        "groups": ", ".join(category.groups),
    }


def _typed(form: Form) -> dict[str, Any]:
    return {
        "id": form.text("id", longest=60),
        "parent": form.text("parent", longest=60),
        "name": {language: form.text(f"name.{language}", longest=80) for language in LANGUAGES},
        "description": {
            language: form.text(f"description.{language}", longest=LONGEST_WORDS) for language in LANGUAGES
        },
        "examples": {language: form.text(f"examples.{language}", longest=LONGEST_EXAMPLES) for language in LANGUAGES},
        "queue": form.text("queue", longest=60),
        "priority": form.text("priority", longest=10),
        "groups": form.text("groups", longest=500),
    }


def _category(typed: dict[str, Any], before: Category | None) -> Category:
    lines = {
        language: [" ".join(line.split()) for line in text.splitlines() if line.strip()][:MOST_EXAMPLES]
        for language, text in typed["examples"].items()
    }
    told = {name: typed[name] for name in ("id", "parent", "queue", "priority")} | {
        "name": {language: text for language, text in typed["name"].items() if text},
        "description": {language: text for language, text in typed["description"].items() if text},
        "examples": {language: found for language, found in lines.items() if found},
        "groups": [group.strip() for group in typed["groups"].split(",") if group.strip()],
        "fields": before.fields if before else (),
    }
    try:
        return Category.model_validate(told)
    except ValidationError as error:
        raise SettingRefusedError("malformed", name="category") from error


async def save(visit: Visit) -> Response:
    """Keep a category; take it out of use or into it; change the order of its fields."""
    category_id, form = str(visit.request.path_params["name"]), visit.form
    editing, typed = Editing(visit.me.name, visit.now), _typed(form)

    def keep(session: Session) -> str:
        if category_id == "new":
            category = _category(typed, None)
            add_category(session, category, editing)
            return category.id
        before, active = found_category(session, category_id, to_change=True)
        if form.has("field"):
            change_category(session, _with_fields(before, form), editing, active=active)
        elif form.has("toggle"):
            change_category(session, before, editing, active=not active)
        else:
            change_category(session, _category(typed | {"id": category_id}, before), editing, active=active)
        return category_id

    try:
        kept = await visit.write(keep)
    except SettingRefusedError as refused:
        if form.has("toggle") or form.has("field"):
            return visit.go(f"{PATH}/{category_id}", f"refused.{refused.reason}", trouble=True, **refused.values)
        return await _page(visit, status=422, refused=refused)
    return visit.go(f"{PATH}/{kept}", "catalogue.saved")


def found_category(session: Session, category_id: str, *, to_change: bool = False) -> tuple[Category, bool]:
    """A category and whether it is in use; 404 when there is none. `to_change`: nobody else changes it meanwhile."""
    row = session.get(CategoryRow, category_id, with_for_update=to_change)
    if row is None:
        raise HTTPException(404)
    return Category.model_validate(row.spec), row.active


def _with_fields(category: Category, form: Form) -> Category:
    """Another order of its fields, or one less."""
    fields = list(category.fields)
    wanted, does = form.text("field", longest=60), form.text("do", longest=10)
    position = next((number for number, field in enumerate(fields) if field.id == wanted), None)
    if position is not None:
        field = fields.pop(position)
        if does != "remove":
            fields.insert(max(position + (1 if does == "down" else -1), 0), field)
    return category.model_copy(update={"fields": tuple(fields)})


async def restore(visit: Visit) -> Response:
    """Go back to a version of it."""
    category_id = str(visit.request.path_params["name"])
    version = visit.form.number("version", least=1, most=2**53) or 0
    editing = Editing(visit.me.name, visit.now)

    def back(session: Session) -> None:
        found_category(session, category_id)
        restore_category(session, category_id, version, editing)

    try:
        await visit.write(back)
    except SettingRefusedError as refused:
        return visit.go(f"{PATH}/{category_id}", f"refused.{refused.reason}", trouble=True, **refused.values)
    return visit.go(f"{PATH}/{category_id}", "catalogue.restored")


ROUTES = (
    get("/catalogue", show_catalogue),
    get("/catalogue/{name}", show_category),
    post("/catalogue/{name}", save),
    post("/catalogue/{name}/back", restore),
)
