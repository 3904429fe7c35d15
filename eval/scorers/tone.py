"""Whether the bot sounds like a kind colleague: rules as data, over its own words only."""

import re
from functools import cache
from pathlib import Path

import yaml

from eval.cases.conversation import ConversationCase
from eval.playing import Play
from eval.record import Score
from eval.scorers.citations import SOURCE

NAME = "tone"
RULES = Path(__file__).with_name("tone.yaml")
MOST_EXCLAMATIONS = 4  # in one message


def score(_case: ConversationCase, play: Play) -> Score:
    """Every rule that a reply breaks, with the words that break it."""
    replies = [
        _own_words(reply) for exchange in play.exchanges if exchange.who != "agent" for reply in exchange.replies
    ]
    details = []
    for reply in replies:
        for rule, pattern in rules():
            details += [f"{rule}: {found[0]!r}" for found in pattern.finditer(reply)]
        if reply.count("!") > MOST_EXCLAMATIONS:
            details.append(f"shouts: {reply.count('!')} exclamation marks")
    passed = None if not replies else not details
    value = None if not replies else float(not details)
    return Score(scorer=NAME, passed=passed, value=value, details=tuple(dict.fromkeys(details)))


@cache
def rules() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The shipped rules, compiled."""
    listed = yaml.safe_load(RULES.read_text("utf-8"))
    return tuple((each["rule"], re.compile(p, re.IGNORECASE)) for each in listed for p in each["patterns"])


def _own_words(reply: str) -> str:
    """Without what is quoted: an article's text, the employee's words in quotation marks and summaries."""
    if SOURCE.search(reply):
        return ""
    lines = (line for line in reply.splitlines() if not line.startswith(("[", "•", ">", "📋")))
    return re.sub(r"“[^”]*”|\*[^*]*\*|_[^_]*_", " ", "\n".join(lines))
