"""How nodes speak: a text, or a question with its choices and what it needs to be understood later."""

from collections.abc import Mapping, Sequence
from typing import Any

from graph.choices import TEXT_BODY, Option, ask, cut, moment
from graph.messages import Text
from graph.state import State, Turn, Update, language_of
from prompts.texts import say


def words(state: State, key: str, **values: object) -> str:
    """Say a text in the conversation's language."""
    return say(language_of(state), key, **values)


def tell(state: State, key: str, **values: object) -> Update:
    """Reply with a text and change nothing else."""
    return aside(words(state, key, **values))


def aside(body: str) -> Update:
    """Reply with these words and change nothing else."""
    return {"replies": (Text(body=cut(body, TEXT_BODY)),)}


def question(  # noqa: PLR0913 what a question is made of
    state: State,
    runtime: Turn,
    phase: str,
    body: str,
    options: Sequence[Option] = (),
    *,
    slots: Mapping[str, Any] | None = None,
) -> Update:
    """Ask something: from now on `phase` is what the next words answer, and these choices are the valid ones."""
    nonce = moment(runtime.context.conversation_id, state.get("turn", 0), phase)
    asked: Update = {"phase": phase, "slots": dict(slots or {}), "nonce": nonce}
    if not options:
        return asked | aside(body)
    return asked | {"replies": ask(body, options, nonce=nonce, button=words(state, "button_choose"))}


def settle() -> Update:
    """Nothing is being asked any more."""
    return {"phase": "idle", "slots": {}, "nonce": ""}
