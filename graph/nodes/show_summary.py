"""Show the whole request before it is opened."""

from graph.choices import Option, ask, moment
from graph.forms import card, draft_of, fingerprint, in_words
from graph.speech import words
from graph.state import State, Turn, Update, language_of


async def show_summary(state: State, runtime: Turn) -> Update:
    """Ask to confirm; the nonce of *Confirmar* is bound to exactly this draft."""
    draft, language = state["draft"], language_of(state)
    category = next((c for c in await runtime.context.desk.catalogue() if c.id == draft["category"]), None)
    if category is None:
        return {"draft": {}, "phase": "idle", "slots": {}, "nonce": ""}
    conversation, now = runtime.context.conversation_id, state.get("turn", 0)
    nonce = moment(conversation, now, fingerprint(draft_of(draft, language)))
    lead = words(state, "resume", category=in_words(category.name, language)) if state.get("resumed") else ""
    asked = "ask_confirm_again" if state.get("unfilled") else "ask_confirm"
    body = "\n\n".join(filter(None, (lead, card(category, draft, language), words(state, asked))))
    options = [
        Option("confirm", "", words(state, "button_confirm")),
        Option("fix", "", words(state, "button_fix")),
        Option("cancel", "", words(state, "button_cancel")),
    ]
    replies = ask(body, options, nonce=nonce, button=words(state, "button_choose"))
    return {"phase": "summary", "slots": {}, "nonce": nonce, "replies": replies}
