"""Welcome a verified employee by first name and take up what they asked before."""

from graph.speech import settle, tell
from graph.state import State, Turn, Update, who


async def welcome(state: State, runtime: Turn) -> Update:
    """Say their name; with a question waiting, it becomes this turn's words."""
    employee = who(state, runtime)
    name = employee.name.split()[0] if employee and employee.name.split() else ""
    pending = state.get("pending", "")
    hello = tell(state, "welcome_kept" if pending else "welcome", name=name)
    return hello | settle() | {"pending": "", "said": pending, "files": (), "confused": 0}
