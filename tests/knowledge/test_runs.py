"""Runs on both stores: what they do with sources, who carries them out, and what survives a process that dies."""

import asyncio
import os
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import select, update

from app.db.engine import Database
from app.knowledge import carrying, runs
from app.knowledge.articles import all_articles, audiences
from app.knowledge.builder import Outcome
from app.knowledge.carrying import Progress, Runner, RunReport, Workshop
from app.knowledge.catalogue import (
    add_source,
    all_sources,
    change_source,
    get_source,
    put_source,
    remove_source,
    terms_of,
)
from app.knowledge.errors import RunLostError, SourceTermsError, SyncError
from app.knowledge.models import ArticleRow, RunRow
from app.knowledge.pointer import look
from retrieval.conversion.converter import Converter
from tests.knowledge.shelves import write


@dataclass
class Desk:
    """A company's sources, a clock, and an index that only counts how often it is asked for."""

    database: Database
    clock: object
    home: Path
    indexed: list[bool] = field(default_factory=list)
    trouble: str = ""
    runner: Runner = None

    def __post_init__(self):
        self.runner = self.another()

    def another(self, tell=None) -> Runner:
        return Runner(Workshop(self.database, self.clock, self.index), tell)

    async def index(self, progress, *, rebuild: bool) -> Outcome:
        if self.trouble:
            raise SyncError(self.trouble)
        progress("vectors", 1, 1)
        self.indexed.append(rebuild)
        return Outcome("r1", 1, "model")

    async def add(self, name: str, **terms) -> Path:
        folder = self.home / name
        folder.mkdir()
        told = terms_of({"name": name, "kind": "folder", "location": str(folder), **terms})
        await self.database.write(lambda s: add_source(s, told, self.clock()))
        return folder

    async def sync(self, *names: str, **options) -> RunReport:
        return await self.runner.do(names, by="ana", **options)

    async def change(self, name: str, **changes) -> None:
        await self.database.write(lambda s: change_source(s, name, changes, self.clock()))

    async def rows(self) -> dict[str, ArticleRow]:
        return await self.database.read(lambda s: {row.key: row for row in s.scalars(select(ArticleRow))})

    async def ask(self, *names: str) -> int:
        return await self.database.write(lambda s: runs.ask(s, names, by="ana", now=self.clock()))

    async def run(self, number: int) -> runs.Run:
        return await self.database.read(lambda s: runs.look_at(s, number))


@pytest.fixture
async def desk(database, clock, tmp_path) -> Desk:
    return Desk(database, clock, tmp_path)


def refs(pairs) -> list[str]:
    return [ref for ref, _ in pairs]


async def test_one_run_takes_each_source_and_then_the_index_once(desk):
    rh, ti = await desk.add("rh"), await desk.add("ti")
    await desk.add("gone")
    (desk.home / "gone").rmdir()
    write(rh, "ferias", "Férias", "Peça no portal.")
    write(ti, "vpn", "VPN", "Abra o aplicativo.")
    (ti / "broken.md").write_text("---\nid: x\n")
    failed = REGISTRY.get_sample_value("recado_knowledge_runs_total", {"outcome": "unavailable"})
    report = await desk.sync("gone", "rh", "ti")
    assert [(told.source, told.outcome) for told in report.sources] == [
        ("gone", "unavailable"), ("rh", "done"), ("ti", "partial"),
    ]  # fmt: skip
    assert (report.outcome, len(desk.indexed)) == ("unavailable", 1)
    assert refs(report.sources[2].failed) == ["broken.md"]
    assert [article.id for article in await desk.database.read(all_articles)] == ["ferias", "vpn"]
    kept = {source.terms.name: source for source in await desk.database.read(all_sources)}
    assert (kept["ti"].last_outcome, kept["ti"].last_run_at, kept["ti"].articles) == ("partial", desk.clock(), 1)
    assert kept["ti"].last_report["counts"]["added"] == 1
    assert "is not a folder" in kept["gone"].last_report["message"]
    assert REGISTRY.get_sample_value("recado_knowledge_runs_total", {"outcome": "unavailable"}) == failed + 1


async def test_a_source_that_is_away_changes_nothing_and_leaves_the_index_alone(desk):
    rh = await desk.add("rh")
    write(rh, "ferias", "Férias", "Peça no portal.")
    await desk.sync("rh")
    rh.rename(desk.home / "elsewhere")
    report = await desk.sync("rh")
    assert (report.outcome, report.index, len(desk.indexed)) == ("unavailable", None, 1)
    assert list(await desk.rows()) == ["ferias@pt-BR"]


