"""What the doctor says of sources outside, asked over HTTP on loopback."""

import asyncio

import pytest
from starlette.responses import JSONResponse, Response

from app.doctor.finding import Finding
from app.doctor.outside import check_outside
from app.settings import Settings, SourceSettings
from tests.app.test_outside import settings
from tests.tools.external.outside import Outside, as_json, slow


async def look(given: Settings) -> list[Finding]:
    return await asyncio.to_thread(check_outside, given)


async def test_none_is_a_way_to_live():
    (finding,) = await look(settings())
    assert (finding.state, finding.found) == ("good", "none: nothing outside is asked")


async def test_each_source_that_answers_is_good_and_tells_what_it_has_left(world: Outside):
    found = await look(settings(world, sources=("searxng", "stack_exchange")))

    assert [finding.state for finding in found] == ["good", "good"]
    assert "298 questions left today" in found[1].found


@pytest.mark.parametrize(("answer", "said", "advice"), [
    (JSONResponse({}, 403), "403", "search.formats"), (Response("<html>"), "other than JSON", "search.formats"),
    (JSONResponse({}, 429, headers={"retry-after": "5"}), "too often", "PRIVATE_HOSTS"),
])  # fmt: skip
async def test_each_trouble_has_a_remedy(world: Outside, answer, said: str, advice: str):
    world.says(answer)
    (finding,) = await look(settings(world, sources=("searxng",)))

    assert finding.state == "trouble"
    assert said in finding.found
    assert advice in finding.advice


async def test_pages_on_no_allowed_domain_are_worth_a_note(world: Outside):
    world.says(as_json({"results": [{"title": "x", "url": "https://elsewhere.example", "content": "x"}]}))
    (finding,) = await look(settings(world, sources=("searxng",)))

    assert (finding.state, "RECADO_EXTERNAL__DOMAINS" in finding.advice) == ("note", True)


async def test_a_source_that_is_too_slow_or_set_wrongly_is_trouble(world: Outside):
    world.say = slow(0.8)
    late, wrong = await look(settings(world, sources=("searxng", "brave"), timeout="0.2", brave=SourceSettings()))

    assert "no answer within 0.2 s" in late.found
    assert "RECADO_EXTERNAL__BRAVE__API_KEY is not set" in wrong.found


async def test_no_domain_at_all_is_trouble_before_anybody_is_asked(world: Outside):
    (finding,) = await look(settings(world, sources=("searxng",), domains=()))

    assert (finding.state, world.asked) == ("trouble", [])
