"""What sources may do wrong, over real HTTP: nothing of it is shown, waited for or followed."""

import gzip
from email.utils import formatdate

import pytest
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from tests.tools.external.outside import QUESTION_OF_THEIRS, House, Outside, as_json, bomb, dripping, page, shape, slow
from tools.external.errors import OutsideError, PausedError, RejectedError, UnavailableError, UnusableError
from tools.external.fetching import LARGEST, LONGEST_PAUSE, PAUSE, retry_after

QUESTION = "excel freezes"
GOOD = {"results": [page()]}
JSON = "application/json"
USELESS = {
    "a redirect": RedirectResponse("http://127.0.0.1:1/elsewhere", 302),
    "another type": Response('{"results": []}', media_type="text/plain"),
    "a page that says error": HTMLResponse("<h1>Bad Gateway</h1>", 200),
    "no type at all": Response(b"{}", headers={"content-type": ""}),
    "JSON cut short": Response('{"results": [{"title":', media_type=JSON),
    "JSON 100,000 deep": Response("[" * 100_000, media_type=JSON),
    "a number too long": Response('{"results": ' + "9" * 10_000 + "}", media_type=JSON),
    "letters that are none": Response(b'{"results": "\xff\xfe"}', media_type=JSON),
    "more than a megabyte": Response("[" + " " * LARGEST + "]", media_type=JSON),
    "60 MB in 60 kB": bomb(),
    "a packing nobody asked for": Response(b"x", media_type=JSON, headers={"content-encoding": "br"}),
    "packed twice": Response(
        gzip.compress(gzip.compress(b"{}")), media_type=JSON, headers={"content-encoding": "gzip, gzip"}
    ),
    "packed badly": Response(b"not gzip", media_type=JSON, headers={"content-encoding": "gzip"}),
    "a list": as_json([1, 2]),
    "nothing": as_json(None),
    "results that are no list": as_json({"results": {"title": "x"}}),
    "not found": JSONResponse({"detail": "no"}, 404),
}


@pytest.mark.parametrize("said", USELESS)
async def test_what_is_no_list_of_results_is_refused_and_asked_once(house: House, world: Outside, said: str):
    world.says(USELESS[said])
    source = house.source("searxng")
    with pytest.raises(UnusableError) as refused:
        await source.ask(QUESTION, "en")

    assert len(world.asked) == 1
    assert refused.value.reason in source.state
    assert QUESTION not in refused.value.reason


@pytest.mark.parametrize("odd", [
    {}, {"title": None, "content": 3, "url": []}, {"title": "x"}, "text", None, 7, [[]], page(title=""),
    page(text=" \u200b"),
    page(url=""), page(url="https://"), page(url="javascript:alert(1)"), page(url="https://evil.example/x"),
])  # fmt: skip
async def test_a_result_that_is_none_is_passed_over_and_the_next_is_taken(house: House, world: Outside, odd):
    world.says(as_json({"results": [odd, page()]}))

    assert len(await house.source("searxng").ask(QUESTION, "en")) == 1


async def test_an_answer_packed_with_gzip_is_read(house: House, world: Outside):
    async def say(asked):
        packed = gzip.compress(JSONResponse(shape(asked)).body)
        return Response(packed, media_type=JSON, headers={"content-encoding": "gzip"})

    world.say = say
    assert len(await house.source("stack_exchange").ask(QUESTION, "en")) == 1


async def test_a_body_that_never_ends_costs_no_more_than_the_time_there_is(house: House, world: Outside):
    world.says(dripping(b" "))
    assert await house.sources("searxng", seconds=0.3).search(QUESTION, "en") == ()


async def test_a_body_that_never_ends_and_is_large_is_cut_off(house: House, world: Outside):
    world.says(dripping(b" " * 400_000))
    with pytest.raises(UnusableError):
        await house.source("searxng").ask(QUESTION, "en")


@pytest.mark.parametrize("status", [401, 402, 403])
async def test_a_source_that_refuses_our_key_is_left_alone_for_long(house: House, world: Outside, status: int):
    world.says(JSONResponse({"error": "no"}, status))
    source = house.source("brave")
    with pytest.raises(RejectedError):
        await source.ask(QUESTION, "en")

    house.clock.now += 300
    assert not source.may_be_asked()
    house.clock.now += 301
    assert source.may_be_asked()


async def test_a_fault_of_the_moment_is_tried_once_more(house: House, world: Outside):
    world.says(JSONResponse({}, 502), as_json(GOOD))
    assert len(await house.source("searxng").ask(QUESTION, "en")) == 1
    assert len(world.asked) == 2


async def test_a_fault_that_stays_is_tried_once_more_and_no_more(house: House, world: Outside):
    world.says(JSONResponse({}, 500))
    with pytest.raises(UnavailableError):
        await house.source("searxng").ask(QUESTION, "en")
    assert len(world.asked) == 2


