"""The parts of the bench: each measures one thing and says what it found in rows."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.bench import ack, at_scale, memory, reindex, starts, turns, whole_way
from tests.bench.company import Founded
from tests.bench.contestants import CONTESTANTS
from tests.bench.page import Report, Table, half_and_most, p, ratio
from tests.bench.whole_way import Seen


@dataclass(frozen=True, slots=True)
class Scale:
    """How much of everything."""

    seconds: float  # of each open-loop rate
    talkers: int  # people who say the whole script one after the other
    rounds: int
    crowd: int  # people a round of the whole way
    starts: int
    memory_turns: int
    articles: int  # that are re-indexed
    chunks: int  # at scale

    def people(self, parts: Sequence[str]) -> int:
        """Who must be verified beforehand."""
        needed = {"turns": self.talkers, "way": 1 + self.rounds * self.crowd, "memory": memory.CROWD}
        return max(needed.get(name, 1) for name in parts)


SHORT = Scale(seconds=4, talkers=17, rounds=3, crowd=14, starts=3, memory_turns=4_800, articles=10_000, chunks=20_000)
LONG = Scale(seconds=20, talkers=51, rounds=7, crowd=41, starts=7, memory_turns=20_000, articles=10_000, chunks=100_000)


@dataclass(frozen=True, slots=True)
class Work:
    """What a part is given."""

    scale: Scale
    founded: Founded
    folder: Path
    report: Report


def acks(work: Work) -> None:
    """Acknowledgements: throughput beside other servers, then latency at given rates."""
    rates = ack.throughput()
    for other, promised in (("asgi", "≥ 45 %"), ("fastapi", "≥ 90 %")):
        by_time, by_cpu = ack.ratio(rates, "recado", other), ack.cpu_ratio(rates, "recado", other)
        shown = f"{by_time:.0%}; {by_cpu:.0%} by processor time"
        work.report.ratios.append((f"acks a second beside {ack.SERVERS[other]}", shown, promised))
    rows = []
    for name in [name for name in ("recado", "postgresql") if name in rates]:
        for rate, promised in ((160, "p99 ≤ 25 ms"), (1000, ""), (2000, "p99 ≤ 100 ms")):
            half, most = ack.latency(name, rate, work.scale.seconds)
            what = f"{ack.SERVERS[name]}, at {rate:,} req/s, p50 / p99"
            rows.append((what, f"{half:.1f} / {most:.1f} ms", promised))
    for name, seen in rates.items():
        shown = f"{median(seen.rounds):,.0f} req/s, {median(seen.cpu_us):.0f} µs of processor time"
        rows.append((f"16 connections: {ack.SERVERS[name]}", shown, ""))
    work.report.tables.append(Table("Acknowledgements", ACKS, ("what", "measured", "promised"), rows))


def stages(work: Work) -> None:
    """A turn's time by stage, and what it leaves in the database."""
    figures = asyncio.run(turns.measure(work.founded.settings, work.folder, work.scale.talkers))
    promised = {"turn": "≤ 15 / ≤ 40 ms"}
    rows = [(name, half_and_most(figures.stages[stage]), promised.get(stage, "")) for stage, name in STAGES.items()]
    searches = [value for value in figures.stages["retrieve"] if value]
    rows.append(("retrieval in the turns that search, p50 / p95", half_and_most(searches), ""))
    growth = (figures.bytes_after - figures.bytes_before) / figures.turns
    rows.append(("database growth a turn", f"{growth:,.0f} bytes", "≤ 4 KB"))
    biggest = sorted(figures.tables.items(), key=lambda pair: -pair[1])[:4]
    tables = ", ".join(f"{name} {size / figures.turns:.0f}" for name, size in biggest)
    rows.append(("· content by table, with indexes", tables or "(no dbstat here)", ""))
    checkpoint = f"{p(figures.checkpoints, 50):,.0f} / {max(figures.checkpoints):,} bytes"
    rows.append(("checkpoint, median / largest (one a conversation)", checkpoint, ""))
    words = TURNS.format(turns=figures.turns)
    work.report.tables.append(Table("A turn by stage, SQLite", words, ("what", "measured", "promised"), rows))


