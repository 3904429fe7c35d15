"""Check the code they typed, wherever in the sentence it stands."""

from graph.choices import Option
from graph.credentials import find_code
from graph.nodes.send_code import ways_out
from graph.speech import question, settle, words
from graph.state import State, Turn, Update
from tools.effects import IdentityEffect
from tools.identity import CodeCheck


async def check_code(state: State, runtime: Turn) -> Update:
    """Compare it with the newest code of this conversation and say what became of it."""
    check = await runtime.context.identity.check_code(runtime.context.conversation_id, find_code(state["said"]))
    effects = {"effects": (IdentityEffect(data=check.effect),)} if check.effect is not None else {}
    if check.outcome == "right" and check.employee:
        # Somebody of whom nothing but an address and digits was read is spoken to in the language of their record.
        language = {} if state.get("language_evidence") else {"language": check.employee.language}
        return effects | settle() | language | {"employee": check.employee, "email": "", "checked": "right"}
    return effects | {"checked": check.outcome} | _told(state, runtime, check)


def _told(state: State, runtime: Turn, check: CodeCheck) -> Update:
    if check.outcome == "locked":
        person = [Option("person", "", words(state, "button_person"))]
        return question(state, runtime, "locked", words(state, "code_locked"), person)
    if check.outcome == "none" or (check.outcome != "wrong" and not state.get("email")):
        return question(state, runtime, "email", words(state, "code_none"))
    wrong = int(state.get("slots", {}).get("wrong", 0)) + (check.outcome in ("wrong", "exhausted"))
    kept = {"wrong": wrong}
    if check.outcome == "wrong":
        key = "code_wrong_last" if check.tries_left == 1 else "code_wrong"
        values = {} if check.tries_left == 1 else {"count": check.tries_left}
        return question(state, runtime, "code", words(state, key, **values), ways_out(state), slots=kept)
    return question(state, runtime, "code", words(state, f"code_{check.outcome}"), ways_out(state), slots=kept)
