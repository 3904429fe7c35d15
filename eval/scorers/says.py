"""What the bot's words hold, and what they must not."""

from eval.cases.conversation import ConversationCase
from eval.cases.loose import found_in
from eval.playing import Play
from eval.record import Score

NAME = "says"


def score(case: ConversationCase, play: Play) -> Score:
    """The words wanted and unwanted: of the whole conversation, and of single turns."""
    details = [f"never says {pattern!r}" for pattern in case.expect.says if not found_in(pattern, play.said)]
    details += [f"says {pattern!r}" for pattern in case.expect.never if found_in(pattern, play.said)]
    spoken = [exchange for exchange in play.exchanges if exchange.who != "time" or exchange.replies]
    steps = [step for step in case.turns if step.wait is None and not step.other]
    for number, (step, exchange) in enumerate(zip(steps, spoken, strict=False), start=1):
        words = "\n".join(exchange.replies)
        place = f"turn {number} ({exchange.did[:40]!r})"
        details += [f"{place} lacks {p!r}: {words[:160]!r}" for p in step.expect.says if not found_in(p, words)]
        details += [f"{place} says {p!r}" for p in step.expect.never if found_in(p, words)]
    return Score(scorer=NAME, passed=not details, value=float(not details), details=tuple(details))
