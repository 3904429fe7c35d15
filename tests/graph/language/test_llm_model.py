"""One model behind an endpoint: every way of asking, and every way of not answering, over real HTTP."""

import logging

import pytest

from graph.language.llm.asking import Question
from graph.language.llm.endpoint import Endpoint
from graph.language.llm.errors import DeclinedError, MalformedError, RejectedError, UnavailableError
from graph.language.llm.model import ChatModel
from graph.language.llm.shapes import Understood
from tests.provider.server import ALL_WAYS, Say, trouble, way_of

GOOD = '{"wishes": [{"intent": "ask", "confidence": "high", "words": "", "query": "vpn", "translations": [], "categories": [], "number": "", "fields": []}], "angry": false}'  # noqa: E501 -- as it comes
ASKED = Question("understand", "p@1", "Be exact.", "vpn?", Understood, 500, "id", by_tool=True)


@pytest.fixture(params=[False, True], ids=["whole", "streamed"])
async def model(request, provider):
    model = ChatModel(Endpoint(provider.url, "gpt-scripted", stream=request.param))
    yield model
    await model.close()


async def test_the_answer_comes_whole_with_what_it_cost(model, provider):
    provider.will(Say(GOOD, usage=(900, 80, 512)))

    said = await model.ask(ASKED, seconds=5)

    assert Understood.model_validate_json(said.text).wishes[0].query == "vpn"
    assert (said.tokens_in, said.tokens_out, said.tokens_cached) == (900, 80, 512)


@pytest.mark.parametrize(
    ("ways", "free", "without_tools"),
    [
        (ALL_WAYS, "json_schema", "json_schema"),
        (ALL_WAYS - {"json_schema"}, "tool", "json_object"),
        ({"json_object", "plain"}, "json_object", "json_object"),
        ({"tool", "plain"}, "tool", "plain"),
        ({"plain"}, "plain", "plain"),
    ],
)
async def test_an_endpoint_is_asked_in_the_best_way_it_knows_and_found_out_once(
    model, provider, ways, free, without_tools
):
    provider.ways, provider.mind = frozenset(ways), lambda body: GOOD
    for by_tool in (True, False):
        for _ in range(2):
            asked = Question("understand", "p@1", "Be exact.", "vpn?", Understood, 500, "id", by_tool=by_tool)
            assert Understood.model_validate_json((await model.ask(asked, seconds=5)).text).wishes

    assert [way_of(body) for body in provider.questions] == [free, free, without_tools, without_tools]
    assert len(provider.asked) - len(provider.questions) <= 2 * len(ALL_WAYS)


async def test_an_endpoint_that_takes_a_schema_and_does_not_keep_to_it_is_asked_otherwise(model, provider):
    provider.probes = False
    provider.will(Say("Sure! I am ready."), Say('{"ready": true, "word": "recado"}'), Say(GOOD))

    await model.ask(ASKED, seconds=5)

    assert [way_of(body) for body in provider.asked] == ["json_schema", "tool", "tool"]


async def test_a_model_without_a_temperature_or_with_the_old_limit_is_asked_without(provider):
    provider.probes = False
    provider.will(
        trouble(400, message="Unsupported value: 'temperature' does not support 0"),
        trouble(400, message="Unrecognized request argument: max_completion_tokens"),
        Say('{"ready": true, "word": "recado"}'),
        Say(GOOD),
    )
    model = ChatModel(Endpoint(provider.url, "gpt-scripted", extra={"reasoning_effort": "low"}))
    await model.ask(ASKED, seconds=5)
    await model.close()

    body = provider.asked[-1]
    assert "temperature" not in body
    assert "max_completion_tokens" not in body
    assert (body["max_tokens"], body["reasoning_effort"]) == (500, "low")


