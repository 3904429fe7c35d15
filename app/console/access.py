"""The policy as a table for people: `python -m app.console.access > docs/access.md`; a test keeps the file equal."""

import sys

from app.console.policy import POLICY, Rule
from app.staff.roles import ROLES

HEAD = """# Who may do what

Made of `app/console/policy.py` by `python -m app.console.access`, and held to it by a test. Another test asks every
route for every role, and for nobody, through the pages as they are served.

A route is a method and a path below `/desk`. ✓ = admitted; everybody else gets 403 or is sent to sign in.

"""


def table() -> str:
    """The page as Markdown."""
    lines = [f"| route | {' | '.join(ROLES)} | not signed in |", f"|---|{':-:|' * (len(ROLES) + 1)}"]
    lines += [_line(route, rule) for route, rule in POLICY.items()]
    return HEAD + "\n".join(lines) + "\n"


def _line(route: str, rule: Rule) -> str:
    admitted = [rule.roles is None or role in rule.roles for role in ROLES]
    marks = ("✓" if one else "" for one in (*admitted, rule.roles is None))
    return f"| `{route}` | {' | '.join(marks)} |"


if __name__ == "__main__":
    sys.stdout.write(table())
