"""The gap pages over HTTP: what was asked is text, nothing unfinished is published, whatever is sent has an answer."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.console.bench import Bench
from app.console.spark import HEIGHT, spark
from app.console.wording import LANGUAGES
from app.knowledge.drafts import drafts_of
from app.knowledge.errors import SyncError
from app.knowledge.gaps import GapError, gap_row, gaps, regroup
from app.knowledge.questions import failed_questions
from retrieval.clusters import Cluster
from tests.knowledge.records import asked, solved

HOSTILE = "<img src=x onerror=alert(1)>{{7*7}} como troco o toner?"


@pytest.fixture
def store_url(stores, tmp_path) -> str:
    return stores.sqlite(tmp_path)


@pytest.fixture
async def gap(office) -> int:
    """A gap of three questions, one of them hostile, one solved as request 1001."""
    now = office.house.clock()

    def fill(session: Session) -> int:
        at = now - timedelta(days=1)
        asked(session, HOSTILE, "nothing", "request", at=at, reference="r1")
        asked(session, "acabou o toner", "not_resolved", at=at)
        asked(session, "acabou o toner", at=at - timedelta(days=9))
        solved(session, 1001, "r1", "Abra a tampa lateral e troque o toner.", at=at)
        failed = failed_questions(session, at - timedelta(days=30))
        regroup(session, failed, [Cluster(tuple(range(len(failed))), ("toner", "<b>"))], now)
        return gaps(session, now)[0].id

    return await office.house.database.write(fill)


@pytest.fixture
async def manager(office, browser):
    await browser.sign_in("knowledge")
    return browser


async def test_what_employees_wrote_is_shown_as_text_in_every_language(manager, office, gap):
    drafted = await manager.press(f"/knowledge/gaps/{gap}", f"/knowledge/gaps/{gap}/draft")
    assert drafted.status_code == 303
    pages = ("", f"/{gap}", f"/{gap}/draft/pt-BR", f"/{gap}/review")
    for language in LANGUAGES:
        await manager.press("/account", "/language", language=language, back="/")
        for page in pages:
            answer = await manager.get(f"/desk/knowledge/gaps{page}")
            assert answer.status_code == 200, page
            assert f'lang="{language}"' in answer.text
            assert "<img src=x" not in answer.text
            assert "49 como" not in answer.text
            assert "toner" in answer.text
        for view in ("useful", "contradicted", "stale", "unused", "twins", "nonsense"):
            assert (await manager.get(f"/desk/knowledge/use?view={view}&days=x")).status_code == 200


async def test_the_same_words_stand_once_and_name_the_request_they_became(manager, gap):
    page = (await manager.get(f"/desk/knowledge/gaps/{gap}")).text
    assert page.count("acabou o toner") == 1
    assert "2 times" in page
    assert "#1001 · solved" in page


async def test_a_gap_is_dismissed_with_a_reason_only(manager, office, gap):
    refused = await manager.press(f"/knowledge/gaps/{gap}", f"/knowledge/gaps/{gap}/dismiss", reason="  ")
    assert "Say why no article is wanted." in (await manager.get(refused.headers["location"])).text
    await manager.press(f"/knowledge/gaps/{gap}", f"/knowledge/gaps/{gap}/dismiss", reason="Not ours <i>")
    row = await office.house.database.read(lambda s: gap_row(s, gap))
    assert (row.state, row.reason, row.changed_by) == ("dismissed", "Not ours <i>", "knowledge@ipe.example")
    assert "Not ours &lt;i&gt;" in (await manager.get(f"/desk/knowledge/gaps/{gap}")).text


async def test_a_draft_without_a_text_is_not_kept_and_what_was_typed_stays_on_the_page(manager, office, gap):
    await manager.press(f"/knowledge/gaps/{gap}", f"/knowledge/gaps/{gap}/draft")
    here = f"/knowledge/gaps/{gap}/draft/pt-BR"
    answer = await manager.press(here, here, title="My own title", body=" \n", audience="rh", keywords="a, b")
    assert answer.status_code == 422
    assert "My own title" in answer.text
    assert 'value="rh" checked' in answer.text
    [draft] = await office.house.database.read(lambda s: drafts_of(s, gap))
    assert draft.edited_by == ""

    await manager.press(here, here, title="T", body="One.", audience="rh", more_groups="ti; rh\nti", keywords="a, b,,a")
    await manager.press(f"/knowledge/gaps/{gap}", f"/knowledge/gaps/{gap}/draft")
    assert "Somebody has edited that draft already." in (await manager.get(f"/desk/knowledge/gaps/{gap}")).text
    [draft] = await office.house.database.read(lambda s: drafts_of(s, gap))
    assert (draft.audience, draft.keywords, draft.edited_by) == (("rh", "ti"), ("a", "b"), "knowledge@ipe.example")


async def test_a_preview_is_rendered_and_cleaned_by_the_server(manager, gap):
    answer = await manager.press(
        "/account", "/knowledge/gaps/preview", title="<b>T</b>", body="**bold** <script>x</script>\n\n✎ write this"
    )
    assert "<strong>bold</strong>" in answer.text
    assert "&lt;b&gt;T&lt;/b&gt;" in answer.text
    assert "<script" not in answer.text
    assert "A line still waits to be written." in answer.text


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"language": "pt-BR"}, "Say first that you have read it."),
        ({"reviewed": "on"}, "Choose at least one language"),
        ({"reviewed": "on", "language": "pt-BR"}, "The knowledge base is being opened."),
    ],
)
async def test_nothing_is_published_unread_unchosen_or_before_the_index_is_open(manager, office, gap, sent, said):
    await manager.press(f"/knowledge/gaps/{gap}", f"/knowledge/gaps/{gap}/draft")
    answer = await manager.press(f"/knowledge/gaps/{gap}/review", f"/knowledge/gaps/{gap}/publish", **sent)
    assert answer.status_code == 422
    assert said in answer.text
    assert (await office.house.database.read(lambda s: gap_row(s, gap))).state == "draft"


async def test_what_is_not_there_is_a_page_that_says_so(manager, gap):
    for path in (f"{gap + 1}", str(2**70), f"{gap}/draft/pt-BR", f"{gap}/draft/xx", f"{gap + 1}/review"):
        assert (await manager.get(f"/desk/knowledge/gaps/{path}")).status_code == 404, path
    for action in ("draft", "publish", "draft/en/discard", "dismiss", "reopen"):
        answer = await manager.press("/account", f"/knowledge/gaps/{gap + 1}/{action}", reviewed="on", language="en")
        assert answer.status_code in {303, 404, 422}, action


async def test_an_auditor_reads_and_changes_nothing(office, browser, gap):
    await browser.sign_in("auditor")
    page = (await browser.get(f"/desk/knowledge/gaps/{gap}")).text
    assert "acabou o toner" in page
    assert "/dismiss" not in page
    assert "/draft" not in page


async def test_one_job_of_a_name_at_a_time_and_its_trouble_is_told():
    bench, going, begun = Bench(), asyncio.Event(), []

    async def slow(hear) -> None:
        begun.append(1)
        hear("words", 1, 2)
        await going.wait()

    job = await bench.begin("gap 1", "publishing", slow, wait=0.05)
    assert (job.active, job.stage, job.done, job.total) == (True, "words", 1, 2)
    assert (await bench.begin("gap 1", "publishing", slow)).active
    assert bench.rested("gap 1") == 0
    going.set()
    assert not (await bench.begin("gap 1", "publishing", slow, wait=5)).active
    assert begun == [1]

    for error, trouble in (
        (GapError("edited", "x"), "errors.gap.edited"),
        (SyncError("x"), "errors.gap.index"),
        (OSError(), "errors.gap.failed"),
    ):

        async def fails(_, error=error) -> None:
            raise error

        assert (await bench.begin("gap 2", "drafting", fails, wait=5)).trouble == trouble


async def test_the_end_of_the_process_drops_work():
    bench = Bench()
    await bench.begin("gaps", "looking", lambda _: asyncio.sleep(60), wait=0.01)
    bench.drop()
    job = await bench.begin("gaps", "looking", lambda _: asyncio.sleep(60), wait=5)
    assert job.trouble == "errors.gap.failed"


def test_a_day_with_one_is_seen_beside_a_day_with_hundreds():
    drawn = spark([0, 1, 500, 0])
    assert [bar.height >= 3 for bar in drawn.bars] == [True, True]
    assert max(bar.height for bar in drawn.bars) == HEIGHT
    assert spark([0] * 30).bars == ()