@pytest.mark.parametrize(
    ("said", "error", "reason"),
    [
        (trouble(401, "invalid_api_key"), RejectedError, "key_refused"),
        (trouble(403), RejectedError, "key_refused"),
        (trouble(429, "insufficient_quota"), RejectedError, "quota_used_up"),
        (trouble(429, retry_after="7"), UnavailableError, "throttled"),
        (trouble(400, "context_length_exceeded"), DeclinedError, "too_long"),
        (trouble(400, "content_filter"), DeclinedError, "filtered"),
        (trouble(422), UnavailableError, "bad_request"),
        (trouble(404, "model_not_found"), UnavailableError, "bad_request"),
        (trouble(500), UnavailableError, "broken"),
        (trouble(502), UnavailableError, "broken"),
        (trouble(503), UnavailableError, "broken"),
        (trouble(529), UnavailableError, "broken"),
        (Say(status=302, headers={"location": "https://elsewhere.example/"}), RejectedError, "redirects"),
        (Say(raw="<html>bad gateway</html>"), UnavailableError, "not_an_answer"),
        (Say(raw="<html>bad gateway</html>", status=502), UnavailableError, "broken"),
        (Say(raw=""), UnavailableError, "not_an_answer"),
        (Say(raw='{"ok": true}'), UnavailableError, "not_an_answer"),
        (Say(null_choices=True), UnavailableError, "not_an_answer"),
        (Say(GOOD, finish="length"), MalformedError, "cut_short"),
        (Say(GOOD, finish="content_filter"), DeclinedError, "filtered"),
        (Say(refusal="I cannot help with that."), DeclinedError, "refused"),
        (Say(""), MalformedError, "empty"),
        (Say("x" * 1_000_000), DeclinedError, "endless"),
        (Say(GOOD, delay=30), UnavailableError, "too_slow"),
    ],
)
async def test_each_trouble_is_told_apart_by_what_to_do_about_it(model, provider, said, error, reason):
    await model.check()
    provider.will(said)

    with pytest.raises(error) as raised:
        await model.ask(ASKED, seconds=0.5)

    if said.raw is None or not model._endpoint.stream:  # a stream of nothing is an answer that was cut
        assert raised.value.reason == reason


@pytest.mark.parametrize("cut", [0, 10, 60])
async def test_a_connection_that_breaks_in_the_middle_is_no_answer(model, provider, cut):
    await model.check()
    provider.will(Say(GOOD, cut_after=cut))

    with pytest.raises((UnavailableError, MalformedError)):
        await model.ask(ASKED, seconds=5)


async def test_a_stream_with_lines_that_are_no_json_is_no_answer(provider):
    model = ChatModel(Endpoint(provider.url, "gpt-scripted", stream=True))
    provider.will(Say(GOOD, garbage=True))

    with pytest.raises(UnavailableError):
        await model.ask(ASKED, seconds=5)
    await model.close()


async def test_how_long_to_wait_is_remembered(model, provider):
    await model.check()
    provider.will(trouble(429, retry_after="7"))

    with pytest.raises(UnavailableError) as raised:
        await model.ask(ASKED, seconds=5)

    assert raised.value.retry_after == 7.0


@pytest.mark.parametrize(
    "text", [f"```json\n{GOOD}\n```", f"Here you are:\n{GOOD}", f"<think>vpn {{…}}</think>{GOOD}", f"  {GOOD}\n\n"]
)
async def test_an_answer_in_a_wrapping_is_unwrapped(model, provider, text):
    provider.ways = frozenset({"plain"})
    provider.will(Say(text))

    assert Understood.model_validate_json((await model.ask(ASKED, seconds=5)).text)


async def test_the_call_of_a_tool_that_was_not_offered_is_no_answer(model, provider):
    provider.ways = frozenset({"tool"})
    provider.will(Say('{"number": "1042"}', tool="close_request", finish="tool_calls"))

    with pytest.raises(MalformedError):
        await model.ask(ASKED, seconds=5)


async def test_nobody_there_is_a_trouble_like_the_others(free_port):
    model = ChatModel(Endpoint(f"http://127.0.0.1:{free_port()}/v1", "gpt-scripted"))

    with pytest.raises(UnavailableError) as raised:
        await model.ask(ASKED, seconds=5)

    assert raised.value.reason == "unreachable"
    await model.close()


async def test_a_model_that_no_way_of_asking_reaches_is_not_there(model, provider):
    provider.ways = frozenset()

    with pytest.raises(RejectedError) as raised:
        await model.check()

    assert raised.value.reason == "no_such_model"


async def test_neither_the_key_nor_what_was_said_is_in_an_error_or_a_log(provider, caplog):
    caplog.set_level(logging.INFO)
    provider.key = "sk-right"
    model = ChatModel(Endpoint(provider.url, "gpt-scripted", api_key=_secret("sk-wrong-hunter2")))

    with pytest.raises(RejectedError) as raised:
        await model.ask(ASKED, seconds=5)

    assert "hunter2" not in f"{raised.value!r} {raised.value} {model!r} {model._endpoint!r} {caplog.text}"
    await model.close()


def _secret(text: str):
    from pydantic import SecretStr

    return SecretStr(text)