async def test_a_question_that_is_posted_is_not_repeated(house: House, world: Outside):
    world.says(JSONResponse({}, 500))
    with pytest.raises(UnavailableError):
        await house.source("tavily").ask(QUESTION, "en")
    assert len(world.asked) == 1


async def test_nobody_there_is_no_answer(house: House, free_port):
    with pytest.raises(UnavailableError):
        await house.source("searxng", base_url=f"http://127.0.0.1:{free_port()}").ask(QUESTION, "en")


async def test_a_source_that_fails_three_times_is_not_asked_for_a_minute(house: House, world: Outside):
    world.says(JSONResponse({}, 500))
    sources = house.sources("searxng")
    for n in range(5):
        assert await sources.search(f"{QUESTION} {'abc'[n % 3]}lpha", "en") == ()
    assert len(world.asked) == 6
    assert house.counted == {("searxng", "asked"): 3, ("searxng", "failed"): 3, ("searxng", "spared"): 2}

    house.clock.now += 61
    world.says(as_json(GOOD))
    assert len(await sources.search(QUESTION, "en")) == 1
    assert "ok" in sources.state


async def test_a_source_too_slow_three_times_is_not_waited_for_again(house: House, world: Outside):
    world.say = slow(0.8)
    sources = house.sources("searxng", seconds=0.05)
    for word in ("alpha", "beta", "gamma", "delta"):
        assert await sources.search(f"excel {word}", "en") == ()
    assert len(world.asked) == 3


async def test_retry_after_is_obeyed(house: House, world: Outside):
    world.says(JSONResponse({}, 429, headers={"retry-after": "120"}), as_json(GOOD))
    source = house.source("searxng")
    with pytest.raises(PausedError):
        await source.ask(QUESTION, "en")
    house.clock.now += 119
    assert not source.may_be_asked()
    house.clock.now += 2
    assert source.may_be_asked()
    assert len(world.asked) == 1


@pytest.mark.parametrize(("told", "seconds"), [
    ("7", 7), ("", PAUSE), ("soon", PAUSE), ("-3", PAUSE), ("999999999", LONGEST_PAUSE), (formatdate(0), 1.0),
])  # fmt: skip
def test_retry_after_is_read_whatever_it_says(told: str, seconds: float):
    assert retry_after(told) == seconds


def test_retry_after_may_be_a_date():
    assert retry_after("Fri, 31 Dec 2999 23:59:59 GMT") == LONGEST_PAUSE


async def test_the_backoff_of_stack_exchange_is_obeyed_and_its_answer_used(house: House, world: Outside):
    async def say(asked):
        return JSONResponse(shape(asked) | ({"backoff": 30} if asked.path.startswith("/2.3/answers") else {}))

    world.say = say
    source = house.source("stack_exchange")
    assert len(await source.ask(QUESTION, "en")) == 1
    assert not source.may_be_asked()
    house.clock.now += 31
    assert source.may_be_asked()


async def test_a_backoff_on_the_first_of_two_questions_keeps_the_second_unasked(house: House, world: Outside):
    world.says(as_json({"items": [QUESTION_OF_THEIRS], "backoff": 10}))
    await house.source("stack_exchange").ask(QUESTION, "en")

    assert len(world.asked) == 1


async def test_a_quota_used_up_is_not_asked_about_for_an_hour(house: House, world: Outside, caplog):
    world.says(as_json({"items": [], "quota_max": 300, "quota_remaining": 0}))
    source = house.source("stack_exchange")
    await source.ask(QUESTION, "en")

    assert "0 questions left" in source.state
    assert "0 more questions today" in caplog.text
    house.clock.now += 3599
    assert not source.may_be_asked()


async def test_throttling_that_stack_exchange_says_with_400_is_obeyed(house: House, world: Outside):
    message = "too many requests from this IP, more requests available in 500 seconds"
    world.says(JSONResponse({"error_id": 502, "error_name": "throttle_violation", "error_message": message}, 400))
    source = house.source("stack_exchange")
    with pytest.raises(PausedError):
        await source.ask(QUESTION, "en")
    assert source.pace.pause == 500


async def test_no_more_questions_a_minute_than_set(house: House, world: Outside):
    source = house.source("searxng", per_minute=3)

    assert [source.may_be_asked() for _ in range(5)] == [True, True, True, False, False]
    house.clock.now += 60
    assert source.may_be_asked()


async def test_an_error_never_quotes_what_the_site_sent(house: House, world: Outside):
    world.says(JSONResponse({"error": "secret-of-theirs"}, 418))
    with pytest.raises(OutsideError) as told:
        await house.source("searxng").ask(QUESTION, "en")
    assert "secret" not in told.value.reason