def way(work: Work) -> None:
    """Recado and the stock agent from webhook to delivered reply, and a kill of each."""
    names = [name for name in WAY if work.founded.shared or CONTESTANTS[name].store == "sqlite"]
    seen = asyncio.run(whole_way.measure(names, work.founded, work.folder, work.scale.rounds, work.scale.crowd))
    by_name = dict(zip(names, seen, strict=True))
    for store, shown in (("sqlite", "SQLite"), ("postgresql", "PostgreSQL")):
        if store in by_name:
            work.report.ratios += beside_stock(by_name[store], by_name[f"stock {store}"], shown)
    heads = ("what", *(one.name for one in seen), "promised")
    words = WHOLE_WAY.format(rounds=work.scale.rounds, crowd=work.scale.crowd - 1)
    work.report.tables.append(Table("The whole way", words, heads, way_rows(seen)))


def beside_stock(ours: Seen, stock: Seen, store: str) -> list[tuple[str, str, str]]:
    """How we compare on one store."""
    growth = stock.growth / max(ours.growth, 1)
    return [
        (
            f"full turns a second beside the stock agent, {store}",
            _times(ours.turns_per_second, stock.turns_per_second),
            "",
        ),
        (f"processor time a turn beside the stock agent, {store}", _times(ours.cpu_ms, stock.cpu_ms), ""),
        (f"database growth a turn beside the stock agent, {store}", f"1 : {growth:,.0f}", ""),
        (f"acked and never answered after a kill, {store}", f"{ours.lost} beside {stock.lost} of {stock.acked}", "0"),
    ]


def _times(ours: Sequence[float], others: Sequence[float]) -> str:
    return f"{ratio(ours, others):.2f}"


def way_rows(seen: Sequence[Seen]) -> list[tuple[str, ...]]:
    """A column a contestant."""

    def row(what: str, of: Callable[[Seen], str], promised: str = "") -> tuple[str, ...]:
        return (what, *(of(one) for one in seen), promised)

    return [
        row("full turns a second", lambda one: f"{median(one.turns_per_second):.0f}", "40"),
        row("processor time a turn", lambda one: f"{median(one.cpu_ms):.1f} ms"),
        row("a turn alone, p50 / p95", lambda one: half_and_most(one.alone_ms)),
        row("database growth a turn", lambda one: f"{one.growth:,.0f} bytes", "≤ 4 KB"),
        row("memory at start", lambda one: f"{one.megabytes_at_start:.0f} MB", "≤ 450 MB a worker"),
        row("memory after so many turns", lambda one: f"{one.megabytes_after:.0f} MB ({one.turns:,})"),
        row("unanswered", lambda one: f"{one.unanswered} of {one.turns + one.unanswered:,}", "0"),
        row("after a kill: acked and never answered", lambda one: f"{one.lost} of {one.acked}", "0"),
        row("after a kill: answered twice", lambda one: f"{one.doubled} of {one.acked}", "0"),
    ]


def cold(work: Work) -> None:
    """Cold starts."""
    seen = asyncio.run(starts.measure(work.founded, work.folder, work.scale.starts))
    whole = seen["sqlite"]
    rows = [
        ("the whole service on SQLite takes webhooks", f"{median(whole.live):.1f} s", "≤ 1 s"),
        ("the whole service on SQLite answers", f"{median(whole.ready):.1f} s", "≤ 6 s"),
        ("· its memory", f"{median(whole.megabytes):.0f} MB", ""),
    ]
    if receiver := seen.get("receiver"):
        rows.append(("the receiver alone (PostgreSQL) takes webhooks", f"{median(receiver.live):.1f} s", "≤ 1 s"))
        rows.append(("· its memory", f"{median(receiver.megabytes):.0f} MB", "≤ 60 MB"))
    work.report.tables.append(Table("Cold start", COLD, ("what", "measured", "promised"), rows))


