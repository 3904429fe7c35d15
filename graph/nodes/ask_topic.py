"""It may belong to an open request: ask, and keep the words whatever the answer is."""

from graph.choices import Option, cut
from graph.matters import plain_wish
from graph.requests import ENDED
from graph.speech import question, tell, words
from graph.state import State, Turn, Update, who

MOST = 8  # requests in the list; the new subject has a row too


async def ask_topic(state: State, runtime: Turn) -> Update:
    """About the one spoken of last, else about those that await their answer."""
    employee, topic = who(state, runtime), runtime.context.topic
    mine = await runtime.context.desk.requests_of(employee.id) if employee else ()
    wanted = (topic.number,) if topic else runtime.context.awaited
    fitting = [r for r in mine if r.number in wanted and r.status not in ENDED][:MOST]
    if not fitting:
        return tell(state, "unclear")
    text, files, wish = state.get("said", "")[:2_000], list(state.get("files", ())), state.get("wish")
    if len(fitting) == 1:
        options = [Option("add", fitting[0].number, words(state, "button_yes_this"))]
        body = words(state, "ask_topic", number=fitting[0].number, title=cut(fitting[0].title, 200))
    else:
        options = [Option("add", r.number, f"#{r.number}", r.title) for r in fitting]
        body = words(state, "ask_topic_which", text=cut(text or "📎", 300))
    options.append(Option("other", "", words(state, "button_new_subject")))
    kept = plain_wish(wish, text, files) if wish and text else {}
    slots = {"number": fitting[0].number, "text": text, "files": files, "wish": kept}
    return question(state, runtime, "comment_check", body, options, slots=slots)
