"""Offer articles that are near, without asserting any of them."""

from graph.asked import note
from graph.choices import Option
from graph.speech import aside, question, words
from graph.state import State, Turn, Update, form_open
from retrieval.passage import Passage

OFFERED = 3


async def offer_articles(state: State, runtime: Turn) -> Update:
    """Show up to three titles, "none of these" and the way to a request."""
    found = state.get("retrieval")
    near: dict[str, Passage] = {}
    for passage in found.passages if found else ():
        near.setdefault(passage.article_id, passage)
    titles = list(near.values())[:OFFERED]
    effects = note(
        state, runtime, found.query if found else "", "offered",
        articles=tuple(near)[:OFFERED], probability=found.probability if found else 0.0,
    )  # fmt: skip
    if form_open(state):
        return effects | aside(words(state, "offer_in_form", titles="\n".join(f"• {p.title}" for p in titles)))
    options = [
        *(Option("read", passage.article_id, passage.title, _more(passage)) for passage in titles),
        Option("none", "", words(state, "row_none")),
        Option("new", "", words(state, "button_request"), words(state, "row_request_about")),
    ]
    return effects | question(
        state, runtime, "offered", words(state, "offer"), options, slots={"article": titles[0].article_id}
    )


def _more(passage: Passage) -> str:
    """Say in the row's second line what its title had no room for."""
    return passage.title if len(passage.title) > 24 else passage.heading.rpartition(" > ")[2]
