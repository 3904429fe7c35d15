"""Why a source outside gave nothing, one class per reaction.

OutsideError
├── UnavailableError  it did not answer: broken, too slow; `again` when one more try may help
├── UnusableError     it answered, but nothing that may be used: another type, too large, another shape
├── PausedError       it wants to be left alone for `seconds`
└── RejectedError     it does not take us at all: key, format, quota; only an operator can help
"""


class OutsideError(Exception):
    """`reason` is a few words for logs, health and the doctor; it never quotes what a person wrote or a site sent."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UnavailableError(OutsideError):
    """No answer this time."""

    def __init__(self, reason: str, *, again: bool = True) -> None:
        super().__init__(reason)
        self.again = again


class UnusableError(OutsideError):
    """An answer that is not taken."""


class PausedError(OutsideError):
    """The source, or our own share of it, is used up for a while."""

    def __init__(self, reason: str, seconds: float) -> None:
        super().__init__(reason)
        self.seconds = seconds


class RejectedError(OutsideError):
    """The source refuses us; `reason` says what an operator should look at."""
