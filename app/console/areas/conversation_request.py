"""A request that an agent opens for whoever they are talking to: its category, then what that category asks."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.console.areas.conversations import address_of, agent_of, conversation_of
from app.console.personal import sight_of
from app.console.route import get, post
from app.console.visit import Visit
from app.conversations import last_hand_off, person_in
from app.desk.catalogue import catalogue_of
from app.handovers import HandOffRefusedError, open_request
from retrieval.passage import Language
from tools.drafts import LONGEST_TITLE
from tools.service_desk import Category, Draft, Employee, Field, Words

LONGEST = 8_000  # characters of a text
TYPES = {"number": "number", "date": "date", "datetime": "datetime-local", "email": "email", "phone": "tel"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What was filled in so far."""

    category: Category | None
    title: str = ""
    description: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scene:
    """For whom, and what may be asked for them; `person` None: nobody is verified there now."""

    person: Employee | None
    categories: Sequence[Category]
    summary: str


async def show_request_form(visit: Visit) -> Response:
    """Choose a category, or fill what it asks; the words they came with are there already."""
    conversation_id = conversation_of(visit)
    scene = await visit.read(lambda s: _scene(visit, s, conversation_id))
    category = _named(scene.categories, visit.request.query_params.get("category", ""))
    return _form(visit, scene, Asked(category, description=scene.summary))


async def open_their_request(visit: Visit) -> Response:
    """Open it in their name."""
    conversation_id, form = conversation_of(visit), visit.form
    settings = visit.shared.house.settings
    scene = await visit.read(lambda s: _scene(visit, s, conversation_id))
    category = _named(scene.categories, form.text("category"))
    if scene.person is None or category is None:
        return visit.go(address_of(conversation_id), "conversations.refused.stranger", trouble=True)
    asked = Asked(
        category,
        form.text("title", longest=LONGEST_TITLE),
        form.text("description", longest=LONGEST),
        {one.id: _typed(visit, one) for one in category.fields},
    )
    draft = Draft(
        category_id=category.id,
        title=asked.title,
        description=asked.description,
        values={one.id: value for one in category.fields if (value := _value(one, asked.values[one.id])) is not None},
        language=scene.person.language,
    )
    agent = agent_of(visit, form.text("nonce", longest=64) or None)
    try:
        number = await visit.write(
            lambda session: open_request(session, conversation_id, draft, agent, settings.identity)
        )
    except HandOffRefusedError as refused:
        return _form(visit, scene, asked, trouble=_told(visit, category, refused))
    return visit.go(address_of(conversation_id), "conversations.request_opened", number=number)


def _scene(visit: Visit, session: Session, conversation_id: int) -> Scene:
    settings = visit.shared.house.settings
    found = last_hand_off(session, conversation_id, settings, visit.now)
    if found is None:
        raise HTTPException(404)
    person = person_in(session, conversation_id, settings, visit.now)
    groups = set(person.groups) if person else set()
    leaves = [one for one in catalogue_of(session) if one.queue and (not one.groups or groups & set(one.groups))]
    return Scene(person, leaves, found.summary)


def _form(visit: Visit, scene: Scene, asked: Asked, trouble: str = "") -> Response:
    """The page with what is filled in; without anybody to open it for, back to the conversation."""
    conversation_id = conversation_of(visit)
    if scene.person is None:
        return visit.go(address_of(conversation_id), "conversations.refused.stranger", trouble=True)
    language = visit.words.language
    return visit.page(
        "conversations/request.html",
        409 if trouble else 200,
        conversation_id=conversation_id, name=sight_of(visit.me).name(scene.person.name), category=asked.category,
        categories=[(one.id, _in(one.name, language)) for one in scene.categories], title=asked.title,
        description=asked.description, typed=asked.values, trouble=trouble, nonce=secrets.token_hex(12),
        TYPES=TYPES, local=lambda words: _in(words, language),
        options=lambda one: [(option.id, _in(option.label, language)) for option in one.options],
    )  # fmt: skip


def _named(categories: Sequence[Category], category_id: str) -> Category | None:
    return next((one for one in categories if one.id == category_id), None)


def _typed(visit: Visit, one: Field) -> Any:
    """What stands in a field, as it was typed."""
    name = f"v-{one.id}"
    return list(visit.form.many(name)) if one.type == "multi_choice" else visit.form.text(name, longest=LONGEST)


def _value(one: Field, typed: Any) -> Any:
    """The field's value for a draft; None when nothing was typed."""
    if not typed:
        return None
    match one.type:
        case "yes_no":
            return typed == "yes"
        case "number":
            return _number(typed)
        case _:
            return typed


def _number(typed: str) -> float | str:
    """A number with a point or a comma; what is none is left for the desk to refuse."""
    try:
        value = float(typed.replace(",", "."))
    except ValueError:
        return typed
    return int(value) if value.is_integer() else value


def _told(visit: Visit, category: Category, refused: HandOffRefusedError) -> str:
    """Why it was not taken, by the name of the field where it is one's fault."""
    detail = str(refused.values.get("detail", ""))
    one = next((one for one in category.fields if detail.startswith(f"{one.id}:")), None)
    if one is None:
        return visit.words(f"conversations.refused.{refused.reason}", **refused.values)
    kind = "missing" if detail.endswith("required, and empty") else "malformed"
    return visit.words(f"conversations.request.{kind}", field=_in(one.label, visit.words.language))


def _in(words: Words, language: Language) -> str:
    return words.get(language) or words["pt-BR"]


ROUTES = (
    get("/conversations/{id:int}/request", show_request_form),
    post("/conversations/{id:int}/request", open_their_request),
)
