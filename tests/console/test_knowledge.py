"""The knowledge pages over HTTP: articles found and deleted, sources with their mistakes, runs, thresholds."""

import asyncio
from datetime import UTC, date, datetime

import pytest

from app.console.progress import progress_of
from app.console.wording import Words, phrases_of
from app.knowledge import runs
from app.knowledge.catalogue import all_sources, get_source, settle
from app.knowledge.models import ArticleRow
from app.knowledge.runs import latest
from app.knowledge.taking import SourceReport
from app.knowledge.thresholds import chosen
from retrieval.applies import Thresholds
from retrieval.revision import FOLDER

NOW = datetime(2026, 11, 24, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script>"
SOURCE = {
    "name": "wiki", "kind": "folder", "location": "/srv/wiki", "schedule": "daily at 7:30", "language": "es",
    "audience": "rh, gestores", "owner": "Ana", "review_by": "180d", "url_template": "", "hosts": "", "plain": "on",
    "private_hosts": "",
}  # fmt: skip


def article(name: str, language: str = "en", **more) -> ArticleRow:
    told = {
        "title": name, "body": f"All about {name}.", "url": "", "audience": [], "keywords": [], "sha256": name,
        "source": f"wiki:{name}.md", "created_at": NOW, "updated_at": NOW,
    }  # fmt: skip
    return ArticleRow(key=f"{name}@{language}", id=name, language=language, **{**told, **more})


@pytest.fixture
async def manager(office):
    browser = office.open()
    await browser.sign_in("knowledge")
    return browser


async def shelve(office, *rows):
    await office.house.database.write(lambda session: session.add_all(rows))


async def listed(browser, query=""):
    return (await browser.get(f"/desk/knowledge/articles{query}")).text


async def test_articles_are_found_by_what_is_written_and_known_of_them(office, manager):
    await shelve(
        office,
        article("vacation", "pt-BR", title="Marcar férias", keywords=["folga", "recesso à parte"], owner="Gente"),
        article("vacation", "es", title="Pedir vacaciones"),
        article("salaries", title="Salary table", audience=["gestores"], review_by=date(2020, 1, 1)),
    )
    titles = ("Marcar férias", "Pedir vacaciones", "Salary table")
    expected = {
        "": {0, 1, 2}, "?q=FERIAS": {0}, "?q=about+salaries": {2}, "?q=parte": {0}, "?q=vacation": {0, 1},
        "?language=es": {1}, "?audience=gestores": {2}, "?audience=gestor": set(), "?audience=*": {0, 1},
        "?owner=Gente": {0}, "?due=1": {2}, "?source=wiki": {0, 1, 2}, "?source=wik": set(),
        "?untranslated=1": {0, 1, 2},
    }  # fmt: skip
    for query, wanted in expected.items():
        text = await listed(manager, query)
        assert {n for n, title in enumerate(titles) if title in text} == wanted, query


async def test_a_long_list_is_walked_page_by_page_and_meets_every_article_once(office, manager):
    await shelve(office, *(article(f"a{n:03}", title=f"Title {n % 7}") for n in range(120)))
    seen, address = [], "/desk/knowledge/articles"
    while address:
        text = (await manager.get(address)).text
        seen += [part.split("%40")[0] for part in text.split('href="/desk/knowledge/articles/')[1:]]
        following = [
            part.split('"')[0] for part in text.split('<a class="second" href="')[1:] if "after=" in part[:200]
        ]
        address = following[0].replace("&amp;", "&") if following else ""
    assert sorted(seen) == [f"a{n:03}" for n in range(120)]


async def test_an_article_is_shown_in_all_its_languages_and_nothing_in_it_is_code(office, manager):
    await shelve(office, article("vpn", title=HOSTILE, body=f"# Hi\n\n{HOSTILE}"), article("vpn", "es", title="La VPN"))
    text = (await manager.get("/desk/knowledge/articles/vpn%40en")).text
    assert "La VPN" in text
    assert "&lt;script&gt;alert(1)" in text
    assert "<script>alert" not in text
    assert (await manager.get("/desk/knowledge/articles/gone%40en")).status_code == 404


async def test_a_deleted_article_is_hidden_at_once_and_the_index_is_asked_for(office, manager):
    await shelve(office, article("vpn"))
    folder = office.house.data_dir / FOLDER / "20260101T000000-abcdef"
    folder.mkdir(parents=True)
    (folder / "articles.jsonl").write_text('{"key": "vpn@en", "audience": []}\n', "utf-8")
    page = "/knowledge/articles/vpn%40en"
    answer = await manager.press(page, page)
    assert answer.headers["location"] == "/desk/knowledge/articles"
    assert "vpn@en" in (office.house.data_dir / FOLDER / "withdrawn.json").read_text("utf-8")
    assert "vpn@en is gone" in await listed(manager)
    assert (await manager.get(f"/desk{page}")).status_code == 404
    [run] = await eventually(lambda: office.house.database.read(latest))
    assert (run.sources, run.asked_by) == ((), "knowledge@ipe.example")


async def eventually(look):
    async with asyncio.timeout(10):
        while not (found := await look()):
            await asyncio.sleep(0.02)
    return found


async def test_a_source_is_added_changed_and_removed_with_its_articles(office, manager):
    answer = await manager.press("/knowledge/sources/new", "/knowledge/sources/new", **SOURCE)
    assert answer.headers["location"] == "/desk/knowledge/sources/wiki"
    terms = (await office.house.database.read(lambda s: get_source(s, "wiki"))).terms
    assert (terms.audience, terms.schedule, terms.review_by) == (("rh", "gestores"), "daily at 07:30", "180 days")
    await shelve(office, article("vpn", audience=["rh"]))
    page = "/knowledge/sources/wiki"
    await manager.press(page, page, **SOURCE | {"audience": "gestores"})
    terms = (await office.house.database.read(lambda s: get_source(s, "wiki"))).terms
    assert (terms.audience, terms.enabled) == (("gestores",), False)
    assert "vpn%40en" not in await listed(manager), "nobody may read it any more"
    await manager.press(page, f"{page}/remove")
    assert await office.house.database.read(all_sources) == []


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("name", "Not A Name", "Small letters, digits and dashes, at most 40."),
        ("location", "", "Say where it is."),
        ("location", "/etc", "only folders that your operator opened"),
        ("location", "/srv/../etc", "only folders that your operator opened"),
        ("private_hosts", "10.0.0.7", "Your operator opens private hosts"),
        ("schedule", "sometimes", "“daily at 07:30”"),
        ("review_by", "soon", "such as 180d"),
        ("url_template", "ftp://x", "It must begin with https://"),
        ("kind", "floppy", "Something is not right yet."),
    ],
)
async def test_what_is_wrong_with_a_source_is_said_beside_the_field_and_nothing_typed_is_lost(
    office, manager, field, value, told
):
    page = "/knowledge/sources/new"
    answer = await manager.press(page, page, **SOURCE | {"owner": "Rita Lima", field: value})
    assert answer.status_code == 422
    assert told in answer.text
    assert "Rita Lima" in answer.text
    assert await office.house.database.read(all_sources) == []


