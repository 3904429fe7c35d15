"""What can go wrong at the channel, one class per reaction.

BadBodyError            a webhook body that is none: 400
OverloadedError         more than we can serve: 503, tell us again later
SendError               the Cloud API did not take a message
├── ThrottledError      too fast: wait `retry_after`, then this message again ("recipient") or all ("number")
├── UnavailableError    try again later; `ambiguous`: it may have been sent, wait for its status first
├── WindowClosedError   24 hours are over: a template or another way
├── RefusedError        this message can never be sent
└── ChannelStoppedError no message can be sent until a person acts: keep the queue, raise the alarm
"""

from datetime import timedelta
from typing import Literal

from app.errors import RecadoError

WRONG_TYPE = "WhatsApp does not take files of this type"
WRONG_SIZE = "the file is empty or too large for WhatsApp"
FILE_GONE = "the file is not there any more"
"""Why a file was refused before anybody was asked: `app.delivered` has a name for each."""


class BadBodyError(RecadoError):
    """The body is not a WhatsApp webhook."""

    def __init__(self) -> None:
        super().__init__("the body is not a WhatsApp webhook")


class OverloadedError(RecadoError):
    """More messages than can be served; nothing of this delivery was kept. `retry_after` in seconds."""

    def __init__(self, reason: str, retry_after: int) -> None:
        super().__init__(f"refused for {reason}")
        self.reason, self.retry_after = reason, retry_after


class SendError(RecadoError):
    """The Cloud API did not take a message. `code` is Meta's (0 = none given), `status` HTTP's (0 = no response)."""

    alarm = False  # a person should look at it

    def __init__(self, reason: str, *, code: int = 0, status: int = 0) -> None:
        super().__init__(f"{code}: {reason}" if code else reason)
        self.reason = reason
        self.code = code
        self.status = status


class ThrottledError(SendError):
    """Too fast. "recipient": only this person waits (see `rates.pair_pause`); "number": every message waits."""

    def __init__(  # noqa: PLR0913 - one argument per fact of the answer
        self,
        reason: str,
        *,
        code: int = 0,
        status: int = 0,
        scope: Literal["recipient", "number"] = "number",
        retry_after: timedelta = timedelta(seconds=1),
        alarm: bool = False,
    ) -> None:
        super().__init__(reason, code=code, status=status)
        self.scope = scope
        self.retry_after = retry_after
        self.alarm = alarm


class UnavailableError(SendError):
    """Not now. `ambiguous`: the request went out and no verdict came back, so a second try may arrive twice."""

    def __init__(self, reason: str, *, code: int = 0, status: int = 0, ambiguous: bool = False) -> None:
        super().__init__(reason, code=code, status=status)
        self.ambiguous = ambiguous


class WindowClosedError(SendError):
    """The last word of this person is older than 24 hours: only a template is allowed."""


class RefusedError(SendError):
    """Never in this form or never to this person."""


class ChannelStoppedError(SendError):
    """Token, permission, policy, billing or configuration: nothing goes out until a person acts."""

    alarm = True
