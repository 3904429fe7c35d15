"""Traces: webhook, turn, nodes, calls and sends that one message leads to are one trace, across processes.

Off unless an endpoint is set; then nothing of OpenTelemetry is imported and a span costs a function call. What goes on
a span is ids and names, never what somebody wrote or who they are.
"""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Literal, Protocol

from app.settings import TraceSettings

Side = Literal["internal", "server", "client", "consumer"]  # of the conversation with another program
Attribute = str | int | float | bool

NOTHING: AbstractContextManager[None] = nullcontext()


class Tracer(Protocol):
    """What makes spans."""

    def span(
        self, name: str, side: Side, parent: str | None, links: Iterable[str], attributes: dict[str, Attribute]
    ) -> AbstractContextManager[None]:
        """A span around a piece of work; a child of `parent` (a W3C traceparent) or of the span it is opened in."""
        ...

    def current(self) -> str | None:
        """The open span as a W3C traceparent."""
        ...

    def close(self) -> None:
        """Send what was not sent yet."""
        ...


class Traces:
    """This process's traces; see `TRACES`."""

    def __init__(self) -> None:
        self._tracer: Tracer | None = None

    def start(self, settings: TraceSettings) -> None:
        """Begin to trace if an endpoint is set."""
        if not settings.endpoint:
            return
        from app.otlp import OtlpTracer  # noqa: PLC0415 -- 0.1 s and 11 MB for those who trace

        self._tracer = OtlpTracer(settings)

    def stop(self) -> None:
        """Send what is left; after this spans cost nothing again."""
        tracer, self._tracer = self._tracer, None
        if tracer is not None:
            tracer.close()

    @contextmanager
    def running(self, settings: TraceSettings) -> Iterator[None]:
        """Trace for as long as the process works."""
        self.start(settings)
        try:
            yield
        finally:
            self.stop()

    @property
    def on(self) -> bool:
        """Whether anything is traced."""
        return self._tracer is not None

    def span(
        self,
        name: str,
        *,
        side: Side = "internal",
        parent: str | None = None,
        links: Iterable[str] = (),
        **attributes: Attribute,
    ) -> AbstractContextManager[None]:
        """A span around a piece of work; errors that pass through it mark it, without their words."""
        if self._tracer is None:
            return NOTHING
        return self._tracer.span(name, side, parent, links, attributes)

    def current(self) -> str | None:
        """The open span, to be kept with work that somebody else continues; None when nothing is traced."""
        return self._tracer.current() if self._tracer is not None else None


TRACES = Traces()
"""Of this process, as its metrics and its log are."""
