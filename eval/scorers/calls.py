"""Which effects and reads happened: those that had to, none that must not."""

from eval.cases.conversation import ConversationCase
from eval.playing import Play
from eval.record import Score

NAME = "calls"


def score(case: ConversationCase, play: Play) -> Score:
    """Required and forbidden ones, answers' articles, intents."""
    made = {effect["kind"] for exchange in play.exchanges for effect in exchange.effects}
    made |= {read for exchange in play.exchanges for read in exchange.reads}
    made |= {"search"} if any(exchange.searches for exchange in play.exchanges) else set()
    sources = {article for article, outcome in play.state["answers"] if outcome == "answered"}
    intents = {intent for exchange in play.exchanges for intent in exchange.intents}
    wanted = case.expect
    details = [f"{call} was not called" for call in wanted.calls if call not in made]
    details += [f"{call} was called" for call in wanted.no_calls if call in made]
    if wanted.answers_from and not sources.intersection(wanted.answers_from):
        details.append(
            f"answered from {', '.join(sorted(sources)) or 'nothing'}, not {' or '.join(wanted.answers_from)}"
        )
    if wanted.answered is not None and wanted.answered != bool(sources):
        details.append(f"answered from {', '.join(sorted(sources)) or 'nothing'}")
    details += [f"answered from {article}" for article in wanted.no_answer_from if article in sources]
    details += [f"nothing was understood as {intent}" for intent in wanted.intents if intent not in intents]
    return Score(scorer=NAME, passed=not details, value=float(not details), details=tuple(details))
