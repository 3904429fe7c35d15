"""Show one of their requests, or the list of them."""

from graph.choices import Option, cut, moment
from graph.choices import ask as ask_with
from graph.requests import ENDED, HANDLING, REOPENING, describe_request, status_words
from graph.speech import aside, question, tell, words
from graph.state import State, Turn, Update, form_open, who
from tools.service_desk import RequestView


async def show_status(state: State, runtime: Turn) -> Update:
    """By number when one is named, else the only one, else a list; another's is as unknown as none."""
    employee, number = who(state, runtime), _number(state)
    if employee is None:
        return {}
    if number:
        request = await runtime.context.desk.request(employee.id, number)
        return _show(state, runtime, request) if request else tell(state, "not_found", number=cut(number, 20))
    requests = await runtime.context.desk.requests_of(employee.id)
    if not requests:
        return tell(state, "no_requests")
    return _show(state, runtime, requests[0]) if len(requests) == 1 else _list(state, runtime, requests)


def _number(state: State) -> str:
    tap, wish = state.get("tap"), state.get("wish")
    if tap and tap.verb == "show":
        return tap.arg
    if HANDLING.search(state.get("said", "")) and not (wish and wish.number):
        return str(state.get("slots", {}).get("number", ""))
    return wish.number if wish else ""


def _show(state: State, runtime: Turn, request: RequestView) -> Update:
    """Tell how it stands, with what can be done about it."""
    employee = who(state, runtime)
    if request.status in ENDED and not request.can_reopen and REOPENING.search(state.get("said", "")):
        return tell(state, "too_late_to_reopen", number=request.number)
    body = describe_request(state, request, employee.timezone if employee else "America/Sao_Paulo")
    if form_open(state) or state.get("later"):
        return aside(body)
    number = request.number
    if request.status == "solved" and request.rating is None:
        options = [Option("rating", number, words(state, "button_rate"))]
    else:
        options = []
    if request.status not in ENDED:
        options = [
            Option("comment", number, words(state, "button_comment")),
            Option("close", number, words(state, "button_close")),
        ]
    if request.can_reopen:
        options.append(Option("reopen", number, words(state, "button_reopen")))
    return question(state, runtime, "status", body, options, slots={"number": number}) if options else aside(body)


def _list(state: State, runtime: Turn, requests: tuple[RequestView, ...]) -> Update:
    """List them, last changed first; a row works at any later time."""
    options = [Option("show", r.number, f"#{r.number} {status_words(state, r.status)}", r.title) for r in requests]
    nonce = moment(runtime.context.conversation_id, state.get("turn", 0), "list")
    return {
        "replies": ask_with(words(state, "which_request"), options, nonce=nonce, button=words(state, "button_choose"))
    }
