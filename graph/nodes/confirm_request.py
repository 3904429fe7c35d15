"""Open the request exactly as it was shown."""

from graph.asked import became
from graph.forms import draft_of
from graph.speech import settle
from graph.state import State, Turn, Update, language_of
from tools.effects import CreateRequest


async def confirm_request(state: State, runtime: Turn) -> Update:
    """Ask for it as an effect, once per nonce; the draft is done with."""
    created = CreateRequest(nonce=state["nonce"], draft=draft_of(state["draft"], language_of(state)))
    effects = created, *became(state, runtime, created.nonce)
    return {"effects": effects, "done": state["nonce"], "draft": {}, "matter": {}} | settle()