async def test_what_is_unchanged_is_neither_parsed_nor_converted_nor_written_again(desk, monkeypatch):
    rh = await desk.add("rh")
    write(rh, "ferias", "Férias", "Peça no portal.")
    (rh / "ponto.txt").write_text("Registre o ponto\n\nTodo dia pela manhã, no portal.")
    first = await desk.sync("rh")
    assert first.sources[0].added == ("ferias@pt-BR", "rh/ponto.txt@pt-BR")
    before = (await desk.database.read(look)).changes

    async def never(*_):
        raise AssertionError("converted again")

    monkeypatch.setattr(Converter, "convert", never)
    os.utime(rh / "ponto.txt", (1, 1))
    again = await desk.sync("rh")
    assert (again.outcome, len(again.sources[0].unchanged)) == ("done", 2)
    assert (await desk.database.read(look)).changes == before


async def test_articles_from_before_sources_were_known_are_recognised(desk):
    rh = await desk.add("rh")
    write(rh, "ferias", "Férias", "Peça no portal.")
    await desk.sync("rh")
    bare = {"text_sha256": "", "raw_sha256": "", "read_as": "", "front_matter": True}
    await desk.database.write(lambda s: s.execute(update(ArticleRow).values(**bare)))
    report = await desk.sync("rh")
    assert report.sources[0].unchanged == ("ferias@pt-BR",)
    assert (await desk.rows())["ferias@pt-BR"].raw_sha256 != ""


async def test_a_file_that_breaks_or_loses_its_front_matter_keeps_its_article_as_it_was(desk):
    rh = await desk.add("rh")
    write(rh, "ferias", "Férias", "Peça no portal.", audience="rh")
    write(rh, "ponto", "Ponto", "Registre no portal.")
    await desk.sync("rh")
    (rh / "ferias.md").write_text("Peça no portal.")
    (rh / "ponto.md").write_bytes(b"---\nid: ponto\n\xff\xfe")
    report = await desk.sync("rh")
    assert refs(report.sources[0].failed) == ["ferias.md", "ponto.md"]
    rows = await desk.rows()
    assert (rows["ferias@pt-BR"].audience, sorted(rows)) == (["rh"], ["ferias@pt-BR", "ponto@pt-BR"])


async def test_front_matter_in_other_letters_does_not_publish_a_private_article(desk):
    rh = await desk.add("rh")
    text = "---\nid: x\ntitle: X\nlanguage: pt\naudience: rh\n---\nSó para o RH."
    (rh / "x.md").write_bytes(text.encode("utf-16"))
    report = await desk.sync("rh")
    assert refs(report.sources[0].failed) == ["x.md"]
    assert await desk.rows() == {}


async def test_strict_sources_take_no_markdown_without_front_matter(desk):
    rh = await desk.add("rh", options={"plain": False})
    (rh / "x.md").write_text("# Férias\n\nPeça no portal da empresa.")
    assert "front matter" in (await desk.sync("rh")).sources[0].failed[0][1]
    await desk.change("rh", options={"plain": True})
    assert (await desk.sync("rh")).sources[0].added == ("rh/x.md@pt-BR",)


async def test_an_articles_readers_are_at_most_those_of_its_source(desk):
    rh = await desk.add("rh", audience=("rh", "chefia"))
    write(rh, "own", "A", "um")
    write(rh, "narrow", "B", "dois", audience="chefia")
    write(rh, "wide", "C", "três", audience="[chefia, todos]")
    write(rh, "foreign", "D", "quatro", audience="ti")
    report = await desk.sync("rh")
    assert {key.partition("@")[0]: row.audience for key, row in (await desk.rows()).items()} == {
        "own": ["rh", "chefia"], "narrow": ["chefia"], "wide": ["chefia"],
    }  # fmt: skip
    assert report.sources[0].failed == (("foreign.md", "nobody may read it: the source is for rh, chefia only"),)


