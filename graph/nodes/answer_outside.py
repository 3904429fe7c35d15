"""Answer from outside the company, labelled as such."""

from graph.choices import BUTTONS_BODY, Option, cut
from graph.links import article_link, host_of, only_known_links
from graph.speech import aside, question, settle, words
from graph.state import State, Turn, Update, form_open, language_of


async def answer_outside(state: State, runtime: Turn) -> Update:
    """Let the engine answer from the web's passages; it may find that they do not hold the answer."""
    passages = state["outside"]
    wish = state.get("wish")
    asked = (wish.query if wish else "") or state.get("said", "")
    given = await runtime.context.engine.answer(asked, passages, language_of(state))
    spent: Update = {"calls": state.get("calls", 0) + 1, "engine": given.engine, "verdict": given.verdict}
    if given.verdict == "not_in_sources":
        return spent
    source = passages[0]
    text = cut(only_known_links(given.text, passages, runtime.context.company), BUTTONS_BODY - 400)
    where = article_link(source, runtime.context.company) or host_of(source.url)
    body = words(state, "outside", text=text, title=cut(source.title, 120), where=where)
    if form_open(state):
        return spent | aside(body)
    if state.get("later"):
        return spent | settle() | aside(body)
    options = [
        Option("resolved", "", words(state, "button_resolved")),
        Option("new", "", words(state, "button_request")),
    ]
    return spent | question(state, runtime, "answered", body, options)
