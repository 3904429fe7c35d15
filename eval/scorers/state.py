"""How desk and conversation stand afterwards, whatever way led there."""

from collections.abc import Iterator
from typing import Any

from eval.cases.conversation import ConversationCase, WantedChange, WantedRequest
from eval.cases.loose import Patterns, found_in
from eval.playing import Play
from eval.record import Score
from eval.scorers.target import differences

NAME = "state"


def score(case: ConversationCase, play: Play) -> Score:
    """Exactly the requests that were wanted, the changes to those that were there, the conversation.

    Reference actions say which requests are wanted, where `expect` says nothing of them.
    """
    details = [*_changes(case, play), *_conversation(case, play)]
    if play.target is None or case.expect.requests:
        details += _requests(case, play)
    if play.target is not None:
        details += differences(case, play.target, play.state)
    return Score(scorer=NAME, passed=not details, value=float(not details), details=tuple(details))


def _requests(case: ConversationCase, play: Play) -> Iterator[str]:
    new = [row for row in play.state["requests"] if row["number"] not in play.state["given"]]
    left = list(new)
    for wanted in case.expect.requests:
        best = min(left, key=lambda row: len(list(_misfits(wanted, row))), default=None)
        if best is None:
            yield f"no request of {' or '.join(wanted.category)} was opened"
            continue
        left.remove(best)
        yield from (f"request #{best['number']}: {misfit}" for misfit in _misfits(wanted, best))
    yield from (f"request #{row['number']} of {row['category']} was opened and not wanted" for row in left)


def _misfits(wanted: WantedRequest, row: dict[str, Any]) -> Iterator[str]:
    if row["category"] not in wanted.category:
        yield f"its category is {row['category']}, not {' or '.join(wanted.category)}"
    for name, value in wanted.fields.items():
        if not _same(row["fields"].get(name), value):
            yield f"its field {name} is {row['fields'].get(name)!r}, not {value!r}"
    yield from (f"its field {name} is filled" for name in wanted.absent if row["fields"].get(name) is not None)
    for name in ("status", "queue", "priority", "attachments"):
        expected = getattr(wanted, name)
        if expected not in (None, "") and row[name] != expected:
            yield f"its {name} is {row[name]}, not {expected}"
    yield from _lacking("title", wanted.title, [row["title"]])
    yield from _lacking("description", wanted.description, [row["description"]])
    yield from _lacking("comments", wanted.comments, row["comments"])


def _changes(case: ConversationCase, play: Play) -> Iterator[str]:
    rows = {row["number"]: row for row in play.state["requests"]}
    for wanted in case.expect.changes:
        if wanted.request > len(play.state["given"]):
            yield f"there is no given request {wanted.request}"
            continue
        row = rows[play.state["given"][wanted.request - 1]]
        yield from (f"request #{row['number']}: {problem}" for problem in _unlike(wanted, row))


def _unlike(wanted: WantedChange, row: dict[str, Any]) -> Iterator[str]:
    if wanted.untouched and row["touched"]:
        yield "its employee touched it"
    for name in ("status", "rating"):
        expected = getattr(wanted, name)
        if expected is not None and row[name] != expected:
            yield f"its {name} is {row[name]}, not {expected}"
    yield from _lacking("comments", wanted.comments, row["comments"])


def _conversation(case: ConversationCase, play: Play) -> Iterator[str]:
    wanted = case.expect.conversation
    for name in ("verified", "handed_over", "language"):
        expected = getattr(wanted, name)
        if expected is not None and play.state[name] != expected:
            yield f"the conversation's {name} is {play.state[name]}, not {expected}"
    followed = {outage for outage, _ in play.state["followers"]}
    yield from (f"nobody follows the outage {outage}" for outage in case.expect.followers if outage not in followed)


def _lacking(name: str, patterns: Patterns, texts: list[str]) -> Iterator[str]:
    for pattern in patterns:
        if not any(found_in(pattern, text) for text in texts):
            yield f"its {name} lacks {pattern!r}: {' / '.join(texts)[:200]!r}"


def _same(found: Any, wanted: Any) -> bool:
    if isinstance(found, int | float) and isinstance(wanted, int | float):
        return abs(float(found) - float(wanted)) < 1e-9
    if isinstance(wanted, str) and isinstance(found, str):
        return found.casefold().strip() == wanted.casefold().strip()
    if isinstance(wanted, list) and isinstance(found, list):
        return sorted(map(str, wanted)) == sorted(map(str, found))
    return bool(found == wanted)
