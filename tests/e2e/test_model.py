"""With a model behind an endpoint: the whole journey, and every way in which a provider fails."""

import json
import re
import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import ClassVar

import pytest
import pytest_asyncio
from pydantic import SecretStr
from sqlalchemy import func, select

from app.db.models import MediaFile, OutboxEntry, Turn
from app.settings import IdentitySettings, LlmSettings, TurnSettings, VisionSettings, VoiceSettings
from app.thinking.models import ModelCallRow
from app.thinking.patience import MOMENT_PART
from tests.e2e.conftest import Town, open_town
from tests.e2e.test_conversations import JOURNEYS, journey
from tests.provider.faithful import engine, faithful
from tests.provider.server import Provider, Say, serving, trouble
from tools.breaker import Breaker

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEY = "sk-canary-4711"
QUESTION, HEADING = "cadê meu holerite desse mês, onde eu vejo?", "Onde vejo meu holerite"
OGG, PNG = b"OggS" + b"\0" * 400, b"\x89PNG\r\n\x1a\n" + b"\0" * 400
FAULTS: dict[str, tuple[Say, ...]] = {
    "refused key": (trouble(401, "invalid_api_key"),),
    "no quota left": (trouble(429, "insufficient_quota"),),
    "throttled, back in a moment": (trouble(429, retry_after="0.05"),),
    "throttled for a minute": (trouble(429, retry_after="60"),),
    "bad request": (trouble(400, message="json_schema: too many properties"),),
    "server error": (trouble(500), trouble(500)),
    "bad gateway with a page": (Say(raw="<html><h1>502</h1></html>", status=502),) * 2,
    "overloaded": (trouble(529), trouble(529)),
    "a page instead of an answer": (Say(raw="<html>Sign in</html>"),),
    "an empty body": (Say(raw=""),),
    "null choices": (Say(null_choices=True),),
    "a body cut in the middle": (Say('{"wishes": [', cut_after=150),) * 2,
    "no answer in time": (Say("{}", delay=20),),
    "a refusal": (Say(refusal="I can't help with that."),),
    "stopped by a filter": (Say("{}", finish="content_filter"),),
    "stopped for length, twice": (Say('{"wishes": [{"int', finish="length"),) * 2,
    "nothing": (Say(""), Say("")),
    "words instead of JSON": (Say("Claro! Posso ajudar."),) * 2,
    "JSON of another shape": (Say('{"answer": 42}'),) * 2,
    "an invented intent": (Say('{"wishes": [{"intent": "root"}], "angry": false}'),) * 2,
    "a megabyte": (Say("x" * 1_000_000),),
    "a redirect": (Say(status=302, headers={"location": "http://127.0.0.1:9/"}),),
    "a call of an unknown tool": (Say('{"number": "1"}', tool="close_request", finish="tool_calls"),) * 2,
}


def lie(answer: str, source: str = "S1", quote: str = "O holerite fica no *Portal da Gente* a partir do dia") -> Say:
    """An answer of the second call with something in it that is not so."""
    said = {"verdict": "answered", "answer": answer, "citations": [{"source": source, "quote": quote}]}
    return Say(json.dumps(said))


LIES: dict[str, tuple[Say, ...]] = {
    "another language": (lie("The payslip is in the people portal and you can open it every month."),) * 2,
    "an invented article": (lie("Peça no balcão azul.", source="S9"),),
    "an invented quote": (lie("Peça no balcão azul.", quote="O holerite é entregue no balcão azul toda sexta"),),
    "an invented number": (lie("O holerite sai todo dia 7. Ligue para 4002-8922."),),
    "a foreign link": (lie("Abra https://evil.example/x e entre. Ou evil.com mesmo."),),
    "endless repetition": (lie("o holerite " * 600),),
}
# A third of them here; `python -m tests.bench.model` plays every one, and `docs/models.md` tells what came of it.
SOME = [*FAULTS][::3]
UNTRUE = re.compile(r"balcão azul|dia 7\b|4002|evil|people portal|(o holerite ){3}")
UNDERSTOOD = Say(
    json.dumps({
        "wishes": [{
            "intent": "ask", "confidence": "high", "words": "", "query": "onde vejo o holerite", "translations": [],
            "categories": [], "number": "", "fields": [],
        }],
        "angry": False,
    })
)  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def provider(free_port) -> AsyncIterator[Provider]:
    engine()  # trained before anybody waits for it
    async with serving(Provider(mind=faithful, key=KEY), free_port()) as provider:
        yield provider


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def model_town(founded, tmp_path_factory, free_port, provider) -> AsyncIterator[Town]:
    data_dir = tmp_path_factory.mktemp("model") / "data"
    shutil.copytree(founded, data_dir)
    seeing: dict[str, object] = {
        "voice": VoiceSettings(model="whisper-1"),
        "vision": VisionSettings(model="gpt-scripted"),
    }
    seeing["identity"] = IdentitySettings(resend_after=timedelta(0), codes_per_email_hour=99, codes_per_email_day=99)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.thinking.engines.Breaker", KnownBreaker)
        async with open_town(data_dir, free_port(), llm=llm_of(provider), **seeing) as town:
            yield town


