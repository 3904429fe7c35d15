"""Why a model's answer cannot be used, one class per reaction.

ModelError
├── MalformedError     it answered, but not what was asked for: worth one more try, told what was wrong
├── DeclinedError      it will not answer this (refusal, filter, too long): asking again changes nothing
├── UnavailableError   it did not answer: throttled, broken, too slow; `retry_after` when it said so
├── RejectedError      it does not take us at all: key, quota, model's name; only an operator can help
└── SpentError         the turn's or the day's budget, or the turn's time, is used up
"""


class ModelError(Exception):
    """`reason` is one word for logs, metrics and reports; it never quotes what a person wrote."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason, self.detail = reason, detail


class MalformedError(ModelError):
    """The answer is not of the shape asked for; `said` is what came instead."""

    def __init__(self, reason: str, detail: str = "", said: str = "") -> None:
        super().__init__(reason)
        self.detail, self.said = detail, said  # what is wrong goes back to the model, not into a log


class DeclinedError(ModelError):
    """The model or its provider declined to answer this."""


class UnavailableError(ModelError):
    """No answer; `retry_after` seconds when the provider named them."""

    def __init__(self, reason: str, detail: str = "", retry_after: float | None = None) -> None:
        super().__init__(reason, detail)
        self.retry_after = retry_after


class RejectedError(ModelError):
    """The endpoint does not accept this key, this model or this account."""


class SpentError(ModelError):
    """A budget is used up."""
