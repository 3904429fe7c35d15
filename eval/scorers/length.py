"""Whether replies are short enough to be read on a phone, and none is beyond what WhatsApp takes."""

from app.whatsapp.limits import TEXT, units
from eval.cases.conversation import ConversationCase
from eval.playing import Play
from eval.record import Score

NAME = "length"
A_SCREEN = 1000  # UTF-16 units with title and link; an answer's own words end at 800
AT_ONCE = 4  # messages for one turn; more is a flood


def score(_case: ConversationCase, play: Play) -> Score:
    """The share of turns answered within a screen and without a flood."""
    details = []
    turns = [exchange for exchange in play.exchanges if exchange.replies]
    for exchange in turns:
        sizes = [units(reply) for reply in exchange.replies]
        if max(sizes) > TEXT:
            details.append(f"{max(sizes)} units, WhatsApp takes {TEXT}: after {exchange.did[:40]!r}")
        elif max(sizes) > A_SCREEN:
            details.append(f"{max(sizes)} units, more than a screen: after {exchange.did[:40]!r}")
        if len(sizes) > AT_ONCE:
            details.append(f"{len(sizes)} messages at once: after {exchange.did[:40]!r}")
    value = 1 - min(len(details), len(turns)) / len(turns) if turns else None
    passed = None if not turns else not details
    return Score(scorer=NAME, passed=passed, value=value, details=tuple(details))