def llm_of(provider: Provider) -> LlmSettings:
    return LlmSettings(
        base_url=provider.url,
        api_key=SecretStr(KEY),
        model="gpt-scripted",
        timeout=timedelta(seconds=3),
        deadline=timedelta(seconds=5),
        prices={"gpt-scripted": (0.4, 1.6, 0.1)},
    )


@pytest.fixture(autouse=True)
def sound(request, provider) -> None:
    """Every test begins with a provider that works and that nobody has given up."""
    provider.script.clear()
    provider.mind, provider.transcript = faithful, "a impressora da doca não imprime"


@pytest_asyncio.fixture(loop_scope="module")
async def who(model_town) -> str:
    """An employee with a new phone, verified."""
    forgive()
    return await model_town.employee("taina.braga@ipe.example", hello="oi, tudo bem?")


def forgive() -> None:
    """Close the breakers, as time would."""
    for breaker in KnownBreaker.made:
        breaker.worked()


class KnownBreaker(Breaker):
    """A breaker that can be found again."""

    made: ClassVar[list[Breaker]] = []

    def __init__(self) -> None:
        super().__init__()
        self.made.append(self)


async def rows(town: Town, query) -> list:
    return await town.house.database.read(lambda s: list(s.scalars(query)))


@pytest.mark.parametrize("said", JOURNEYS, ids=lambda journey: journey.language)
async def test_the_whole_journey_is_the_same_with_a_model(model_town, provider, said):
    asked = len(provider.questions)
    await journey(model_town, said)
    assert len(provider.questions) > asked


@pytest.mark.parametrize("fault", SOME)
async def test_whatever_the_provider_does_the_question_is_answered(model_town, provider, who, fault):
    provider.will(*FAULTS[fault])
    said = await model_town.hear(who, said=QUESTION)

    assert HEADING in said
    assert not provider.script or len(provider.script) < len(FAULTS[fault])


@pytest.mark.parametrize("fault", ["no answer in time", "words instead of JSON", "null choices", "a refusal"])
async def test_a_fault_of_the_second_call_leaves_the_articles_own_words(model_town, provider, who, fault):
    provider.will(UNDERSTOOD, *FAULTS[fault])
    assert HEADING in await model_town.hear(who, said=QUESTION)


@pytest.mark.parametrize("untrue", LIES)
async def test_what_is_not_so_is_not_told(model_town, provider, who, untrue):
    provider.will(UNDERSTOOD, *LIES[untrue])
    said = await model_town.hear(who, said=QUESTION)

    assert HEADING in said
    assert not UNTRUE.search(said)
    assert not provider.script


async def test_who_waits_long_is_told_so_once_and_before_the_answer(founded, tmp_path_factory, free_port, provider):
    data_dir = tmp_path_factory.mktemp("slow") / "data"
    shutil.copytree(founded, data_dir)
    turns = TurnSettings(settle=timedelta(seconds=0.2), patience=timedelta(seconds=0.1))
    async with open_town(data_dir, free_port(), llm=llm_of(provider), turns=turns) as town:
        who = await town.employee("ivo.peixoto@ipe.example", hello="oi, tudo bem?")
        provider.will(Say("{}", delay=20))
        wamid = await town.emulator.say(who, QUESTION)
        told = [m.text for m in await town.emulator.replies(who, after=wamid, timeout=30, count=2, quiet=0.5)]

        assert "Um momento" in told[0]
        assert HEADING in told[1]
        asked = select(OutboxEntry.version).where(OutboxEntry.part == MOMENT_PART)
        versions = await rows(town, asked)
        assert len(versions) == len(set(versions))


