"""Plan a one-time code for the address they gave; an unknown address hears the same words."""

from graph.choices import Option
from graph.credentials import find_email, mend_email
from graph.speech import question, words
from graph.state import State, Turn, Update, language_of
from tools.effects import IdentityEffect


async def send_code(state: State, runtime: Turn) -> Update:
    """Ask identity for a code; it says whether one goes out, must wait, or only a person can help."""
    said, known = state.get("said", ""), state.get("email", "")
    email = find_email(said) or mend_email(known, said) or known
    plan = await runtime.context.identity.plan_code(runtime.context.conversation_id, email, language_of(state))
    effects = {"effects": (IdentityEffect(data=plan.effect),)} if plan.effect is not None else {}
    return effects | {"email": email} | _told(state, runtime, plan.outcome, email, plan.wait_seconds)


def _told(state: State, runtime: Turn, outcome: str, email: str, seconds: int) -> Update:
    if outcome == "locked":
        person = [Option("person", "", words(state, "button_person"))]
        return question(state, runtime, "locked", words(state, "code_locked"), person)
    waits = outcome == "wait"
    said = words(state, "code_wait", wait=_wait(state, seconds)) if waits else words(state, "code_sent", email=email)
    wrong = {"wrong": int(state.get("slots", {}).get("wrong", 0))}  # codes typed before this one count on
    return question(state, runtime, "code", said, ways_out(state), slots=wrong)


def _wait(state: State, seconds: int) -> str:
    if seconds < 90:
        return words(state, "seconds", count=max(seconds, 1))
    return words(state, "minutes", count=-(-seconds // 60))


def ways_out(state: State) -> list[Option]:
    """Offer another code or another address."""
    return [Option("resend", "", words(state, "button_resend")), Option("email", "", words(state, "button_email"))]
