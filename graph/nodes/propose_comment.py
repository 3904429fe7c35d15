"""They seem to add to a request: ask which one and whether."""

from graph.choices import Option, cut
from graph.requests import ENDED
from graph.speech import question, tell, words
from graph.state import State, Turn, Update, form_open, who


async def propose_comment(state: State, runtime: Turn) -> Update:
    """Propose the named request, or the only open one; with several, show the list."""
    employee, wish = who(state, runtime), state.get("wish")
    if employee is None:
        return {}
    if form_open(state):
        return tell(state, "form_first")
    mine = await runtime.context.desk.requests_of(employee.id)
    named = [r for r in mine if wish and wish.number == r.number]
    still_open = [r for r in mine if r.status not in ENDED]
    fitting = named or still_open
    if not fitting:
        return tell(state, "not_found", number=cut(wish.number, 20)) if wish and wish.number else tell(state, "no_open")
    text, files = state.get("said", "")[:2_000], list(state.get("files", ()))
    options = [Option("add", r.number, f"#{r.number}", r.title) for r in fitting[:8]]
    if len(fitting) == 1:
        options = [Option("add", fitting[0].number, words(state, "button_add"))]
    options.append(Option("no", "", words(state, "button_no")))
    body = words(state, "propose_comment", number=fitting[0].number, text=cut(text or "📎", 300))
    if len(fitting) > 1:
        body = words(state, "propose_comment_which", text=cut(text or "📎", 300))
    return question(
        state,
        runtime,
        "comment_check",
        body,
        options,
        slots={"number": fitting[0].number, "text": text, "files": files},
    )
