"""Known outages: declared, described, followed, ended; employees are offered them before they open a request."""

from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.console.moments import zone_of
from app.console.personal import sight_of
from app.console.route import get, post
from app.console.visit import Visit
from app.console.wording import LANGUAGES
from app.desk.errors import SettingRefusedError
from app.desk.models import OutageRow
from app.desk.outages import (
    LONGEST_BODY,
    LONGEST_TITLE,
    end_outage,
    followers_of,
    link_outage,
    list_outages,
    new_outage_id,
    requests_of_outage,
    save_outage,
)
from app.desk.rule_book import categories_of
from tools.service_desk import DeskRefusedError, Outage

PATH = "/outages"


async def show_outages(visit: Visit) -> Response:
    """What is broken now, and what was."""

    def look(session: Session) -> dict[str, Any]:
        followers = followers_of(session)
        rows = list_outages(session)
        return {"outages": [_facts(row) | {"followers": followers[row.id]} for row in rows]}

    return visit.page("settings/outages.html", **await visit.read(look))


def _facts(row: OutageRow) -> dict[str, Any]:
    outage = Outage.model_validate({name: value for name, value in row.spec.items() if name != "ended_at"})
    return {"outage": outage, "ended_at": row.ended_at}


async def show_outage(visit: Visit) -> Response:
    """One of them, or the form of a new one."""
    return await _page(visit)


async def _page(visit: Visit, *, status: int = 200, refused: SettingRefusedError | None = None) -> Response:
    name, sight = str(visit.request.path_params["name"]), sight_of(visit.me)

    def look(session: Session) -> dict[str, Any]:
        row = session.get(OutageRow, name)
        if row is None and name != "new":
            raise HTTPException(404)
        linked = requests_of_outage(session, name) if row else ()
        facts = _facts(row) if row else {"outage": None, "ended_at": None}
        requests = [{"number": one.number, "title": sight.words(one.title), "status": one.status} for one in linked]
        leaves = tuple(category for category in categories_of(session) if category.queue)
        return facts | {"followers": followers_of(session)[name], "requests": requests, "leaves": leaves}

    data = await visit.read(look)
    typed = _typed(visit) if status != 200 else _form_of(data["outage"], visit)
    return visit.page(
        "settings/outage.html", status, **data,
        name=name, typed=typed, refused=refused, longest_title=LONGEST_TITLE, longest_body=LONGEST_BODY,
    )  # fmt: skip


def _form_of(outage: Outage | None, visit: Visit) -> dict[str, Any]:
    zone = zone_of(visit.me.timezone)
    if outage is None:
        return {"title": {}, "body": {}, "categories": (), "keywords": "", "since": _clock(visit.now.astimezone(zone))}
    return {
        "title": outage.title,
        "body": outage.body,
        "categories": outage.categories,
        "keywords": ", ".join(outage.keywords),
        "since": _clock(outage.since.astimezone(zone)),
    }


def _clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M}"


def _typed(visit: Visit) -> dict[str, Any]:
    form = visit.form
    return {
        "title": {language: form.text(f"title.{language}", longest=LONGEST_TITLE + 1) for language in LANGUAGES},
        "body": {language: form.text(f"body.{language}", longest=LONGEST_BODY + 1) for language in LANGUAGES},
        "categories": form.many("category")[:60],
        "keywords": form.text("keywords", longest=2000),
        "since": form.text("since", longest=20),
    }


async def save(visit: Visit) -> Response:
    """Declare it, or change its words."""
    name, typed = str(visit.request.path_params["name"]), _typed(visit)
    is_new = name == "new"
    try:
        outage = _outage(new_outage_id() if is_new else name, typed, visit)
        await visit.write(lambda session: save_outage(session, outage, is_new=is_new) and None)
    except SettingRefusedError as refused:
        if refused.reason == "unknown":
            raise HTTPException(404) from refused
        return await _page(visit, status=422, refused=refused)
    return visit.go(f"{PATH}/{outage.id}" if not is_new else PATH, "outages.declared" if is_new else "outages.saved")


def _outage(outage_id: str, typed: dict[str, Any], visit: Visit) -> Outage:
    words = [word.strip() for word in typed["keywords"].split(",")]
    try:
        since = datetime.fromisoformat(typed["since"]).replace(tzinfo=zone_of(visit.me.timezone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise SettingRefusedError("moment_malformed", place="since") from None
    told = {name: typed[name] for name in ("title", "body", "categories")}
    try:
        return Outage.model_validate(told | {"id": outage_id, "keywords": list(filter(None, words)), "since": since})
    except ValidationError as error:
        raise SettingRefusedError("malformed", name="outage") from error


async def end(visit: Visit) -> Response:
    """It is over; whoever follows it hears of it."""
    name = str(visit.request.path_params["name"])
    try:
        followers = await visit.write(lambda session: end_outage(session, name, visit.now))
    except SettingRefusedError as refused:
        raise HTTPException(404) from refused
    return visit.go(PATH, "outages.ended", count=followers)


async def link(visit: Visit) -> Response:
    """Make a request part of it, or not any more."""
    name, form = str(visit.request.path_params["name"]), visit.form
    number, outage_id = form.text("number", longest=20), "" if form.has("unlink") else name

    def change(session: Session) -> None:
        if session.get(OutageRow, name) is None:
            raise HTTPException(404)
        link_outage(session, number, outage_id, author=visit.me.name, now=visit.now)

    try:
        await visit.write(change)
    except DeskRefusedError:
        return visit.go(f"{PATH}/{name}", "refused.request_unknown", trouble=True, number=number)
    return visit.go(f"{PATH}/{name}", "outages.unlinked" if form.has("unlink") else "outages.linked", number=number)


ROUTES = (
    get("/outages", show_outages),
    get("/outages/{name}", show_outage),
    post("/outages/{name}", save),
    post("/outages/{name}/end", end),
    post("/outages/{name}/requests", link),
)
