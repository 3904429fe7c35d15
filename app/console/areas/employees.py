"""Employees: found, looked at, signed out; the company's list out and in."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.console.download import attachment
from app.console.paging import cut, read_cursor
from app.console.personal import Sight, sight_of
from app.console.route import get, post
from app.console.upload import uploaded
from app.console.visit import Visit
from app.console.wording import LANGUAGES
from app.desk.models import RequestRow, StagedFile
from app.desk.staging import stage, staged_file
from app.errors import ConfigurationError
from app.identity.employee_files import decode, read_list, write_list
from app.identity.employees import (
    EmployeeDifference,
    compare_employees,
    find_employees,
    open_sessions_of,
    take_employees,
)
from app.identity.models import EmployeeRow, to_employee
from app.identity.sessions import end_sessions_of
from tools.service_desk import Employee

PATH = "/employees"
LIST = "/employees/list"
PER_PAGE = 50
SUDDEN = 0.2  # share of the active employees: more than this must be typed
SHOWN = 200  # lines of each kind
ONLY = ("", "active", "inactive", "vip")


async def show_employees(visit: Visit) -> Response:
    """All of them or those that are looked for, by name."""
    query = visit.request.query_params
    words, only = query.get("q", "").replace("\0", "").strip()[:200], query.get("only", "")
    only = only if only in ONLY else ""
    after, sight = read_cursor(query.get("after", ""), str, str), sight_of(visit.me)

    def look(session: Session) -> dict[str, Any]:
        place = (str(after[0]), str(after[1])) if after else None
        rows = find_employees(session, words, only=only, after=place, limit=PER_PAGE + 1)
        counts = {
            "all": session.scalar(select(func.count()).select_from(EmployeeRow)) or 0,
            "active": session.scalar(select(func.count()).where(EmployeeRow.active)) or 0,
            "vip": session.scalar(select(func.count()).where(EmployeeRow.vip, EmployeeRow.active)) or 0,
        }
        keys = [(row.name, row.id) for row in rows]
        return {"page": cut([_seen(to_employee(row), sight) for row in rows], keys, PER_PAGE), "counts": counts}

    return visit.page("employees/list.html", **await visit.read(look), words=words, only=only, onlies=ONLY)


async def show_employee(visit: Visit) -> Response:
    """One of them: who they are, where they are signed in, what they asked for."""
    key, sight = _key(visit), sight_of(visit.me)

    def look(session: Session) -> dict[str, Any]:
        row = _found(session, key)
        theirs = select(RequestRow).where(RequestRow.employee_id == key).order_by(RequestRow.updated_at.desc())
        requests = [
            {
                "number": one.number,
                "title": sight.words(one.title, (row.name,)),
                "status": one.status,
                "updated_at": one.updated_at,
            }
            for one in session.scalars(theirs.limit(20))
        ]
        counted = select(func.count()).select_from(RequestRow).where(RequestRow.employee_id == key)
        sessions = [
            {"started_at": one.started_at, "last_seen_at": one.last_seen_at} for one in open_sessions_of(session, key)
        ]
        return {
            "employee": _seen(to_employee(row), sight),
            "requests": requests,
            "count": session.scalar(counted) or 0,
            "sessions": sessions,
        }

    return visit.page("employees/employee.html", **await visit.read(look))


def _seen(employee: Employee, sight: Sight) -> Employee:
    """As this viewer sees people."""
    return employee.model_copy(update={"name": sight.name(employee.name), "email": sight.email(employee.email)})


async def save_employee(visit: Visit) -> Response:
    """Another language, VIP or not, in use or not; or sign them out everywhere."""
    key, form = _key(visit), visit.form

    def save(session: Session) -> None:
        row = _found(session, key)
        if form.has("sign_out"):
            end_sessions_of(session, key, because="logout", now=visit.now)
            return
        row.language = next((code for code in LANGUAGES if code == form.text("language", longest=10)), row.language)
        row.vip = form.has("vip")
        if row.active and not form.has("active"):
            end_sessions_of(session, key, because="disabled", now=visit.now)
        row.active = form.has("active")

    await visit.write(save)
    return visit.go(f"{PATH}/one/{key}", "employees.signed_out" if form.has("sign_out") else "employees.saved")


def _key(visit: Visit) -> str:
    key = str(visit.request.path_params["key"])
    if "\0" in key:
        raise HTTPException(404)
    return key


def _found(session: Session, key: str) -> EmployeeRow:
    row = session.get(EmployeeRow, key)
    if row is None:
        raise HTTPException(404)
    return row


async def export(visit: Visit) -> Response:
    """Everybody, as the list that comes in again; nothing in it is a formula to a spreadsheet."""

    def write(session: Session) -> str:
        return write_list(map(to_employee, session.scalars(select(EmployeeRow).order_by(EmployeeRow.id))))

    text = await visit.read(write)
    await visit.remember("employees.exported", "employees")
    return attachment(b"\xef\xbb\xbf" + text.encode(), "employees.csv", "text/csv")


async def show_list(visit: Visit) -> Response:
    """The form for a list."""
    return _list_page(visit)


def _list_page(  # noqa: PLR0913 -- what the page shows
    visit: Visit,
    *,
    difference: EmployeeDifference | None = None,
    staged: str = "",
    encoding: str = "",
    name: str = "",
    trouble: str = "",
) -> Response:
    sudden = difference is not None and difference.loss > SUDDEN
    return visit.page(
        "employees/import.html",
        422 if trouble else 200,
        difference=difference, staged=staged, encoding=encoding, name=name, trouble=trouble, sudden=sudden, most=SHOWN,
    )  # fmt: skip


async def look_at(visit: Visit) -> Response:
    """What a list would change; nothing is written but the list itself, for an hour."""
    name, raw = await uploaded(visit.form, "file", "employees.csv")
    try:
        text, encoding = decode(raw)
        listed = read_list(text, name)
    except ConfigurationError as error:
        return _list_page(visit, trouble=str(error))
    difference = await visit.read(lambda session: compare_employees(session, listed))
    now, staff_id = visit.now, visit.me.id
    staged = await visit.write(
        lambda s: stage(s, StagedFile(kind="employees", name=name, text=text, staff_id=staff_id, at=now))
    )
    return _list_page(visit, difference=difference, staged=staged, encoding=encoding, name=name)


async def take(visit: Visit) -> Response:
    """Make the employees equal to the list that was looked at; a sudden loss must be typed."""
    staged, typed = visit.form.text("staged", longest=60), visit.form.text("loss", longest=10)

    def keep(session: Session) -> EmployeeDifference | None:
        file = staged_file(session, staged, "employees", staff_id=visit.me.id, now=visit.now)
        if file is None:
            return None
        listed = read_list(file.text, file.name)
        difference = compare_employees(session, listed)
        if difference.loss <= SUDDEN or typed == str(len(difference.deactivated)):
            take_employees(session, listed, now=visit.now)
            session.delete(file)
        return difference

    difference = await visit.write(keep)
    if difference is None:
        return visit.go(LIST, "employees.file_gone", trouble=True)
    if difference.loss > SUDDEN and typed != str(len(difference.deactivated)):
        trouble = visit.words("employees.type_loss", number=len(difference.deactivated))
        return _list_page(visit, difference=difference, staged=staged, trouble=trouble)
    changed, gone = len(difference.changed), len(difference.deactivated)
    return visit.go(PATH, "employees.taken", added=len(difference.added), changed=changed, deactivated=gone)


ROUTES = (
    get("/employees", show_employees),
    get("/employees/list", show_list),
    post("/employees/list", look_at),
    post("/employees/list/take", take),
    get("/employees/export", export),
    get("/employees/one/{key:path}", show_employee),
    post("/employees/one/{key:path}", save_employee),
)