async def test_a_narrower_source_holds_at_once_also_for_files_that_cannot_be_read_any_more(desk):
    rh = await desk.add("rh")
    write(rh, "open", "A", "um")
    write(rh, "mine", "B", "dois", audience="[ti, rh]")
    write(rh, "foreign", "C", "três", audience="ti")
    await desk.sync("rh")
    changes = (await desk.database.read(look)).changes
    (rh / "open.md").write_text("---\nbroken")
    await desk.change("rh", audience=("rh",))
    rh_only = frozenset({"rh"})
    assert await desk.database.read(audiences) == {"open@pt-BR": rh_only, "mine@pt-BR": rh_only}
    assert (await desk.database.read(look)).changes > changes
    report = await desk.sync("rh")
    assert await desk.database.read(audiences) == {"open@pt-BR": rh_only, "mine@pt-BR": rh_only}
    assert sorted(refs(report.sources[0].failed)) == ["foreign.md", "open.md"]


async def test_owner_and_review_come_from_the_article_and_else_from_its_source(desk, clock):
    rh = await desk.add("rh", owner="Bea", review_by="30d")
    write(rh, "a", "A", "um", owner="Ana", review_by="2027-01-31")
    write(rh, "b", "B", "dois")
    await desk.sync("rh")
    rows = await desk.rows()
    assert (rows["a@pt-BR"].owner, rows["a@pt-BR"].review_by) == ("Ana", date(2027, 1, 31))
    assert (rows["b@pt-BR"].owner, rows["b@pt-BR"].review_by) == ("Bea", date(2026, 12, 23))
    clock.pass_by(days=10)
    await desk.change("rh", owner="Caio", review_by="60d")
    report = await desk.sync("rh")
    assert len(report.sources[0].unchanged) == 2
    row = (await desk.rows())["b@pt-BR"]
    assert (row.owner, row.review_by) == ("Caio", date(2027, 1, 22)), "sixty days after its last change"


async def test_a_renamed_article_keeps_its_birthday_and_only_a_change_moves_the_other(desk, clock):
    rh = await desk.add("rh")
    write(rh, "a", "A", "um")
    write(rh, "b", "B", "dois")
    await desk.sync("rh")
    born = clock()
    clock.pass_by(days=1)
    write(rh, "b", "B", "três")
    (rh / "a.md").unlink()
    write(rh, "z", "A", "um")
    report = await desk.sync("rh")
    assert report.sources[0].renamed == (("a@pt-BR", "z@pt-BR"),)
    rows = await desk.rows()
    assert (rows["z@pt-BR"].created_at, rows["z@pt-BR"].updated_at) == (born, clock())
    assert (rows["b@pt-BR"].created_at, rows["b@pt-BR"].updated_at) == (born, clock())


async def test_a_duplicate_is_indexed_once_the_first_is_gone(desk):
    rh, ti = await desk.add("rh"), await desk.add("ti")
    write(rh, "a", "VPN", "Abra o aplicativo.")
    write(ti, "b", "VPN", "Abra o  aplicativo.")
    report = await desk.sync("rh", "ti")
    assert report.sources[1].duplicates == (("b.md", "a@pt-BR"),)
    (rh / "a.md").unlink()
    report = await desk.sync("rh", "ti")
    assert (report.sources[0].removed, report.sources[1].added) == (("a@pt-BR",), ("b@pt-BR",))


async def test_an_id_of_another_source_is_an_error_of_the_second(desk):
    rh, ti = await desk.add("rh"), await desk.add("ti")
    write(rh, "a", "VPN", "Abra o aplicativo.")
    write(ti, "a", "VPN", "Outra coisa.")
    report = await desk.sync("rh", "ti")
    assert report.sources[1].failed == (("a.md", "the id 'a' in pt-BR is taken by a.md of the source rh"),)
    assert (await desk.rows())["a@pt-BR"].body == "Abra o aplicativo."


async def test_a_sudden_loss_is_held_back_until_it_is_forced(desk):
    rh = await desk.add("rh")
    for number in range(21):
        write(rh, f"a{number}", f"T{number}", f"texto {number}")
    await desk.sync("rh")
    for number in range(11):
        (rh / f"a{number}.md").unlink()
    write(rh, "a20", "T20", "novo texto")
    report = await desk.sync("rh")
    assert (report.outcome, report.index) == ("held", None)
    rows = await desk.rows()
    assert (len(rows), rows["a20@pt-BR"].body) == (21, "texto 20")
    report = await desk.sync("rh", force=True)
    assert (len(report.sources[0].removed), report.sources[0].changed) == (11, ("a20@pt-BR",))


