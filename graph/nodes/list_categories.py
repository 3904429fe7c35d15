"""List every category, page by page."""

from graph.choices import Option
from graph.forms import in_words, paged
from graph.matters import leaves
from graph.speech import question, words
from graph.state import State, Turn, Update, language_of, who


async def list_categories(state: State, runtime: Turn) -> Update:
    """Show the page they tapped."""
    language, tap = language_of(state), state.get("tap")
    page = int(tap.arg) if tap and tap.arg.isdecimal() and len(tap.arg) < 4 else 0
    allowed = leaves(await runtime.context.desk.catalogue(), who(state, runtime))
    options = [Option("category", c.id, in_words(c.name, language), in_words(c.description, language)) for c in allowed]
    return question(
        state, runtime, "category", words(state, "ask_category_all"), paged(options, language, page, verb="more")
    )
