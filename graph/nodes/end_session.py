"""End the session because they said so."""

from graph.speech import settle, tell
from graph.state import State, Turn, Update, who
from tools.effects import EndSession


async def end_session(state: State, runtime: Turn) -> Update:
    """Forget what was open; somebody not verified has nothing to end."""
    gone: Update = {"draft": {}, "matter": {}, "later": [], "pending": "", "email": ""} | settle()
    if who(state, runtime) is None:
        return gone | tell(state, "logout_unknown")
    return gone | {"effects": (EndSession(reason="asked"),)}
