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
