"""One source as it is set up: it asks, keeps to its pace, and remembers how it has been doing."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import httpx

from retrieval.passage import Language
from tools.breaker import Breaker
from tools.external.catalogue import DOMAINS, Full, Row
from tools.external.domains import is_loopback
from tools.external.errors import OutsideError, PausedError, RejectedError, UnavailableError
from tools.external.fetching import AGENT, LONGEST_PAUSE, fetch
from tools.external.pace import Pace
from tools.external.snippets import Snippet, at, line, plain, results, snippets

log = logging.getLogger(__name__)

USED_UP = 3_600.0  # seconds; a day's quota that is used up is asked about once an hour
LOW_QUOTA = 20  # questions left of a day's


@dataclass(frozen=True, slots=True)
class Access:
    """What an operator set for one source; `base_url` is checked before (`domains.trouble_with`)."""

    name: str
    base_url: str
    key: str = ""
    per_minute: int = 20


class Source:
    """A row of the table with its access. Use `close` when done."""

    def __init__(
        self, row: Row, access: Access, domains: Sequence[str], clock: Callable[[], float] = monotonic
    ) -> None:
        self.name, self.row = access.name, row
        self._access, self._domains = access, domains
        self.breaker, self.pace = Breaker(clock), Pace(access.per_minute, clock)
        self.quota: int | None = None  # questions left today, when the source tells
        host = urlsplit(access.base_url).hostname or ""
        # A proxy from the environment is right for the internet and wrong for a server on this machine.
        self._http = httpx.AsyncClient(follow_redirects=False, trust_env=not is_loopback(host), cookies=None)

    @property
    def state(self) -> str:
        """How it does, for health."""
        told = [self.breaker.reason or "ok"]
        if self.pace.pause:
            told.append(f"left alone for {self.pace.pause:.0f} s")
        if self.quota is not None:
            told.append(f"{self.quota} questions left")
        return ", ".join(told)

    def may_be_asked(self) -> bool:
        """Whether to ask now; a yes is counted."""
        return not self.breaker.open and self.pace.admit() and self.breaker.lets_through()

    async def ask(self, query: str, language: Language) -> tuple[Snippet, ...]:
        """Results whose pages may be shown.

        Raises:
            OutsideError: when there is no answer; the source has taken note of it.
        """
        try:
            found = await self._found(query, language)
        except PausedError as error:
            self.pace.leave_alone(error.seconds)
            self.breaker.failed(error.reason)
            raise
        except OutsideError as error:
            self.failed(error.reason, for_long=isinstance(error, RejectedError))
            raise
        self.breaker.worked()
        return found

    def failed(self, reason: str, *, for_long: bool = False) -> None:
        """Take note of a failure; the first is logged, without the question."""
        if self.breaker.reason != reason:
            log.warning("The outside source %s %s.", self.name, reason)
        self.breaker.failed(reason, for_long=for_long)

    async def close(self) -> None:
        """Let go of connections."""
        await self._http.aclose()

    async def _found(self, query: str, language: Language) -> tuple[Snippet, ...]:
        row, tongue = self.row, self.row.tongues[language]
        values = {"query": query, "tongue": tongue, "key": self._access.key}
        answer = await self._asked(row.path, row.params, values)
        found = snippets(answer, row, tongue, self._domains)
        if row.full and (ids := [one.answer for one in found if one.answer]) and not self.pace.pause:
            found = await self._completed(found, row.full, values | {"ids": ";".join(ids[:5])})
        return tuple(found)

    async def _completed(self, found: list[Snippet], full: Full, values: Mapping[str, str]) -> list[Snippet]:
        """The results that have an answer, with it instead of the question; none when it is not to be had."""
        answer = await self._asked(full.path, full.params, values)
        answers = {str(one.get(full.key)): one for one in results(answer, full.results)}
        return [
            Snippet(
                title=one.title, text=text, url=one.url, host=one.host,
                author=_line(given, full.author) or one.author, licence=_line(given, full.licence) or one.licence,
            )
            for one in found
            if (given := answers.get(one.answer)) and (text := plain(_text(given, full.text)))
        ]  # fmt: skip

    async def _asked(self, path: str, params: Mapping[str, str], values: Mapping[str, str]) -> Any:
        """One question, tried once more when that may help and asking twice does no harm."""
        request = self._request(path, params, values)
        try:
            answer = await fetch(self._http, request)
        except UnavailableError as error:
            if not error.again or self.row.method != "GET":
                raise
            answer = await fetch(self._http, self._request(path, params, values))
        self._heed(answer)
        return answer

    def _request(self, path: str, params: Mapping[str, str], values: Mapping[str, str]) -> httpx.Request:
        row = self.row
        filled = {name: value for name, form in params.items() if (value := _fill(form, values))}
        headers = {"User-Agent": AGENT, "Accept": "application/json", "Accept-Encoding": "gzip"}
        headers |= {name: _fill(form, values) for name, form in row.headers.items()}
        body = {name: self._value(form, values) for name, form in row.body.items()}
        base = self._access.base_url.rstrip("/").replace("{tongue}", values["tongue"])
        return self._http.build_request(
            row.method, base + _fill(path, values), params=filled, headers=headers, json=body or None
        )

    def _value(self, form: str | int, values: Mapping[str, str]) -> Any:
        if form == DOMAINS:
            return list(self._domains)
        return _fill(form, values) if isinstance(form, str) else form

    def _heed(self, answer: Any) -> None:
        """Obey what Stack Exchange says beside its results: `backoff` in seconds, `quota_remaining` of the day."""
        backoff, left = at(answer, "backoff"), at(answer, "quota_remaining")
        if isinstance(backoff, int | float) and backoff > 0:
            self.pace.leave_alone(min(float(backoff), LONGEST_PAUSE))
        if isinstance(left, int):
            if left <= LOW_QUOTA < (self.quota if self.quota is not None else LOW_QUOTA + 1):
                log.warning("The outside source %s answers %d more questions today.", self.name, left)
            self.quota = left
            if left <= 0:
                self.pace.leave_alone(USED_UP)


def _fill(form: str, values: Mapping[str, str]) -> str:
    """A form with its values, in one pass: braces in a question stay braces."""
    return form.format_map(values) if "{" in form else form


def _text(one: Mapping[str, Any], path: str) -> str:
    value = at(one, path)
    return value if isinstance(value, str) else ""


def _line(one: Mapping[str, Any], path: str) -> str:
    return line(_text(one, path), 60)
