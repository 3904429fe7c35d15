"""The quality pages over HTTP: runs as their files tell them, damaged ones named, nothing in them executed."""

import json

import pytest

from app.quality.comparison import sign_test
from app.settings import EvaluationSettings

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def store_url(stores, tmp_path) -> str:
    return stores.sqlite(tmp_path)


@pytest.fixture
def runs(tmp_path):
    return tmp_path / "runs"


@pytest.fixture
def office(office, runs):
    settings = office.house.settings.model_copy(update={"evaluation": EvaluationSettings(runs=runs)})
    object.__setattr__(office.house, "settings", settings)
    return office


def row(case: str, verdict: str = "passed", **more: object) -> str:
    scores = [{"scorer": "says", "passed": verdict == "passed", "details": [f"said {HOSTILE}"]}]
    told = {"case": case, "suite": "status", "layer": "conversation", "verdict": verdict, "scores": scores}
    exchanges = [{"did": f"oi {HOSTILE}", "who": "employee", "replies": [HOSTILE], "intents": ["ask"],
                  "searches": [{"query": "oi", "band": "none"}], "effects": [{"kind": "hand_off"}]}]  # fmt: skip
    return json.dumps(told | {"exchanges": exchanges} | more)


def write(runs, name: str, *rows: str, version: int = 1, **facts: object) -> None:
    folder = runs / name
    folder.mkdir(parents=True)
    told = {"version": version, "id": name, "started_at": "2026-11-20T10:00:00Z", "ended_at": "2026-11-20T10:01:00Z",
            "revision": "abc", "engine": "offline", "cases": len(rows), "repeats": 1}  # fmt: skip
    (folder / "run.json").write_text(json.dumps(told | facts), "utf-8")
    (folder / "rows.jsonl").write_text("\n".join(rows), "utf-8")


async def test_without_runs_the_page_says_how_to_make_one(office, browser):
    await browser.sign_in("knowledge")
    assert "recado eval run" in (await browser.get("/desk/quality")).text


async def test_runs_are_listed_with_their_rate_and_gate_and_damaged_ones_are_named(office, browser, runs):
    write(runs, "good", *(row(f"c-{place}") for place in range(9)), row("c-9", "failed"))
    gates = [{"metric": "conversation/passed", "result": "broken", "sentence": "0.9, at least 0.95"}]
    (runs / "good" / "gates.json").write_text(json.dumps(gates))
    write(runs, "newer", row("a"), version=2)
    (runs / "half").mkdir()
    (runs / "half" / "run.json").write_text("{")
    write(runs, "cut", row("a"), row("b")[:40])
    await browser.sign_in("engineer")
    page = (await browser.get("/desk/quality")).text
    assert "90%" in page
    assert "9 of 10; 60" in page
    assert "broken" in page
    assert "newer was written by another version" in page
    assert "half is damaged" in page
    assert "not all cases were run" in page  # of the one cut short


async def test_a_run_shows_what_failed_with_its_conversation_as_text(office, browser, runs):
    write(runs, "one", row("pt/ok"), row("pt/bad-01", "failed"), row("x", "error", trouble="the model did not answer"))
    await browser.sign_in("auditor")
    page = (await browser.get("/desk/quality/runs/one")).text
    assert "2 cases did not pass" in page
    assert "the model did not answer" in page
    case = await browser.get("/desk/quality/runs/one/cases/pt/bad-01?repeat=0")
    for text in (page, case.text):
        assert HOSTILE not in text
    assert "oi &lt;script&gt;" in case.text
    assert "hand_off" in case.text
    for missing in ("one/cases/none", "none", "%2E%2E", "one/report"):
        assert (await browser.get(f"/desk/quality/runs/{missing}")).status_code == 404


async def test_two_runs_are_compared_case_by_case(office, browser, runs):
    cases = [f"c-{place:02}" for place in range(20)]
    write(runs, "before", *(row(case) for case in cases), row("gone"))
    write(runs, "after", *(row(case, "failed" if place < 8 else "passed") for place, case in enumerate(cases)))
    metric = {"mean": 0.5, "low": 0.4, "high": 0.6}
    change = {"mean": -0.2, "low": -0.3, "high": -0.1}
    compared = {"before": metric, "after": metric, "difference": change}
    told = [{"metric": "retrieval/nDCG@10", "outcome": "worse", "comparison": compared}, {"metric": "broken"}]
    (runs / "after" / "against-before.json").write_text(json.dumps(told))
    await browser.sign_in("admin")
    page = (await browser.get("/desk/quality/compare?before=before&after=after")).text
    assert "8 cases fail now" in page
    assert "worse" in page
    assert "retrieval/nDCG@10" in page
    assert "1 cases only before" in page
    beside = (await browser.get("/desk/quality/runs/after/cases/c-01?repeat=0&before=before")).text
    assert beside.count('class="talk"') == 2
    assert (await browser.get("/desk/quality/compare?before=../x&after=after")).status_code == 404


def test_a_few_changes_are_not_distinguishable_from_chance():
    assert sign_test(0, 0) == 1
    assert sign_test(0, 5) > 0.05 > sign_test(0, 6)
    assert sign_test(10, 10) == 1


async def test_a_report_is_opened_in_a_sandbox(office, browser, runs):
    write(runs, "one", row("a"))
    (runs / "one" / "report.html").write_text(f"<html>{HOSTILE}</html>")
    await browser.sign_in("engineer")
    answer = await browser.get("/desk/quality/runs/one/report")
    policy = answer.headers["content-security-policy"]
    assert "sandbox" in policy
    assert "script-src" not in policy  # default-src 'none' holds for scripts
    assert "default-src 'none'" in policy
    agent = office.open()
    await agent.sign_in("agent")
    assert (await agent.get("/desk/quality/runs/one/report")).status_code == 403
