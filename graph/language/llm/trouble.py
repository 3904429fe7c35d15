"""What goes wrong at an endpoint, translated in one place: whatever a client, a proxy or a half-compatible server does.

Never the provider's own words in the message: they may quote what a person wrote.
"""

from collections.abc import Mapping

import httpx2
import openai

from graph.language.llm.errors import DeclinedError, MalformedError, ModelError, RejectedError, UnavailableError

NOT_TAKEN = frozenset({400, 404, 405, 415, 422, 500, 501})  # 500: some servers break over a schema they do not know
SPENT = ("insufficient_quota", "billing", "credit", "quota exceeded")
TOO_LONG = ("context_length", "context length", "maximum context", "too many tokens", "prompt is too long")
FILTERED = ("content_filter", "content management policy", "responsible ai")


class NotTakenError(UnavailableError):
    """The endpoint understood the call and did not take its form: another way of asking may do."""

    def __init__(self, status: int, about: str) -> None:
        super().__init__("broken" if status == 500 else "bad_request", str(status))
        self.status, self.about = status, about  # `about` is the provider's text: looked at, never logged


def translated(error: Exception) -> ModelError:
    """The reaction that an error calls for."""
    found: ModelError
    match error:
        case openai.LengthFinishReasonError():
            found = MalformedError("cut_short")
        case openai.ContentFilterFinishReasonError():
            found = DeclinedError("filtered")
        case openai.APITimeoutError() | TimeoutError() | httpx2.TimeoutException():
            found = UnavailableError("too_slow")
        case openai.APIStatusError():
            found = _by_status(error)
        case openai.APIConnectionError() | httpx2.HTTPError() | OSError():
            found = UnavailableError("unreachable", type(error).__name__)
        case _:
            found = UnavailableError("not_an_answer", type(error).__name__)
    return found


def _by_status(error: openai.APIStatusError) -> ModelError:
    status, told = error.status_code, _told(error)
    retry_after = _retry_after(error.response.headers)
    found: ModelError = UnavailableError("broken", str(status), retry_after)
    if status in {401, 403}:
        found = RejectedError("key_refused", str(status))
    elif status == 429:
        spent = any(word in told for word in SPENT)
        found = RejectedError("quota_used_up") if spent else UnavailableError("throttled", retry_after=retry_after)
    elif 300 <= status < 400:
        found = RejectedError("redirects", str(status))
    elif status == 413 or any(word in told for word in TOO_LONG):
        found = DeclinedError("too_long")
    elif any(word in told for word in FILTERED):
        found = DeclinedError("filtered")
    elif status in NOT_TAKEN:
        found = NotTakenError(status, told)
    return found


def _told(error: openai.APIStatusError) -> str:
    """What the provider said, for looking up words in it."""
    return f"{error.message} {error.code or ''}".casefold()[:4000]


def _retry_after(headers: Mapping[str, str]) -> float | None:
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers[name]) * unit)
        except (KeyError, ValueError):
            continue
    return None