async def test_removing_a_source_removes_its_articles_and_no_others(desk):
    rh, other = await desk.add("rh"), await desk.add("rh-2")
    write(rh, "a", "A", "um")
    write(other, "b", "B", "dois")
    await desk.sync("rh", "rh-2")
    changes = (await desk.database.read(look)).changes
    assert await desk.database.write(lambda s: remove_source(s, "rh")) == ["a@pt-BR"]
    assert list(await desk.rows()) == ["b@pt-BR"]
    assert (await desk.database.read(look)).changes > changes
    with pytest.raises(SourceTermsError, match="no source rh"):
        await desk.sync("rh")


async def test_a_source_that_is_changed_or_removed_under_a_run_stops_it(desk, monkeypatch):
    rh = await desk.add("rh")
    write(rh, "a", "A", "um")
    real = carrying.take_source

    async def meanwhile(*arguments):
        await desk.change("rh", audience=("rh",))
        return await real(*arguments)

    monkeypatch.setattr(carrying, "take_source", meanwhile)
    with pytest.raises(SyncError, match="was changed meanwhile"):
        await desk.sync("rh")
    assert await desk.rows() == {}
    kept = await desk.database.read(lambda s: get_source(s, "rh"))
    assert (kept.last_outcome, "changed meanwhile" in kept.last_report["message"]) == ("failed", True)


async def test_an_index_that_cannot_be_built_is_kept_as_the_runs_error(desk):
    rh = await desk.add("rh")
    write(rh, "a", "A", "um")
    desk.trouble = "The knowledge index could not be built: no space."
    number = await desk.ask("rh")
    done = await desk.runner.work()
    assert (done.id, done.outcome, done.error) == (number, "failed", desk.trouble)
    desk.trouble = ""
    assert (await desk.sync("rh")).outcome == "done"


async def test_one_run_at_a_time_and_only_of_sources_there_are(desk):
    await desk.add("rh")
    await desk.ask("rh")
    with pytest.raises(SyncError, match=r"waiting, asked for by ana"):
        await desk.ask("rh")
    await desk.runner.work()
    with pytest.raises(SourceTermsError, match="no source nope"):
        await desk.ask("nope")
    assert await desk.runner.work() is None


async def test_of_many_that_ask_at_once_one_is_heard(desk):
    await desk.add("rh")
    told = await asyncio.gather(*(desk.ask("rh") for _ in range(6)), return_exceptions=True)
    assert [type(one) for one in told].count(int) == 1
    others = [one for one in told if not isinstance(one, int)]
    assert all(isinstance(one, SyncError) for one in others)


async def test_of_many_that_put_the_same_source_at_once_none_is_told_that_it_is_there(desk):
    told = terms_of({"name": "rh", "kind": "folder", "location": "/kb"})
    await asyncio.gather(*(desk.database.write(lambda s: put_source(s, told, desk.clock())) for _ in range(8)))
    assert [source.terms for source in await desk.database.read(all_sources)] == [told]


async def test_of_many_that_would_carry_it_out_one_does(desk):
    rh = await desk.add("rh")
    write(rh, "a", "A", "um")
    await desk.ask("rh")
    done = await asyncio.gather(*(desk.another().work() for _ in range(5)))
    assert [run is not None for run in done].count(True) == 1
    assert desk.indexed == [False]


async def test_sources_run_when_they_are_due_and_only_then(desk, clock):
    rh = await desk.add("rh", schedule="every 30 minutes")
    await desk.add("ti", schedule="every 30 minutes", enabled=False)
    await desk.add("fin")
    write(rh, "a", "A", "um")
    done = await desk.runner.work()
    assert (done.sources, done.asked_by, done.outcome) == (("rh",), "schedule", "done")
    clock.pass_by(minutes=29)
    assert await desk.runner.work() is None
    clock.pass_by(minutes=1)
    rh.rename(desk.home / "elsewhere")
    assert (await desk.runner.work()).outcome == "unavailable"
    assert await desk.runner.work() is None, "a failure waits for its next time too"
    await desk.change("ti", enabled=True)
    assert (await desk.runner.work()).sources == ("ti",)


