"""Look in the sources outside the company, with nothing personal in the question."""

import re

from graph.state import State, Turn, Update, language_of, who

PERSONAL = re.compile(r"\S+@\S+|#?\b[\w-]*\d[\w-]{3,}\b")


async def look_outside(state: State, runtime: Turn) -> Update:
    """Search for the question without addresses, numbers and the employee's own name."""
    wish, employee = state.get("wish"), who(state, runtime)
    question = (wish.query if wish else "") or state.get("said", "")
    names = {name.casefold() for name in employee.name.split()} if employee else set()
    bare = " ".join(w for w in PERSONAL.sub(" ", question).split() if w.strip(".,!?").casefold() not in names)
    return {"outside": await runtime.context.external.search(bare, language_of(state)) if bare else ()}