async def test_one_synchronisation_at_a_time_is_asked_for(office, manager):
    page = "/knowledge/sources/new"
    await manager.press(page, page, **SOURCE, run="1")
    await manager.press("/knowledge/sources/wiki", "/knowledge/runs", source="wiki")
    assert "under way already" in (await manager.get("/desk/knowledge/sources/wiki")).text
    [run] = await office.house.database.read(latest)
    assert run.sources == ("wiki",)
    assert (await manager.press("/knowledge/sources", "/knowledge/runs", source="nowhere")).status_code == 404


async def test_broken_documents_and_what_was_held_back_are_told_and_may_be_forced(office, manager):
    page = "/knowledge/sources/new"
    await manager.press(page, page, **SOURCE)
    report = SourceReport("wiki", "held", "9 of 10 are gone.", failed=(("broken.pdf", "It holds no text."),))
    await office.house.database.write(lambda session: settle(session, [report], NOW))
    text = (await manager.get("/desk/knowledge/sources/wiki")).text
    assert "broken.pdf" in text
    assert "It holds no text." in text
    assert "Do it anyway" in text
    await manager.press("/knowledge/sources/wiki", "/knowledge/runs", source="wiki", force="1")
    [run] = await office.house.database.read(latest)
    assert run.force


async def test_progress_is_told_in_the_viewers_language_whatever_the_stage(office):
    def look(session):
        run = runs.ask(session, (), by="x", now=NOW)
        runs.take(session, "me", NOW)
        told = []
        for stage in ("indexing", "vectors", "a stage of tomorrow"):
            runs.beat(session, run, "me", NOW, (stage, "", 3, 4))
            told.append(progress_of(runs.look_at(session, run), Words("es", phrases_of("es"))))
        return told

    told = await office.house.database.write(look)
    assert [each["words"] for each in told] == [
        "Armando el índice: 3 de 4", "Leyendo pasajes con el modelo: 3 de 4", "Armando el índice: 3 de 4",
    ]  # fmt: skip
    assert {(each["step"], each["share"], each["active"]) for each in told} == {("indexing", 75, True)}


async def test_thresholds_are_kept_refused_and_given_back_to_the_settings(office, manager):
    page, action = "/knowledge/index", "/knowledge/index/thresholds"
    await manager.press(page, action, answer="80", offer="30")
    assert await office.house.database.read(chosen) == Thresholds(answer=0.8, offer=0.3)
    for answer, offer in (("30", "80"), ("101", "1"), ("x", ""), ("²", "1")):
        await manager.press(page, action, answer=answer, offer=offer)
    assert await office.house.database.read(chosen) == Thresholds(answer=0.8, offer=0.3)
    await manager.press(page, action, reset="1")
    assert await office.house.database.read(chosen) is None


async def test_what_needs_the_knowledge_base_says_that_it_is_being_opened(office, manager):
    for path in ("/knowledge/index", "/knowledge/try?q=vpn"):
        answer = await manager.get(f"/desk{path}")
        assert answer.status_code == 200
        assert "is being opened" in answer.text
