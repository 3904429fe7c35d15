"""What one message leads to is one trace, from the webhook to the send, and nobody can be read in it."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from app.settings import TraceSettings
from app.tracing import TRACES
from tests.collector import Collector, collecting
from tests.e2e.conftest import open_town

EMAIL = "rogerio.nunes@ipe.example"


@dataclass(frozen=True)
class Played:
    """A conversation that is over, and the spans of it."""

    collector: Collector
    who: str
    code: str


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def played(founded, tmp_path_factory, free_port) -> AsyncIterator[Played]:
    """Somebody proves who they are, asks something and says too much, in a town that is traced."""
    data_dir = tmp_path_factory.mktemp("traced") / "data"
    shutil.copytree(founded, data_dir)
    async with collecting(free_port()) as collector:
        TRACES.start(TraceSettings(endpoint=collector.url))
        try:
            async with open_town(data_dir, free_port()) as town:
                who = await town.employee(EMAIL)
                await town.hear(who, said="minha senha secretíssima é batata42")
                await town.hear(who, said="como peço um crachá novo?")
                await town.emulator.settled()
                code = town.mailbox.messages(EMAIL)[0].code or ""
        finally:
            await asyncio.to_thread(TRACES.stop)
        yield Played(collector, who, code)


@pytest.mark.asyncio(loop_scope="module")
async def test_a_message_is_one_trace_from_webhook_to_send(played):
    collector = played.collector
    answered = max(collector.named("search"), key=lambda span: span.start_time_unix_nano)
    paths = {tuple(collector.path(span)) for span in collector.spans if span.trace_id == answered.trace_id}
    assert ("webhook", "turn", "node search", "search") in paths
    assert ("webhook", "turn", "node understand", "engine understand") in paths
    assert ("webhook", "turn", "deliver message", "whatsapp POST messages") in paths
    assert {path[0] for path in paths} == {"webhook"}, "nothing stands alone"


@pytest.mark.asyncio(loop_scope="module")
async def test_a_code_s_mail_belongs_to_the_trace_of_whoever_asked_for_it(played):
    collector = played.collector
    assert collector.path(collector.one("smtp send")) == ["webhook", "turn", "deliver mail", "smtp send"]


@pytest.mark.asyncio(loop_scope="module")
async def test_no_trace_tells_who_wrote_or_what(played):
    assert played.collector.spans
    for secret in (played.who, EMAIL, "rogerio", "batata42", "crachá", played.code):
        assert secret.encode() not in played.collector.raw, secret
    values = " ".join(str(each.value) for span in played.collector.spans for each in span.attributes)
    assert not re.search(r"\d{8,}", values)
