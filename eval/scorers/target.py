"""The world as a conversation left it beside the world as the reference actions leave it, whatever way led there."""

from collections.abc import Iterator
from typing import Any

from eval.cases.conversation import ConversationCase
from eval.cases.loose import found_in

State = dict[str, Any]
ALIKE = ("category", "status", "queue", "priority", "rating", "attachments")


def differences(case: ConversationCase, wanted: State, found: State) -> Iterator[str]:
    """Every difference in requests, outages followed and conversation, for people to read."""
    yield from _given(wanted, found)
    yield from _opened(case, wanted, found)
    for name in ("verified", "handed_over"):
        if wanted[name] != found[name]:
            yield f"the conversation's {name} is {found[name]}; the reference actions leave it {wanted[name]}"
    followed, due = ({tuple(each) for each in state["followers"]} for state in (found, wanted))
    yield from (f"{who} does not follow the outage {outage}" for outage, who in sorted(due - followed))
    yield from (f"{who} follows the outage {outage}, which was not wanted" for outage, who in sorted(followed - due))


def _given(wanted: State, found: State) -> Iterator[str]:
    rows = {row["number"]: row for row in found["requests"]}
    for row in wanted["requests"]:
        if row["number"] in wanted["given"]:
            mine = rows[row["number"]]
            yield from (f"request #{row['number']}: {told}" for told in _unlike(row, mine, frozenset()))


def _opened(case: ConversationCase, wanted: State, found: State) -> Iterator[str]:
    """New requests, each beside the one that is most like it: their numbers may differ."""
    due, left = _new(wanted), _new(found)
    openings = [action.create_request for action in case.reference_actions or () if action.create_request]
    for row, opening in zip(due, openings, strict=True):
        free = frozenset(opening.free)
        best = min(left, key=lambda mine: len(list(_unlike(row, mine, free))), default=None)
        if best is None:
            yield f"no request of {row['category']} was opened"
            continue
        left.remove(best)
        yield from (f"request #{best['number']}: {told}" for told in _unlike(row, best, free))
    yield from (f"request #{row['number']} of {row['category']} was opened and not wanted" for row in left)


def _new(state: State) -> list[State]:
    rows = [row for row in state["requests"] if row["number"] not in state["given"]]
    return sorted(rows, key=lambda row: int(row["number"]))


def _unlike(wanted: State, found: State, free: frozenset[str]) -> Iterator[str]:
    if wanted["employee"] != found["employee"]:
        yield "it is another employee's"
    for name in ALIKE:
        if wanted[name] != found[name]:
            yield f"its {name} is {found[name]}, not {wanted[name]}"
    for name in sorted((wanted["fields"].keys() | found["fields"].keys()) - free):
        due, there = wanted["fields"].get(name), found["fields"].get(name)
        if not _same(due, there):
            yield f"its field {name} is {there!r}, not {due!r}"
    yield from _comments(wanted["comments"], found["comments"])


def _same(wanted: Any, found: Any) -> bool:
    if isinstance(wanted, str) and isinstance(found, str):
        return wanted.casefold().split() == found.casefold().split()
    if isinstance(wanted, list) and isinstance(found, list):
        return sorted(map(str, wanted)) == sorted(map(str, found))
    return bool(wanted == found)


def _comments(wanted: list[str], found: list[str]) -> Iterator[str]:
    left = list(found)
    for words in wanted:
        mine = next((text for text in left if found_in(words, text)), None)
        if mine is None:
            yield f"no comment says {words!r}"
        else:
            left.remove(mine)
    yield from (f"a comment was not wanted: {text[:80]!r}" for text in left)
