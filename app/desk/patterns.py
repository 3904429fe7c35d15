"""Whether a regular expression of the catalogue is one, and cannot be made to run for ever by what somebody writes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST = 200  # characters
MOST_OPEN = 2  # repeats without a near end: each multiplies the time by the length of the text
NEAR = 50  # times; what repeats more often counts as without an end
FIXED = re.compile(r"\{\d{1,2}\}")
TOKEN = re.compile(
    r"(?P<escaped>\\.)"
    r"|(?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])|(?P<opens>\((?:\?:)?)|(?P<closes>\))"
    r"|(?P<repeat>[*+?]|\{\d*,?\d*\})|(?P<either>\|)|(?P<other>.)",
    re.DOTALL,
)


@dataclass(slots=True)
class _Group:
    repeats: bool = False
    branches: bool = False


def trouble_with(pattern: str) -> str:
    """Name what is wrong with a pattern: long, malformed, unsafe; "" when it may be used."""
    if len(pattern) > LONGEST:
        return "long"
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return "malformed"
    return "" if _is_tame(pattern) else "unsafe"


def _is_tame(pattern: str) -> bool:
    """No repeat of what varies or branches, no reference back, no looking around, few repeats without an end."""
    if re.search(r"\\[1-9]|\(\?[^:]", pattern):
        return False
    open_repeats, groups, closed = 0, [_Group()], None
    for kind, text in _tokens(pattern):
        if kind == "opens":
            groups.append(_Group())
        elif kind == "either":
            groups[-1].branches = True
        elif kind == "repeat":
            if text != "?" and closed is not None and (closed.repeats or closed.branches):
                return False
            groups[-1].repeats |= not FIXED.fullmatch(text)
            open_repeats += _is_open(text)
        if kind == "closes":
            closed = groups.pop()
            groups[-1].repeats |= closed.repeats
            groups[-1].branches |= closed.branches
        else:
            closed = None
    return open_repeats <= MOST_OPEN


def _tokens(pattern: str) -> Iterator[tuple[str, str]]:
    for found in TOKEN.finditer(pattern):
        yield found.lastgroup or "", found.group()


def _is_open(repeat: str) -> bool:
    if repeat in "*+?":
        return repeat != "?"
    least, _, most = repeat.strip("{}").partition(",")
    times = most if "," in repeat else least
    return not times or int(times) > NEAR
