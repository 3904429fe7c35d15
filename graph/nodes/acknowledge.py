"""Answer what is neither words nor a tap: stickers, voice notes, files, places, cards, polls."""

from graph.forms import FILES
from graph.speech import question, settle, tell, words
from graph.state import State, Turn, Update, form_open, phase_of

SPOKEN = frozenset({"sticker", "emoji", "puzzled", "blank", "voice", "file", "location", "contacts", "order", "edit"})


async def acknowledge(state: State, runtime: Turn) -> Update:
    """Keep the files, say what could not be read, and ask for a few words when something may be wanted."""
    signal, files = state.get("signal", ""), list(state.get("files", ()))
    kind = signal if signal in SPOKEN else "unsupported"
    if form_open(state):
        return tell(state, f"{kind}_in_form") if kind in ("voice", "file") else tell(state, f"{kind}")
    if kind in ("voice", "file"):
        matter = {**state.get("matter", {})} if phase_of(state) == "describe" else {}
        kept = list(dict.fromkeys([*matter.get("files", []), *files]))[:FILES]
        # The question that was open is answered by words or taps still; only the words are asked for anew.
        return {"matter": {**matter, "files": kept}} | question(state, runtime, "describe", words(state, kind))
    return tell(state, kind) if phase_of(state) != "idle" else settle() | tell(state, kind)
