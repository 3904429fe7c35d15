"""Meta's error codes and the one reaction to each (developers.facebook.com, WhatsApp error codes, 2026)."""

from datetime import timedelta
from enum import Enum, auto
from typing import Literal

from app.whatsapp.errors import (
    ChannelStoppedError,
    RefusedError,
    SendError,
    ThrottledError,
    UnavailableError,
    WindowClosedError,
)

SPAM_PAUSE = timedelta(minutes=15)  # no fast retry: each one makes the number's standing worse
RATE_PAUSE = timedelta(seconds=1)


class Reaction(Enum):
    """What the sender does next."""

    STOP = auto()
    SLOW_PAIR = auto()
    SLOW_NUMBER = auto()
    SLOW_ALARM = auto()
    LATER = auto()
    TEMPLATE = auto()
    NEVER = auto()


REACTIONS: dict[int, Reaction] = {
    **dict.fromkeys((190, 3, 10, *range(200, 300), 131005), Reaction.STOP),  # token, permission
    **dict.fromkeys((368, 131031, 130497), Reaction.STOP),  # policy, locked, country
    **dict.fromkeys((131042, 131045, 133010, 131037), Reaction.STOP),  # billing, certificate, registration, name
    131056: Reaction.SLOW_PAIR,
    **dict.fromkeys((4, 80007, 130429), Reaction.SLOW_NUMBER),
    **dict.fromkeys((131048, 131064), Reaction.SLOW_ALARM),  # spam, messaging limit
    **dict.fromkeys((1, 2, 131000, 131016, 131057, 133004), Reaction.LATER),
    131047: Reaction.TEMPLATE,
    **dict.fromkeys((33, 100, 131008, 131009, 131051, 135000), Reaction.NEVER),  # our request is wrong
    **dict.fromkeys((131021, 131026, 131030, 131062), Reaction.NEVER),  # this recipient
    **dict.fromkeys((130472, 131049, 131050), Reaction.NEVER),  # marketing
    **dict.fromkeys((131052, 131053), Reaction.NEVER),  # media
    **dict.fromkeys((132000, 132001, 132005, 132007, 132012, 132015, 132016, 132068, 132069), Reaction.NEVER),
}
SIMPLE: dict[Reaction, type[SendError]] = {
    Reaction.STOP: ChannelStoppedError,
    Reaction.TEMPLATE: WindowClosedError,
    Reaction.NEVER: RefusedError,
}
MISSING_OBJECT = 33  # subcode of 100: the number is gone or the token may not see it


def reaction(code: int, *, status: int = 0, subcode: int = 0) -> Reaction:
    """What to do about a code; an unknown one is judged by its HTTP status (0: it came by webhook)."""
    if code == 100 and subcode == MISSING_OBJECT:
        return Reaction.STOP
    if code in REACTIONS:
        return REACTIONS[code]
    if status == 429:
        return Reaction.SLOW_NUMBER
    if status in {401, 403, 404, 405}:
        return Reaction.STOP
    if status >= 500 or 300 <= status < 400 or status == 408:
        return Reaction.LATER
    return Reaction.NEVER


def error_for(
    code: int, reason: str, *, status: int = 0, subcode: int = 0, retry_after: timedelta | None = None
) -> SendError:
    """The error to raise or to settle a failed message with.

    `status` is HTTP's, 0 for errors that came by status webhook. 5xx and 408 are ambiguous: the request was taken in.
    """
    what = reaction(code, status=status, subcode=subcode)
    if what in SIMPLE:
        return SIMPLE[what](reason, code=code, status=status)
    if what is Reaction.LATER:
        return UnavailableError(reason, code=code, status=status, ambiguous=status >= 500 or status == 408)
    pause = SPAM_PAUSE if what is Reaction.SLOW_ALARM else retry_after or RATE_PAUSE
    scope: Literal["recipient", "number"] = "recipient" if what is Reaction.SLOW_PAIR else "number"
    alarm = what is Reaction.SLOW_ALARM
    return ThrottledError(reason, code=code, status=status, scope=scope, retry_after=pause, alarm=alarm)
