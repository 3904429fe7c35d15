"""The one table of who may do what: each route of the staff pages with its roles. A route without a line is not served.

A route is "METHOD /path" below /desk, as it stands in its area's ROUTES. `EVERYBODY` means: whoever is signed in.
"""

from dataclasses import dataclass

from app.staff.roles import ROLES, Role
from app.staff.sessions import Viewer

SMALL = 64 * 1024  # bytes of a form


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may use a route. `roles` None = also who is not signed in; `largest` = bytes of a body.

    `while_pending`: also for who must change a password or set up the second step first. `files`: takes uploads.
    """

    roles: frozenset[Role] | None
    largest: int = SMALL
    while_pending: bool = False
    files: bool = False

    def admits(self, viewer: Viewer | None) -> bool:
        """Whether they may; signed out is decided before."""
        return self.roles is None or (viewer is not None and bool(self.roles & viewer.roles))


def only(*roles: Role) -> Rule:
    """For these roles."""
    return Rule(frozenset(roles))


PUBLIC = Rule(None, while_pending=True)
EVERYBODY = Rule(frozenset(ROLES))
FIRST = Rule(frozenset(ROLES), while_pending=True)
GAPS = only("knowledge", "admin", "auditor")  # what employees asked, without personal data
WRITERS = Rule(frozenset({"knowledge", "admin"}), largest=512 * 1024)  # bytes: an article of 100,000 signs
FIGURES = only("admin", "auditor", "knowledge", "engineer")  # no employee's words
VOICES = only("admin", "auditor", "knowledge")  # what employees wrote is among them
LIBRARY = only("knowledge", "admin", "engineer", "auditor")  # articles of every group are read here
RULES = only("agent", "knowledge", "admin", "auditor")  # how requests are treated: no secret of the desk
SETTERS = only("admin")
ANSWERS = only("agent", "admin")  # who writes what agents answer
CATALOGUE = only("knowledge", "admin", "auditor")
PEOPLE = only("admin", "auditor")

DESK = only("agent", "admin", "auditor", "knowledge")  # who reads requests; people's data as `personal` masks it
AGENTS = only("agent", "admin")  # who acts on them
WITH_FILES = Rule(frozenset({"agent", "admin"}), largest=40 * 1024 * 1024, files=True)  # bytes: a reply with its files
TALKS = only("agent", "admin", "auditor")  # people's data as `personal` masks it
HELPERS = only("agent", "admin")

POLICY: dict[str, Rule] = {
    # every page
    "GET /static/{path:path}": PUBLIC,
    "POST /language": PUBLIC,
    # signing in
    "GET /sign-in": PUBLIC,
    "POST /sign-in": PUBLIC,
    "GET /sign-in/code": PUBLIC,
    "POST /sign-in/code": PUBLIC,
    "GET /sign-in/company": PUBLIC,
    "GET /sign-in/company/back": PUBLIC,
    "POST /sign-out": FIRST,
    # home
    "GET /": EVERYBODY,
    "GET /events": EVERYBODY,
    # one's own account
    "GET /account": EVERYBODY,
    "POST /account": EVERYBODY,
    "GET /account/password": FIRST,
    "POST /account/password": FIRST,
    "GET /account/second-step": FIRST,
    "POST /account/second-step": FIRST,
    "POST /account/second-step/off": EVERYBODY,
    "POST /account/recovery-codes": EVERYBODY,
    "POST /account/sessions": EVERYBODY,
    # the queue and a request
    "GET /queue": DESK,
    "GET /queue/rows": DESK,
    "GET /queue/events": DESK,
    "POST /queue/several": AGENTS,
    "POST /queue/views": DESK,
    "POST /queue/views/{id:int}": DESK,
    "GET /queue/{id:int}": DESK,
    "GET /queue/{id:int}/events": DESK,
    "GET /queue/{id:int}/files/{file:int}": DESK,
    "POST /queue/{id:int}/reply": WITH_FILES,
    "POST /queue/{id:int}/writing": AGENTS,
    "POST /queue/{id:int}/take": AGENTS,
    "POST /queue/{id:int}/assign": AGENTS,
    "POST /queue/{id:int}/queue": AGENTS,
    "POST /queue/{id:int}/priority": AGENTS,
    "POST /queue/{id:int}/category": AGENTS,
    "POST /queue/{id:int}/status": AGENTS,
    "POST /queue/{id:int}/duplicate": AGENTS,
    "POST /queue/{id:int}/merge": AGENTS,
    "POST /queue/{id:int}/outage": AGENTS,
    # knowledge: articles, where they come from, the index, trying it
    "GET /knowledge/articles": LIBRARY,
    "GET /knowledge/articles/{key:path}": LIBRARY,
    "POST /knowledge/articles/{key:path}": only("knowledge", "admin"),
    "GET /knowledge/sources": LIBRARY,
    "GET /knowledge/sources/new": only("knowledge", "admin"),
    "POST /knowledge/sources/new": only("knowledge", "admin"),
    "GET /knowledge/sources/{name}": LIBRARY,
    "POST /knowledge/sources/{name}": only("knowledge", "admin"),
    "POST /knowledge/sources/{name}/remove": only("knowledge", "admin"),
    "POST /knowledge/runs": only("knowledge", "admin"),
    "GET /knowledge/runs/events": LIBRARY,
    "GET /knowledge/index": LIBRARY,
    "POST /knowledge/index/thresholds": only("knowledge", "admin"),
    "POST /knowledge/index/verify": only("knowledge", "admin", "engineer"),
    "POST /knowledge/index/rebuild": only("knowledge", "admin", "engineer"),
    "POST /knowledge/index/back": only("knowledge", "admin", "engineer"),
    "GET /knowledge/try": only("knowledge", "admin", "engineer"),
    # knowledge: gaps, their drafts, how articles do
    "GET /knowledge/gaps": GAPS,
    "POST /knowledge/gaps": only("knowledge", "admin"),
    "GET /knowledge/gaps/events": GAPS,
    "GET /knowledge/gaps/{id:int}": GAPS,
    "GET /knowledge/gaps/{id:int}/events": GAPS,
    "POST /knowledge/gaps/{id:int}/dismiss": only("knowledge", "admin"),
    "POST /knowledge/gaps/{id:int}/reopen": only("knowledge", "admin"),
    "POST /knowledge/gaps/preview": WRITERS,
    "GET /knowledge/gaps/{id:int}/draft": WRITERS,
    "POST /knowledge/gaps/{id:int}/draft": WRITERS,
    "GET /knowledge/gaps/{id:int}/draft/{language}": WRITERS,
    "POST /knowledge/gaps/{id:int}/draft/{language}": WRITERS,
    "POST /knowledge/gaps/{id:int}/draft/{language}/discard": WRITERS,
    "GET /knowledge/gaps/{id:int}/review": WRITERS,
    "POST /knowledge/gaps/{id:int}/publish": WRITERS,
    "GET /knowledge/use": GAPS,
    # conversations that a person has or waits for; only who helps people speaks in them and sees their files
    "GET /conversations": TALKS,
    "GET /conversations/events": TALKS,
    "GET /conversations/{id:int}": TALKS,
    "GET /conversations/{id:int}/events": TALKS,
    "GET /conversations/{id:int}/files/{seq:int}": HELPERS,
    "GET /conversations/{id:int}/request": HELPERS,
    "POST /conversations/{id:int}/request": HELPERS,
    "POST /conversations/{id:int}/take": HELPERS,
    "POST /conversations/{id:int}/words": HELPERS,
    "POST /conversations/{id:int}/pass-on": HELPERS,
    "POST /conversations/{id:int}/hand-back": HELPERS,
    "POST /conversations/{id:int}/unlock": HELPERS,
    # reports: totals for everybody at work, the rest for who answers for it
    "GET /reports": EVERYBODY,
    "GET /reports/volume": EVERYBODY,
    "GET /reports/volume/csv": EVERYBODY,
    "GET /reports/promises": EVERYBODY,
    "GET /reports/promises/csv": EVERYBODY,
    "GET /reports/themes": VOICES,
    "GET /reports/themes/csv": VOICES,
    "GET /reports/themes/events": VOICES,
    "GET /reports/assistant": FIGURES,
    "GET /reports/assistant/csv": FIGURES,
    "GET /reports/hand-offs": FIGURES,
    "GET /reports/hand-offs/csv": FIGURES,
    "GET /reports/satisfaction": VOICES,
    "GET /reports/satisfaction/csv": VOICES,
    "GET /reports/cost": FIGURES,
    "GET /reports/cost/csv": FIGURES,
    # personal data
    "GET /privacy": only("admin", "auditor"),
    "POST /privacy/wishes": only("admin"),
    "GET /privacy/wishes/{id:int}": only("admin", "auditor"),
    "POST /privacy/wishes/{id:int}/start": only("admin"),
    "POST /privacy/wishes/{id:int}/refuse": only("admin"),
    "POST /privacy/wishes/{id:int}/export": only("admin"),
    "POST /privacy/wishes/{id:int}/finish": only("admin"),
    "POST /privacy/wishes/{id:int}/erase": only("admin"),
    # the audit trail
    "GET /audit": only("admin", "auditor"),
    "GET /audit/export": only("admin", "auditor"),
    "POST /audit/verify": only("admin", "auditor"),
    # quality: runs of the evaluation
    "GET /quality": FIGURES,
    "GET /quality/compare": FIGURES,
    "GET /quality/runs/{name}": FIGURES,
    "GET /quality/runs/{name}/report": FIGURES,
    "GET /quality/runs/{name}/cases/{key:path}": FIGURES,
    # operations
    "GET /operations": only("admin", "engineer", "auditor"),
    "GET /operations/events": only("admin", "engineer", "auditor"),
    "GET /operations/letters": only("admin", "engineer", "auditor"),
    "POST /operations/letters/again": only("admin", "engineer"),
    "POST /operations/letters/drop": only("admin", "engineer"),
    "POST /operations/doctor": only("admin", "engineer"),
    # settings: how requests are treated
    "GET /queues": RULES,
    "POST /queues": SETTERS,
    "POST /queues/away": ANSWERS,
    "GET /queues/{name}": RULES,
    "POST /queues/{name}": SETTERS,
    "GET /routing": RULES,
    "POST /routing": SETTERS,
    "GET /routing/try": only("admin", "auditor"),
    "POST /routing/on": SETTERS,
    "POST /routing/back": SETTERS,
    "GET /routing/{id:int}": SETTERS,
    "POST /routing/{id:int}": SETTERS,
    "GET /priority": RULES,
    "POST /priority": SETTERS,
    "POST /priority/back": SETTERS,
    "GET /priority/{id:int}": SETTERS,
    "POST /priority/{id:int}": SETTERS,
    "GET /hours": RULES,
    "POST /hours": SETTERS,
    "POST /hours/back": SETTERS,
    "GET /hours/{name}": RULES,
    "POST /hours/{name}": SETTERS,
    "GET /macros": RULES,
    "GET /macros/{id:int}": RULES,
    "POST /macros/{id:int}": ANSWERS,
    "GET /outages": RULES,
    "GET /outages/{name}": RULES,
    "POST /outages/{name}": ANSWERS,
    "POST /outages/{name}/end": ANSWERS,
    "POST /outages/{name}/requests": ANSWERS,
    # settings: what can be asked for, and by whom
    "GET /catalogue": CATALOGUE,
    "GET /catalogue/file": SETTERS,
    "POST /catalogue/file": Rule(frozenset({"admin"}), largest=2_000_000, files=True),
    "POST /catalogue/file/take": SETTERS,
    "GET /catalogue/export": CATALOGUE,
    "GET /catalogue/try": CATALOGUE,
    "GET /catalogue/{name}": CATALOGUE,
    "POST /catalogue/{name}": Rule(frozenset({"admin"}), largest=256 * 1024),
    "POST /catalogue/{name}/back": SETTERS,
    "GET /catalogue/{name}/fields/{field}": CATALOGUE,
    "POST /catalogue/{name}/fields/{field}": SETTERS,
    "POST /catalogue/{name}/fields/{field}/preview": SETTERS,
    "GET /employees": PEOPLE,
    "GET /employees/list": SETTERS,
    "POST /employees/list": Rule(frozenset({"admin"}), largest=8_000_000, files=True),  # bytes: eighty thousand people
    "POST /employees/list/take": SETTERS,
    "GET /employees/export": SETTERS,
    "GET /employees/one/{key:path}": PEOPLE,
    "POST /employees/one/{key:path}": SETTERS,
    # staff
    "GET /staff": only("admin", "auditor"),
    "POST /staff": only("admin"),
    "GET /staff/{id:int}": only("admin", "auditor"),
    "POST /staff/{id:int}": only("admin"),
    "POST /staff/{id:int}/password": only("admin"),
    "POST /staff/{id:int}/second-step": only("admin"),
}


def may(viewer: Viewer | None, route: str) -> bool:
    """Whether to show a link or button that leads there."""
    return POLICY[route].admits(viewer)


def offers(viewer: Viewer | None, route: str) -> bool:
    """Whether there is such a page at all and they may open it."""
    return route in POLICY and may(viewer, route)