async def test_each_turn_says_what_it_cost_and_which_prompts_it_used(model_town, who):
    await model_town.hear(who, said=QUESTION)

    calls = await model_town.house.database.read(lambda s: s.scalars(select(ModelCallRow)).all()[-2:])
    turn = await model_town.house.database.read(lambda s: s.scalars(select(Turn).order_by(Turn.at)).all()[-1])
    assert [call.purpose for call in calls] == ["understand", "answer"]
    assert all(call.cost > 0 and call.tokens_in and call.milliseconds for call in calls)
    assert turn.engine == "llm"
    assert all(f"model/{call.prompt}" in turn.prompts for call in calls)


async def test_a_voice_note_is_understood_and_the_file_is_kept(model_town, provider, who):
    provider.transcript = "cadê meu holerite desse mês, onde eu vejo?"
    wamid = await model_town.emulator.send_file(who, "audio", OGG, "audio/ogg; codecs=opus")
    assert HEADING in await model_town.reply(who, wamid)

    file = await model_town.house.database.read(lambda s: s.get_one(MediaFile, wamid))
    assert (model_town.house.data_dir / file.path).read_bytes() == OGG
    assert provider.heard[-1] == len(OGG)


@pytest.mark.parametrize("said", [trouble(500), Say("{}", delay=0.1, raw="<html>"), Say(raw='{"text": ""}')])
async def test_a_voice_note_that_cannot_be_heard_is_kept_and_said_so(model_town, provider, who, said):
    provider.transcript = said
    wamid = await model_town.emulator.send_file(who, "audio", OGG, "audio/ogg; codecs=opus")

    assert "não consigo ouvir" in await model_town.reply(who, wamid)
    assert (await model_town.house.database.read(lambda s: s.get_one(MediaFile, wamid))).state == "stored"


async def test_words_and_a_voice_note_sent_together_are_one_turn(model_town, provider, who):
    provider.transcript = "onde eu vejo?"
    before = len(await rows(model_town, select(Turn.version)))
    await model_town.emulator.send_file(who, "audio", OGG, "audio/ogg; codecs=opus")
    wamid = await model_town.emulator.say(who, "cadê meu holerite desse mês")

    assert HEADING in await model_town.reply(who, wamid)
    assert len(await rows(model_town, select(Turn.version))) == before + 1


async def test_a_screenshot_is_described_and_joins_the_request(model_town, provider, who):
    wamid = await model_town.emulator.send_file(
        who, "image", PNG, "image/png", caption="apareceu isso, abre um chamado"
    )
    await model_town.reply(who, wamid)

    seen = [body for body in provider.questions if isinstance(body["messages"][1]["content"], list)]
    assert seen[-1]["messages"][1]["content"][1]["image_url"]["url"].startswith("data:image/png;base64,")
    asked = str(provider.questions[-1]["messages"][1]["content"])
    assert "Na imagem: Tela do Outlook" in asked
    assert "0x800CCC0E" in asked


async def test_no_secret_of_the_house_is_ever_in_a_prompt(model_town, provider):
    settings = model_town.house.settings
    secrets = [settings.whatsapp.app_secret, settings.whatsapp.access_token, settings.whatsapp.verify_token]
    told = "".join(str(body) for body in provider.asked)

    assert provider.asked
    assert KEY not in told
    assert not [secret for secret in secrets if secret.get_secret_value() in told]
    assert "taina.braga@ipe.example" not in told


async def test_a_normal_turn_makes_at_most_two_calls(model_town, who):
    before = await rows(model_town, select(func.max(ModelCallRow.id)))
    for said in (QUESTION, "minha vpn caiu", "preciso de um segundo monitor", "e o meu chamado?"):
        await model_town.hear(who, said=said)
    turn = (ModelCallRow.conversation_id, ModelCallRow.version)
    calls = select(func.count()).where(ModelCallRow.id > before[0], ModelCallRow.version > 0).group_by(*turn)

    counts = await rows(model_town, calls)
    assert len(counts) >= 3
    assert max(counts) <= 2


async def test_a_wrong_key_is_said_at_the_start_and_everybody_is_served(
    founded, tmp_path_factory, free_port, provider, caplog
):
    data_dir = tmp_path_factory.mktemp("wrong") / "data"
    shutil.copytree(founded, data_dir)
    llm = LlmSettings(base_url=provider.url, api_key=SecretStr("sk-wrong"), model="gpt-scripted")
    async with open_town(data_dir, free_port(), llm=llm) as town:
        who = await town.employee("taina.braga@ipe.example", hello="oi, tudo bem?")
        assert HEADING in await town.hear(who, said=QUESTION)

    told = [record.getMessage() for record in caplog.records if record.name == "app.thinking.engines"]
    assert any("key_refused" in line and "embedded engine" in line for line in told)
    assert not any("sk-wrong" in line for line in told)
