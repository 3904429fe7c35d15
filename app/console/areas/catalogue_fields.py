"""One field of a category: its words, its options, and what the chat will ask, shown while it is written."""

from typing import Any, get_args

from pydantic import ValidationError
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.console.areas.catalogue import PATH, found_category
from app.console.chat_preview import field_preview
from app.console.form import Form
from app.console.route import get, post
from app.console.visit import Visit
from app.console.wording import LANGUAGES
from app.desk.catalogue_book import Complaint, Editing, change_category, complaints_about_field
from app.desk.errors import SettingRefusedError
from app.desk.patterns import LONGEST as LONGEST_PATTERN
from tools.service_desk import Category, Field, FieldType

MOST_OPTIONS = 60
SPARE = 3  # empty rows below the options
LONGEST_QUESTION = 600  # characters: it stands in a message with buttons


async def show_field(visit: Visit) -> Response:
    """One field, or the form of a new one."""
    category_id, field_id = _names(visit)
    category, _ = await visit.read(lambda session: found_category(session, category_id))
    field = next((one for one in category.fields if one.id == field_id), None)
    if field is None and field_id != "new":
        raise HTTPException(404)
    return await _page(visit, category, form_of(field), [])


async def _page(visit: Visit, category: Category, typed: dict[str, Any], wrong: list[Complaint]) -> Response:
    return visit.page(
        "catalogue/field.html",
        422 if wrong else 200,
        category=category, typed=typed, wrong=wrong, field_id=_names(visit)[1], types=get_args(FieldType),
        spare=SPARE, longest_question=LONGEST_QUESTION, longest_pattern=LONGEST_PATTERN,
        **await _shown(visit, category, typed),
    )  # fmt: skip


async def _shown(visit: Visit, category: Category, typed: dict[str, Any]) -> dict[str, Any]:
    """The bubbles in each language; whatever cannot be asked yet is left out."""
    field = _field(typed)
    shown = {language: await field_preview(category, field, language) for language in LANGUAGES} if field else {}
    return {"shown": shown, "assistant": visit.shared.house.settings.company}


def form_of(field: Field | None) -> dict[str, Any]:
    """A form's fields for a field, or for none yet."""
    if field is None:
        return {
            "id": "", "type": "text", "label": {}, "question": {}, "required": True,
            "options": [], "pattern": "", "minimum": "", "maximum": "",
        }  # fmt: skip
    options = [
        {"id": option.id, "label": option.label, "synonyms": ", ".join(option.synonyms)} for option in field.options
    ]
    bounds = {name: "" if (value := getattr(field, name)) is None else f"{value:g}" for name in ("minimum", "maximum")}
    told = {name: getattr(field, name) for name in ("id", "type", "label", "question", "required", "pattern")}
    return told | bounds | {"options": options}


def _typed(form: Form) -> dict[str, Any]:
    options = []
    for number in range(MOST_OPTIONS):
        option = {
            "id": form.text(f"option.{number}.id", longest=60),
            "label": {language: form.text(f"option.{number}.{language}", longest=80) for language in LANGUAGES},
            "synonyms": form.text(f"option.{number}.synonyms", longest=1000),
        }
        if option["id"] or any(option["label"].values()):  # type: ignore[attr-defined]  # a dict of words
            options.append(option)
    return {
        "id": form.text("id", longest=60),
        "type": form.text("type", longest=20),
        "label": {language: form.text(f"label.{language}", longest=80) for language in LANGUAGES},
        "question": {language: form.text(f"question.{language}", longest=LONGEST_QUESTION) for language in LANGUAGES},
        "required": form.has("required"),
        "options": options,
        "pattern": form.text("pattern", longest=LONGEST_PATTERN + 1),
        "minimum": form.text("minimum", longest=20),
        "maximum": form.text("maximum", longest=20),
    }


def _field(typed: dict[str, Any]) -> Field | None:
    """As far as it can be one already."""
    told = {name: typed[name] for name in ("id", "type", "required", "pattern")}
    told |= {name: {code: text for code, text in typed[name].items() if text} for name in ("label", "question")}
    told |= {name: float(typed[name].replace(",", ".")) for name in ("minimum", "maximum") if _is_number(typed[name])}
    told["options"] = [
        {
            "id": option["id"],
            "label": {code: text for code, text in option["label"].items() if text},
            "synonyms": [word.strip() for word in option["synonyms"].split(",") if word.strip()],
        }
        for option in typed["options"]
    ]
    try:
        return Field.model_validate(told)
    except ValidationError:
        return None


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False
    return True


async def save(visit: Visit) -> Response:
    """Keep the field, or say everything that is wrong with it."""
    category_id, field_id = _names(visit)
    typed, editing = _typed(visit.form), Editing(visit.me.name, visit.now)
    category, _ = await visit.read(lambda session: found_category(session, category_id))
    if field_id != "new":
        typed["id"] = field_id
    field = _field(typed)
    others = [one for one in category.fields if one.id != field_id]
    wrong = [*_unreadable(typed), *(complaints_about_field(field, others) if field else ())]
    if field is None or wrong:
        return await _page(visit, category, typed, wrong or [Complaint("type", "malformed", {"name": "field"})])

    def keep(session: Session) -> None:
        now, active = found_category(session, category_id, to_change=True)
        kept = [field if one.id == field_id else one for one in now.fields]
        if field_id == "new":
            kept.append(field)
        change_category(session, now.model_copy(update={"fields": tuple(kept)}), editing, active=active)

    try:
        await visit.write(keep)
    except SettingRefusedError as refused:
        values = {name: str(value) for name, value in refused.values.items()}
        return await _page(visit, category, typed, [Complaint(refused.place, refused.reason, values)])
    return visit.go(f"{PATH}/{category_id}", "catalogue.field_saved")


def _unreadable(typed: dict[str, Any]) -> list[Complaint]:
    bounds = [name for name in ("minimum", "maximum") if typed[name] and not _is_number(typed[name])]
    return [Complaint(name, "number_malformed") for name in bounds]


async def preview(visit: Visit) -> Response:
    """What the chat would ask, for the page to show while somebody types."""
    category_id, _ = _names(visit)
    category, _ = await visit.read(lambda session: found_category(session, category_id))
    return visit.page("catalogue/field_preview.html", **await _shown(visit, category, _typed(visit.form)))


def _names(visit: Visit) -> tuple[str, str]:
    return str(visit.request.path_params["name"]), str(visit.request.path_params["field"])


ROUTES = (
    get("/catalogue/{name}/fields/{field}", show_field),
    post("/catalogue/{name}/fields/{field}", save),
    post("/catalogue/{name}/fields/{field}/preview", preview),
)
