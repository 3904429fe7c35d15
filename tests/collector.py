"""An OpenTelemetry collector for tests: takes OTLP over HTTP on loopback and keeps the spans."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import uvicorn
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


@dataclass
class Collector:
    """Takes batches and keeps their spans."""

    url: str
    spans: list[Span] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    raw: bytes = b""
    instance: dict[bytes, str] = field(default_factory=dict)  # span id -> the process it came from

    async def take(self, request: Request) -> Response:
        body = await request.body()
        self.raw += body
        self.headers.append(dict(request.headers))
        batch = ExportTraceServiceRequest.FromString(body)
        for resource in batch.resource_spans:
            named = {each.key: each.value.string_value for each in resource.resource.attributes}
            spans = [span for scope in resource.scope_spans for span in scope.spans]
            self.spans += spans
            self.instance |= {span.span_id: named["service.instance.id"] for span in spans}
        return Response(media_type="application/x-protobuf")

    def named(self, name: str) -> list[Span]:
        return [span for span in self.spans if span.name == name]

    def one(self, name: str) -> Span:
        (span,) = self.named(name)
        return span

    def path(self, span: Span) -> list[str]:
        """Names from the trace's root to the span; fails when a parent is missing."""
        by_id = {each.span_id: each for each in self.spans}
        names = [span.name]
        while span.parent_span_id:
            span = by_id[span.parent_span_id]
            names.append(span.name)
        return names[::-1]


@asynccontextmanager
async def collecting(port: int) -> AsyncIterator[Collector]:
    collector = Collector(f"http://127.0.0.1:{port}")
    app = Starlette(routes=[Route("/v1/traces", collector.take, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield collector
    server.should_exit = True
    await serving
