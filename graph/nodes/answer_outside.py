"""Answer from outside the company, labelled as such."""

from graph.asked import note
from graph.choices import BUTTONS_BODY, Option, cut
from graph.context import Company
from graph.language.port import Answer
from graph.links import article_link, host_of, only_known_links
from graph.speech import aside, question, settle, words
from graph.state import State, Turn, Update, asked_of, form_open, language_of
from retrieval.passage import Passage
from tools.external.domains import site_of

LABELS = 500  # UTF-16 units of a reply that are kept for its first words, title, source and link


async def answer_outside(state: State, runtime: Turn) -> Update:
    """Let the engine answer from the web's passages; it may find that they do not hold the answer."""
    passages, asked = state["outside"], asked_of(state)
    given = await runtime.context.engine.answer(asked, passages, language_of(state))
    spent: Update = {"calls": state.get("calls", 0) + 1, "engine": given.engine, "verdict": given.verdict}
    if given.verdict == "not_in_sources":
        return spent
    source, company = _source(given, passages), runtime.context.company
    text = cut(only_known_links(given.text, passages, company), BUTTONS_BODY - LABELS)
    body = words(
        state,
        "outside",
        text=text,
        title=cut(source.title, 120),
        site=cut(source.credit or host_of(source.url), 120),
        where=_page(source, company),
    ).strip()
    found = state.get("retrieval")
    noted = note(
        state, runtime, asked, "outside",
        articles=(source.article_id,), probability=found.probability if found else 0.0,
    )  # fmt: skip
    return spent | noted | _asked(state, runtime, body, source)


def _source(given: Answer, passages: tuple[Passage, ...]) -> Passage:
    """Find the passage the first quote comes from."""
    quoted = {quote.passage_id for quote in given.quotes}
    return next((passage for passage in passages if passage.id in quoted), passages[0])


def _page(source: Passage, company: Company) -> str:
    """Give the page's address when its site is one of those allowed."""
    allowed = site_of(source.url, company.outside_domains)
    return source.url if allowed else article_link(source, company)


def _asked(state: State, runtime: Turn, body: str, source: Passage) -> Update:
    """Ask whether it helped, unless something else is waiting to be asked."""
    if form_open(state):
        return aside(body)
    if state.get("later"):
        return settle() | aside(body)
    options = [
        Option("resolved", "", words(state, "button_resolved")),
        Option("new", "", words(state, "button_request")),
    ]
    return question(state, runtime, "answered", body, options, slots={"article": source.article_id})
