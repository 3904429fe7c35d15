"""Open the request exactly as it was shown."""

from graph.forms import draft_of
from graph.speech import settle
from graph.state import State, Turn, Update, language_of
from tools.effects import CreateRequest


async def confirm_request(state: State, runtime: Turn) -> Update:  # noqa: ARG001 every node has the same shape
    """Ask for it as an effect, once per nonce; the draft is done with."""
    created = CreateRequest(nonce=state["nonce"], draft=draft_of(state["draft"], language_of(state)))
    return {"effects": (created,), "done": state["nonce"], "draft": {}, "matter": {}} | settle()
