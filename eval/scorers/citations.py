"""Whether answers stand on what was found: their words, numbers and addresses in the passages, the article named."""

import re
from collections.abc import Iterator

from rapidfuzz import fuzz

from eval.cases.conversation import ConversationCase
from eval.playing import Play
from eval.record import Exchange, Score
from graph.language.offline.folding import fold

NAME = "citations"
ALIKE = 90  # rapidfuzz partial ratio of a line to a passage, as the product asks of a quote
SHORTEST = 20  # letters of a line that can be looked for; less is found anywhere
SOURCE = re.compile(r"^📄 \*(.+)\*$", re.MULTILINE)  # how an answer names its article
NUMBER = re.compile(r"\d+(?:[.,:/h-]\d+)*")
STEP = re.compile(r"^\s*(?:\d{1,2}[.)]|[-•*])\s+")
MARKS = re.compile(r"[*_`~#>|]")


def score(_case: ConversationCase, play: Play) -> Score:
    """The share of the answers' lines that the passages hold; without any answer there is nothing to judge."""
    sources = [_plain(text) for text in play.passages.values()]
    lines, unsupported, numbers = 0, [], []
    for text in _answers(play):
        for line in filter(_long_enough, text.splitlines()):
            lines += 1
            if not any(fuzz.partial_ratio(_plain(line), source) >= ALIKE for source in sources):
                unsupported.append(line.strip()[:80])
            numbers += [number for number in NUMBER.findall(STEP.sub("", line)) if not _holds(sources, number)]
    details = [f"not in any passage: {line!r}" for line in unsupported]
    details += [f"a number of no passage: {number}" for number in numbers]
    facts = {"lines": lines, "unsupported": len(unsupported), "numbers": len(numbers)}
    share = 1 - len(unsupported) / lines if lines else None
    passed = None if not lines else not details
    return Score(scorer=NAME, passed=passed, value=share, details=tuple(details), facts=facts)


def _answers(play: Play) -> Iterator[str]:
    """What was said out of an article: the words above its name."""
    for reply in (reply for exchange in play.exchanges if _answered(exchange) for reply in exchange.replies):
        if named := SOURCE.search(reply):
            yield reply[: named.start()]


def _answered(exchange: Exchange) -> bool:
    return any(effect["kind"] == "answer_outcome" for effect in exchange.effects)


def _holds(sources: list[str], number: str) -> bool:
    return any(re.search(rf"(?<!\d){re.escape(number)}(?!\d)", source) for source in sources)


def _long_enough(line: str) -> bool:
    return len(STEP.sub("", line).strip()) >= SHORTEST


def _plain(text: str) -> str:
    return " ".join(MARKS.sub("", fold(STEP.sub("", text))).split())
