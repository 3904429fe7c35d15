"""Spans sent to an OpenTelemetry collector over HTTP; imported only when traces are on."""

import os
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from urllib.parse import urlsplit

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Link, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from structlog.contextvars import bound_contextvars

from app.settings import TraceSettings
from app.tracing import Attribute, Side

PATH = "/v1/traces"  # of OTLP over HTTP, when the endpoint names only a machine
SECONDS = 5  # a batch may take to be sent; the process waits so long at its end
KINDS: dict[Side, SpanKind] = {
    "internal": SpanKind.INTERNAL, "server": SpanKind.SERVER, "client": SpanKind.CLIENT, "consumer": SpanKind.CONSUMER,
}  # fmt: skip
ENTRIES: tuple[Side, ...] = ("server", "consumer")


class OtlpTracer:
    """`app.tracing.Tracer` on OpenTelemetry's SDK; batches leave from a thread of their own."""

    def __init__(self, settings: TraceSettings) -> None:
        exporter = OTLPSpanExporter(endpoint(settings.endpoint), headers=_headers(settings), timeout=SECONDS)
        self._provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(settings.sample)),
            resource=Resource.create(_process(settings)),
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("recado")
        self._format = TraceContextTextMapPropagator()

    @contextmanager
    def span(
        self, name: str, side: Side, parent: str | None, links: Iterable[str], attributes: dict[str, Attribute]
    ) -> Iterator[None]:
        """Open a span, and let the log name its trace meanwhile."""
        started = self._tracer.start_as_current_span(
            name,
            context=self._context(parent, side),
            kind=KINDS[side],
            attributes={f"recado.{key}": value for key, value in attributes.items()},
            links=[Link(found) for found in map(self._span_context, links) if found.is_valid],
            record_exception=False,  # its words may quote what a person wrote
            set_status_on_exception=False,
        )
        with started as span, bound_contextvars(trace=trace.format_trace_id(span.get_span_context().trace_id)):
            try:
                yield
            except BaseException as error:
                span.set_status(Status(StatusCode.ERROR, type(error).__name__))
                raise

    def current(self) -> str | None:
        """The open span as a traceparent."""
        carrier: dict[str, str] = {}
        self._format.inject(carrier)
        return carrier.get("traceparent")

    def close(self) -> None:
        """Send the last batch."""
        self._provider.shutdown()

    def _context(self, parent: str | None, side: Side) -> Context | None:
        """What the span is a child of: `parent`, nothing where work comes in from outside, else the open span."""
        if parent:
            return self._format.extract({"traceparent": parent}, context=Context())
        return Context() if side in ENTRIES else None

    def _span_context(self, link: str) -> trace.SpanContext:
        return trace.get_current_span(self._context(link, "internal")).get_span_context()


def endpoint(configured: str) -> str:
    """Where batches go: the address as it is, or with OTLP's own path when it has none."""
    return configured if urlsplit(configured).path.strip("/") else configured.rstrip("/") + PATH


def _headers(settings: TraceSettings) -> dict[str, str]:
    """`name=value,name=value`, as OpenTelemetry's own variables spell it."""
    pairs = (pair.partition("=") for pair in settings.headers.get_secret_value().split(",") if "=" in pair)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _process(settings: TraceSettings) -> dict[str, str]:
    """Which of our processes a span comes from."""
    instance = f"{socket.gethostname()}-{os.getpid()}"
    return {"service.name": settings.service, "service.version": _version(), "service.instance.id": instance}


def _version() -> str:
    try:
        return version("recado")
    except PackageNotFoundError:  # run from its folder
        return "source"
