"""Quality: runs of the evaluation, one of them with its failing cases, and two beside each other."""

import asyncio
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

from app.console.route import get
from app.console.visit import Visit, with_query
from app.quality import comparison
from app.quality.run_files import Case, Run, RunUnreadableError, read_cases, read_run, report_of, run_names

PAGE = "/quality"
SHOWN, CASES_SHOWN = 60, 300
REPORT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'none'"


async def show_runs(visit: Visit) -> Response:
    """The list, the newest first."""
    root = _root(visit)
    runs, unreadable = await asyncio.to_thread(_runs, root)
    return visit.page("quality/runs.html", runs=runs, unreadable=unreadable, folder=root)


async def show_run(visit: Visit) -> Response:
    """One run: what it was made with, how each suite did, and what failed."""
    root, name = _root(visit), visit.request.path_params["name"]
    run, cases = await asyncio.to_thread(_one, root, name)
    wanted = visit.request.query_params.get("suite", "")
    failed = [case for case in cases if case.verdict != "passed" and wanted in {"", case.suite}]
    others = [other for other in await asyncio.to_thread(run_names, root) if other != name]
    return visit.page(
        "quality/run.html", run=run, failed=failed[:CASES_SHOWN], count=len(failed), suite=wanted,
        others=others[:SHOWN], case_address=case_address,
    )  # fmt: skip


async def show_case(visit: Visit) -> Response:
    """One case with its conversation; beside it the same one of another run, when the address names that."""
    root, name, case_id = _root(visit), visit.request.path_params["name"], visit.request.path_params["key"]
    query = visit.request.query_params
    run, cases = await asyncio.to_thread(_one, root, name)
    repeat = query.get("repeat", "0")
    case = next((one for one in cases if one.id == case_id and str(one.repeat) == repeat), None)
    if case is None:
        raise HTTPException(404)
    before = await asyncio.to_thread(_same_case, root, query.get("before", ""), case)
    return visit.page("quality/case.html", run=run, case=case, before=before, before_name=query.get("before", ""))


async def show_comparison(visit: Visit) -> Response:
    """Two runs over the cases both have."""
    root, query = _root(visit), visit.request.query_params
    names = query.get("before", ""), query.get("after", "")
    (before, old), (after, new) = await asyncio.to_thread(lambda: (_one(root, names[0]), _one(root, names[1])))
    found = await asyncio.to_thread(comparison.compare, old, new)
    metrics = await asyncio.to_thread(comparison.metrics_of, root / after.name, before.name)
    return visit.page(
        "quality/comparison.html", before=before, after=after, found=found, metrics=metrics, shown=CASES_SHOWN,
        case_address=case_address,
    )  # fmt: skip


async def show_report(visit: Visit) -> Response:
    """The page that `recado eval report` wrote, in a sandbox in which nothing runs and nothing is fetched."""
    try:
        page = await asyncio.to_thread(report_of, _root(visit), visit.request.path_params["name"])
    except RunUnreadableError:
        raise HTTPException(404) from None
    return HTMLResponse(page, headers={"Content-Security-Policy": REPORT_POLICY})


def case_address(run: str, case: Case, before: str = "") -> str:
    """Where a case is, beside another run's when one is named."""
    return with_query(f"{PAGE}/runs/{run}/cases/{case.id}", repeat=str(case.repeat), before=before)


def _root(visit: Visit) -> Path:
    return visit.shared.house.settings.runs_dir


def _runs(root: Path) -> tuple[list[Run], list[tuple[str, str]]]:
    """Those that can be read, and the names of the others with why."""
    runs: list[Run] = []
    unreadable: list[tuple[str, str]] = []
    for name in run_names(root)[:SHOWN]:
        try:
            runs.append(read_run(root, name))
        except RunUnreadableError as error:
            unreadable.append((name, str(error)))
    return runs, unreadable


def _one(root: Path, name: str) -> tuple[Run, tuple[Case, ...]]:
    try:
        return read_run(root, name), read_cases(root, name)
    except RunUnreadableError:
        raise HTTPException(404) from None


def _same_case(root: Path, name: str, case: Case) -> Case | None:
    try:
        cases = read_cases(root, name)
    except RunUnreadableError:
        return None
    return next((one for one in cases if (one.id, one.repeat) == (case.id, case.repeat)), None)


ROUTES = (
    get(PAGE, show_runs),
    get("/quality/compare", show_comparison),
    get("/quality/runs/{name}", show_run),
    get("/quality/runs/{name}/report", show_report),
    get("/quality/runs/{name}/cases/{key:path}", show_case),
)