def long_memory(work: Work) -> None:
    """Memory over thousands of turns."""
    looks, unanswered = asyncio.run(memory.measure(work.founded, work.folder, work.scale.memory_turns))
    rows = [(f"after {turns:,} turns", f"{size:.0f} MB", "") for turns, size in looks]
    rows.append(("growth from the first look to the last", f"{looks[-1][1] / looks[0][1] - 1:+.1%}", ""))
    rows.append(("unanswered", f"{unanswered}", "0"))
    work.report.tables.append(Table("Memory", MEMORY, ("what", "measured", "promised"), rows))


def reindexing(work: Work) -> None:
    """What a change of one article in a hundred costs, and whom."""
    found = asyncio.run(reindex.measure(work.scale.articles, work.folder / "reindex"))
    work.report.tables.append(Table("Re-indexing", REINDEX, ("what", "measured", "promised"), reindex.rows(found)))


def scale(work: Work) -> None:
    """A large knowledge base."""
    found = asyncio.run(at_scale.measure(work.scale.chunks, work.folder / "scale"))
    title = f"{work.scale.chunks:,} chunks"
    work.report.tables.append(Table(title, SCALE, ("what", "measured", "promised"), at_scale.rows(found)))


PARTS = {
    "acks": acks, "turns": stages, "way": way, "starts": cold, "memory": long_memory, "reindex": reindexing,
    "scale": scale,
}  # fmt: skip
WAY = ("sqlite", "stock sqlite", "postgresql", "stock postgresql", "two workers")
STAGES = {
    "turn": "turn (load + think + commit), p50 / p95",
    "load": "· load",
    "think": "· think, of which",
    "understand": "·· understand",
    "fill": "·· fill fields",
    "retrieve": "·· retrieve",
    "answer": "·· answer",
    "graph": "·· graph and the rest",
    "commit": "· commit",
    "delivery": "delivery's bookkeeping",
}
ACKS = """\
Recado is the receiver as it ships (signature, every item of the body, contact, inbox, wake-up, in one durable
commit). The other servers check the signature and insert one row: through Recado's writing thread with group commit
(bare ASGI, plain FastAPI), with a commit inline on the loop, or nowhere at all; SQLite, WAL, `synchronous=FULL`. The
rates are kept whether or not the last request was answered (open loop)."""
TURNS = """\
A verified person asks, opens a request with its fields, asks for its status, changes the language, wanders off topic;
embedded language engine, the demo company's index, one at a time, {turns} turns, in the bench itself."""
WHOLE_WAY = """\
Every contestant in processes of its own, an emulated WhatsApp on loopback. Twelve lines of a dialogue: questions,
thanks, a request with its fields, its status, something off topic. In each of {rounds} rounds {crowd} people the
contestant has not met say a line at the same moment, the next when all are answered; then one more person says them
alone. Recado's turn is a webhook, a typing indicator, a reply and its three status webhooks; it waits for nothing
more of a burst here. PostgreSQL's own processor time is not counted. Then everybody asks at once, and when a quarter
is answered all processes are killed (`kill -9`) and started again; what nobody has answered after 35 s without any
reply is lost. PostgreSQL's files are measured with the pages begun and the row versions not yet swept, which weighs
less the longer the run."""
REINDEX = """\
Made-up articles, every tenth of three chunks, through `recado kb sync` as it ships; vectors come from an endpoint of
the bench's own over HTTP, which counts what it must read (and reads three texts again to verify a new
revision). Somebody asks all the while, every 20 ms; builder, endpoint and asker share the cores. Alone:
`python -m tests.bench.reindex 10000`."""
SCALE = """\
Made-up articles of one chunk each, words by Zipf's law; the model, an endpoint of the bench's own, costs next to
nothing, so that the clock shows what is ours. Questions are titles with a letter missing, one at a time. Alone:
`python -m tests.bench.at_scale 100000`."""
COLD = "From the start of the process to the first 200, in interleaved rounds."
MEMORY = f"Recado on SQLite in one process; the same {memory.CROWD} people come back with the lines of the whole way."
