"""What is counted, and that the handbook says all of it."""

import re
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from prometheus_client.metrics import MetricWrapperBase

from app import metrics
from app.delivery import outcome_of
from app.watched import WatchedEngine, WatchedKnowledge
from app.whatsapp.errors import (
    ChannelStoppedError,
    RefusedError,
    ThrottledError,
    UnavailableError,
    WindowClosedError,
)
from retrieval.passage import Retrieval

HANDBOOK = Path(__file__).parents[2] / "docs" / "operations.md"


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0


def listed() -> dict[str, tuple[str, ...]]:
    """The metrics of the handbook's table, with their labels."""
    table = HANDBOOK.read_text(encoding="utf8").partition("<!-- metrics:begin -->")[2].partition("<!-- metrics:end")[0]
    rows = re.findall(r"^\| `(\w+)` \| ([\w, ]*)\|", table, re.MULTILINE)
    return {name: tuple(filter(None, (label.strip() for label in labels.split(",")))) for name, labels in rows}


def registered() -> dict[str, tuple[str, ...]]:
    found = [each for each in vars(metrics).values() if isinstance(each, MetricWrapperBase)]
    total = {"counter": "_total"}
    return {one.describe()[0].name + total.get(one.describe()[0].type, ""): one._labelnames for one in found}


def test_the_handbook_lists_every_metric_with_its_labels_and_no_other():
    assert listed() == registered()


def test_the_alerts_ask_for_metrics_and_labels_that_there_are():
    alerts = HANDBOOK.read_text(encoding="utf8").partition("## Alerts")[2]
    known = registered()
    for name, labels in re.findall(r"(recado_\w+?)(?:_bucket)?(?:\{(\w+)=~?\"[^\"]+\"\})?(?=[\[\)\s])", alerts):
        assert name in known, name
        assert not labels or labels in known[name], (name, labels)


def test_what_an_alert_counts_is_there_before_it_happens():
    for name, labels in (("recado_turns_total", {"outcome": "given_up"}), ("recado_shed_total", {"reason": "full"})):
        assert REGISTRY.get_sample_value(name, labels) is not None


@pytest.mark.parametrize(("error", "outcome"), [
    (ThrottledError("x"), "throttled"), (UnavailableError("x"), "unavailable"),
    (UnavailableError("x", ambiguous=True), "ambiguous"), (WindowClosedError("x"), "window_closed"),
    (RefusedError("x"), "refused"), (ChannelStoppedError("x"), "stopped"),
])  # fmt: skip
def test_a_send_has_the_outcome_that_its_error_stands_for(error, outcome):
    assert outcome_of(error) == outcome


class Engine:
    """Says one thing, or fails."""

    name = "scripted"

    def __init__(self, trouble: Exception | None = None) -> None:
        self.trouble = trouble

    async def summarise(self, lines, language, *, limit) -> str:
        if self.trouble:
            raise self.trouble
        return f"{len(lines)} {language} {limit}"

    understand = fill = answer = summarise


class Knowledge:
    async def search(self, question, language, *, groups=(), limit=5) -> Retrieval:
        return Retrieval(query=f"{question} {groups} {limit}", passages=(), probability=0, band="none")

    article = search


async def test_a_call_of_the_engine_is_counted_and_its_answer_is_untouched():
    before = counted("recado_engine_calls_total", engine="scripted", call="summarise", outcome="done")
    assert await WatchedEngine(Engine()).summarise((), "es", limit=7) == "0 es 7"
    assert counted("recado_engine_calls_total", engine="scripted", call="summarise", outcome="done") == before + 1


async def test_a_call_that_fails_is_counted_and_still_fails():
    before = counted("recado_engine_calls_total", engine="scripted", call="summarise", outcome="failed")
    with pytest.raises(TimeoutError):
        await WatchedEngine(Engine(TimeoutError())).summarise((), "es", limit=7)
    assert counted("recado_engine_calls_total", engine="scripted", call="summarise", outcome="failed") == before + 1


async def test_a_search_is_counted_by_its_band():
    before = counted("recado_retrievals_total", band="none")
    found = await WatchedKnowledge(Knowledge()).search("vpn", "en", groups=("a",), limit=3)
    assert found.query == "vpn ('a',) 3"
    assert counted("recado_retrievals_total", band="none") == before + 1
