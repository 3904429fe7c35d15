"""Answer from the passages, naming the article and its link."""

from graph.asked import note
from graph.choices import BUTTONS_BODY, Option, cut, units
from graph.language.offline.whatsapp import to_whatsapp
from graph.language.port import Answer
from graph.links import article_link, only_known_links
from graph.speech import aside, question, settle, words
from graph.state import State, Turn, Update, form_open, language_of
from retrieval.passage import Passage

LONGEST = 800  # UTF-16 units of an answer, less than a phone's screen; the link has the rest


async def answer(state: State, runtime: Turn) -> Update:
    """Let the engine answer; what it has not in its sources is left to the next node."""
    found = state.get("retrieval")
    passages = found.passages if found else ()
    asked = _question(state)
    given = await runtime.context.engine.answer(asked, passages, language_of(state))
    spent: Update = {"calls": state.get("calls", 0) + 1, "engine": given.engine, "verdict": given.verdict}
    if given.verdict == "not_in_sources":
        if not _chosen(state):
            return spent
        spent["verdict"] = "partial"  # they chose this article: it is shown even so
    source = _source(given, passages)
    body = _body(state, runtime, given, source, passages)
    noted = note(
        state, runtime, asked, "answered",
        articles=(source.article_id,), probability=found.probability if found else 0.0,
    )  # fmt: skip
    return spent | noted | _asked(state, runtime, body, source)


def _question(state: State) -> str:
    """What was asked; for an article they chose, what they came with."""
    wish, matter = state.get("wish"), str(state.get("matter", {}).get("query", ""))
    if _chosen(state):
        found = state.get("retrieval")
        return matter or (found.passages[0].title if found else "")
    return (wish.query if wish else "") or state.get("said") or matter


def _chosen(state: State) -> bool:
    found = state.get("retrieval")
    return bool(found and found.passages and found.query == found.passages[0].article_id)


def _source(given: Answer, passages: tuple[Passage, ...]) -> Passage:
    """Find the passage the first quote comes from."""
    quoted = {quote.passage_id for quote in given.quotes}
    return next((passage for passage in passages if passage.id in quoted), passages[0])


def _body(state: State, runtime: Turn, given: Answer, source: Passage, passages: tuple[Passage, ...]) -> str:
    """Lay out the text, then where it comes from."""
    text = only_known_links(given.text or to_whatsapp(source.text), passages, runtime.context.company).strip()
    lines = [_short(text), "", f"📄 *{source.title}*"]
    if source.language != language_of(state):
        lines.append(words(state, f"article_in_{source.language.lower().replace('-', '_')}"))
    link = article_link(source, runtime.context.company)
    if link:
        lines.append(link)
    return "\n".join(lines)


def _short(text: str) -> str:
    """End a long text where a line does."""
    if units(text) <= LONGEST:
        return text
    whole, _, _ = cut(text, LONGEST).rpartition("\n")
    return (whole.rstrip() or cut(text, LONGEST - 2)) + "\n…"


def _asked(state: State, runtime: Turn, body: str, source: Passage) -> Update:
    """Ask whether it helped, unless something else is waiting to be asked."""
    if form_open(state):
        return aside(body)
    if state.get("later"):
        return settle() | aside(body)
    options = [
        Option("resolved", source.article_id, words(state, "button_resolved")),
        Option("new", "", words(state, "button_request")),
    ]
    ask = "\n\n" + words(state, "ask_resolved") if units(body) > BUTTONS_BODY else ""
    return question(state, runtime, "answered", body + ask, options, slots={"article": source.article_id})
