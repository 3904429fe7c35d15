"""Meet somebody not yet verified: hello and privacy notice once, why a session ended, and keep what they asked."""

from graph.credentials import find_code, find_email, without_credentials, words_beside
from graph.language.offline.tongue import asked_language
from graph.messages import Text
from graph.speech import words
from graph.state import IDENTITY, State, Turn, Update, phase_of
from tools.effects import NoticeShown

KEPT = 1_000  # characters of what was said before verification
DOUBTFUL = frozenset({"greeting", "thanks", "unclear", "help"})
ASIDE = 3  # words beside an address or a code that are only its wrapping
FEW, LIKELY = 3, 0.45  # fewer words want to be this clear: a bare name is no question
WORTH = frozenset({"ask", "request", "status", "comment", "correct", "off_topic"})


async def greet(state: State, runtime: Turn) -> Update:
    """Say hello or why we ask again; forget what belonged to the ended session."""
    company = runtime.context.company
    met: Update = {
        "replies": tuple(Text(body=body) for body in _hello(state, runtime)),
        "noticed": company.privacy_version,
    }
    if state.get("noticed") != company.privacy_version:
        met["effects"] = (NoticeShown(version=company.privacy_version),)
    if phase_of(state) not in IDENTITY:
        met |= {"phase": "idle", "slots": {}, "nonce": "", "draft": {}, "matter": {}, "later": []}
    question = _worth_keeping(state)
    if question:
        met["pending"] = "\n".join(filter(None, (state.get("pending", ""), question)))[:KEPT]
    return met


def _hello(state: State, runtime: Turn) -> list[str]:
    company = runtime.context.company
    said: list[str] = []
    if state.get("noticed") != company.privacy_version:
        said.append(words(state, "hello", company=company.name, assistant=company.assistant))
        said.append(words(state, "privacy", version=company.privacy_version, link=company.privacy_url).strip())
    elif asked_language(state.get("said", "")):
        said.append(words(state, "language_switched"))
    if runtime.context.session_ended:
        known = ("idle", "age", "number_changed", "inactive")
        reason = runtime.context.session_ended if runtime.context.session_ended in known else "other"
        said.append(words(state, f"ended_{reason}"))
    return ["\n\n".join(said)] if said else []


def _worth_keeping(state: State) -> str:
    """A question or a wish is kept; a greeting, an address or a code is not."""
    said, wish = state.get("said", ""), state.get("wish")
    if not said or not wish or not (wish.intent in WORTH or (wish.intent in DOUBTFUL and "?" in said)):
        return ""
    best = wish.categories[0].score if wish.categories else 0.0
    if asked_language(said):
        return ""
    if len(said.split()) < FEW and wish.confidence < LIKELY and best < LIKELY:
        return ""
    if find_email(said) or find_code(said):
        return without_credentials(said) if words_beside(said) > ASIDE else ""
    return said