async def test_what_a_process_that_died_was_doing_is_taken_up_by_another(desk, clock):
    rh = await desk.add("rh")
    write(rh, "a", "A", "um")
    number = await desk.ask("rh")
    await desk.database.write(lambda s: runs.take(s, f"{os.getpid()}-dead", clock()))
    assert await desk.runner.work() is None
    clock.pass_by(seconds=29)
    assert await desk.runner.work() is None
    clock.pass_by(seconds=2)
    assert (await desk.runner.work()).id == number
    assert list(await desk.rows()) == ["a@pt-BR"]


async def test_on_sqlite_what_another_process_left_is_taken_up_at_once(desk, clock):
    await desk.add("rh")
    await desk.ask("rh")
    await desk.database.write(lambda s: runs.take(s, "0-dead", clock()))
    done = await desk.runner.work()
    assert (done is None) is desk.database.is_shared


async def test_a_run_whose_process_always_dies_is_given_up_and_its_source_waits_for_its_next_time(desk, clock):
    await desk.add("rh", schedule="every 1 hour")
    number = await desk.ask("rh")
    for _ in range(runs.MOST_TRIES):
        assert await desk.database.write(lambda s: runs.take(s, f"{os.getpid()}-dead", clock())) is not None
        clock.pass_by(seconds=31)
    assert await desk.runner.work() is None
    given_up = await desk.run(number)
    assert (given_up.outcome, given_up.error) == ("failed", "The process ended in the middle of it, 3 times.")
    assert await desk.runner.work() is None


async def test_who_lost_its_run_writes_nothing_more(desk, monkeypatch):
    rh = await desk.add("rh")
    write(rh, "a", "A", "um")
    real = carrying.take_source

    async def taken_over(*arguments):
        await desk.database.write(lambda s: s.execute(update(RunRow).values(holder="other")))
        return await real(*arguments)

    monkeypatch.setattr(carrying, "take_source", taken_over)
    with pytest.raises(RunLostError):
        await desk.sync("rh")
    assert await desk.rows() == {}


async def test_a_run_that_is_stopped_is_given_back_and_a_commands_is_ended(desk, monkeypatch):
    rh = await desk.add("rh")
    write(rh, "a", "A", "um")
    reached, real = asyncio.Event(), carrying.take_source

    async def waits(*_):
        reached.set()
        await asyncio.sleep(60)

    monkeypatch.setattr(carrying, "take_source", waits)
    number = await desk.ask("rh")
    for work in (desk.runner.work(), desk.sync("rh")):
        task = asyncio.create_task(work)
        await reached.wait()
        reached.clear()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        run = await desk.run(number)
        if number == run.id and run.ended_at is None:
            assert run.stage == "waiting"
            monkeypatch.setattr(carrying, "take_source", real)
            assert (await desk.runner.work()).outcome == "done"
            monkeypatch.setattr(carrying, "take_source", waits)
    [last, _] = await desk.database.read(runs.latest)
    assert (last.outcome, last.error) == ("failed", "It was stopped.")


async def test_a_run_can_be_watched_from_elsewhere_until_it_has_ended(desk, monkeypatch):
    monkeypatch.setattr(carrying, "BEAT", 0.01)
    rh = await desk.add("rh")
    write(rh, "a", "A", "um")
    real = carrying.take_source

    async def slowly(*arguments):
        await asyncio.sleep(0.1)
        return await real(*arguments)

    monkeypatch.setattr(carrying, "take_source", slowly)
    number = await desk.ask("rh")
    working = asyncio.create_task(desk.runner.work())
    watching = runs.follow(desk.database, number, timedelta(milliseconds=5))
    seen = [(run.stage, run.source) async for run in watching]
    await working
    stages = [stage for stage, _ in seen]
    assert (stages[-1], ("reading", "rh") in seen) == ("ended", True)
    assert (await desk.run(number)).report["sources"][0]["counts"]["added"] == 1


async def test_whoever_carries_it_out_hears_of_every_stage(desk):
    rh = await desk.add("rh")
    write(rh, "a", "A", "um")
    heard: list[Progress] = []
    await desk.another(heard.append).do(["rh"], by="ana")
    assert list(dict.fromkeys(one.stage for one in heard)) == ["reading", "writing", "index_reading", "index_vectors"]
    assert heard[-1] == Progress("index_vectors", "", 1, 1)


async def test_a_run_of_no_source_is_of_the_index_alone(desk):
    await desk.ask()
    assert (await desk.runner.work()).outcome == "done"
    assert desk.indexed == [False]
