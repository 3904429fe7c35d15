"""Traces as a collector gets them: real OTLP over HTTP, decoded on the other side of the wire."""

import asyncio
import io
import json
import logging
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from pydantic import SecretStr

from app.log import line_handler
from app.otlp import endpoint
from app.settings import TraceSettings
from app.tracing import NOTHING, TRACES
from tests.collector import Collector, collecting

ROOT = Path(__file__).parents[2]
BY_ITSELF = (
    "import sys, app.serve, app.main, app.inbox; "
    "print([name for name in sys.modules if name.startswith('opentelemetry')])"
)


@pytest.fixture
async def collector(free_port) -> AsyncIterator[Collector]:
    async with collecting(free_port()) as collector:
        yield collector


@pytest.fixture
async def traced(collector) -> AsyncIterator[Collector]:
    TRACES.start(TraceSettings(endpoint=collector.url))
    yield collector
    TRACES.stop()


async def sent() -> None:
    """Stop tracing: everything is at the collector afterwards."""
    await asyncio.to_thread(TRACES.stop)


def test_without_an_endpoint_nothing_is_traced_and_nothing_is_made():
    TRACES.start(TraceSettings())
    assert not TRACES.on
    assert TRACES.span("anything", side="server", parent="x", outbox=1) is NOTHING
    assert TRACES.current() is None


def test_a_receiver_that_does_not_trace_never_imports_opentelemetry():
    told = subprocess.run([sys.executable, "-c", BY_ITSELF], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


async def test_work_done_in_a_span_is_its_child_also_in_tasks_and_threads(traced):
    async def in_a_task() -> None:
        with TRACES.span("task"):
            await asyncio.to_thread(in_a_thread)

    def in_a_thread() -> None:
        with TRACES.span("thread"):
            pass

    with TRACES.span("root", side="server"):
        await asyncio.create_task(in_a_task())
    await sent()
    assert traced.path(traced.one("thread")) == ["root", "task", "thread"]


async def test_what_comes_from_outside_begins_a_trace_of_its_own_wherever_it_is_opened(traced):
    with TRACES.span("webhook", side="server"), TRACES.span("turn", side="consumer"):
        pass
    await sent()
    assert traced.one("turn").trace_id != traced.one("webhook").trace_id


async def test_a_trace_goes_on_from_what_was_kept_of_it(traced):
    with TRACES.span("webhook", side="server"):
        kept = TRACES.current()
    with TRACES.span("other", side="server"):
        another = TRACES.current()
    with TRACES.span("turn", side="consumer", parent=kept, links=[another, "rubbish"]):
        pass
    await sent()
    turn = traced.one("turn")
    assert traced.path(turn) == ["webhook", "turn"]
    assert [link.trace_id for link in turn.links] == [traced.one("other").trace_id]


async def test_a_parent_that_cannot_be_read_is_none(traced):
    with TRACES.span("turn", side="consumer", parent="rubbish"):
        pass
    await sent()
    assert not traced.one("turn").parent_span_id


async def test_an_error_marks_the_span_by_its_kind_and_keeps_its_words_out(traced):
    with pytest.raises(ValueError, match="hunter2"), TRACES.span("turn"):
        int("hunter2")
    await sent()
    assert traced.one("turn").status.code == Status.STATUS_CODE_ERROR
    assert traced.one("turn").status.message == "ValueError"
    assert b"hunter2" not in traced.raw


async def test_facts_are_attributes_of_ours_and_the_side_is_the_kind(traced):
    with TRACES.span("deliver", side="client", outbox=7, engine="offline"):
        pass
    await sent()
    attributes = {each.key: each.value for each in traced.one("deliver").attributes}
    assert attributes["recado.outbox"].int_value == 7
    assert attributes["recado.engine"].string_value == "offline"
    assert traced.one("deliver").kind == Span.SPAN_KIND_CLIENT


async def test_log_lines_name_the_trace_they_belong_to(traced):
    stream = io.StringIO()
    handler = line_handler(stream, as_json=True)
    with TRACES.span("turn"):
        handler.handle(logging.LogRecord("x", logging.INFO, "x.py", 1, "hello", (), None))
    await sent()
    assert json.loads(stream.getvalue())["trace"] == traced.one("turn").trace_id.hex()


async def test_a_share_of_zero_keeps_whole_traces_out(collector):
    TRACES.start(TraceSettings(endpoint=collector.url, sample=0))
    with TRACES.span("webhook", side="server"):
        kept = TRACES.current()
    with TRACES.span("turn", side="consumer", parent=kept):
        pass
    await sent()
    assert collector.spans == []


async def test_headers_of_the_endpoint_are_sent_along(collector):
    TRACES.start(TraceSettings(endpoint=collector.url, headers=SecretStr("authorization=Bearer x, X-Team=recado")))
    with TRACES.span("turn"):
        pass
    await sent()
    assert collector.headers[0]["authorization"] == "Bearer x"
    assert collector.headers[0]["x-team"] == "recado"


async def test_a_collector_that_is_away_delays_and_breaks_nothing(free_port):
    TRACES.start(TraceSettings(endpoint=f"http://127.0.0.1:{free_port()}"))
    with TRACES.span("turn"):
        pass
    await asyncio.wait_for(sent(), 30)
    assert not TRACES.on


@pytest.mark.parametrize(("given", "used"), [
    ("http://collector:4318", "http://collector:4318/v1/traces"),
    ("http://collector:4318/", "http://collector:4318/v1/traces"),
    ("https://otel.example/x/v1/traces", "https://otel.example/x/v1/traces"),
])  # fmt: skip
def test_an_endpoint_may_be_a_machine_or_a_whole_address(given, used):
    assert endpoint(given) == used
