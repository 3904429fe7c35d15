"""Whether the bot speaks the conversation's language; articles quoted in another one are theirs, not the bot's."""

from eval.cases.conversation import ConversationCase
from eval.playing import Play
from eval.record import Score
from eval.scorers.citations import SOURCE
from graph.language.offline.tongue import identify

NAME = "language"
SURE, WORDS = 0.95, 6  # from how many words, how sure, a reply is in a language


def score(_case: ConversationCase, play: Play) -> Score:
    """The share of replies in the language that the turn settled on."""
    judged, foreign = 0, []
    for exchange in play.exchanges:
        for reply in exchange.replies:
            found, sure, words = identify(_own_words(reply))
            if not exchange.language or words < WORDS or sure < SURE:
                continue
            judged += 1
            if found != exchange.language:
                foreign.append(f"{found} instead of {exchange.language}: {reply[:60]!r}")
    share = 1 - len(foreign) / judged if judged else None
    passed = None if not judged else not foreign
    return Score(scorer=NAME, passed=passed, value=share, details=tuple(foreign), facts={"judged": judged})


def _own_words(reply: str) -> str:
    """Without choices, quotes and what comes from an article."""
    if SOURCE.search(reply):
        return ""
    lines = (line for line in reply.splitlines() if not line.startswith(("[", "•", ">", "📋")))
    return " ".join(part for line in lines for part in line.split("*")[::2])
