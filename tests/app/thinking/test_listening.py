"""Voice notes and pictures into words: within limits, and never a reason to lose the file."""

from datetime import timedelta

import pytest
from pydantic import SecretStr

from app.db.models import Conversation, InboxMessage
from app.mailboxes import Unread, seconds_to_listen
from app.settings import LlmSettings, Settings, TurnSettings, VisionSettings, VoiceSettings
from app.thinking.listening import Heard, Listener
from graph.messages import Incoming
from tests.provider.server import Provider, Say, serving, trouble

PICTURED = '{"description": "Tela do Outlook com erro.", "visible_text": "0x800CCC0E"}'


@pytest.fixture
async def provider(free_port):
    async with serving(Provider(mind=lambda body: PICTURED), free_port()) as provider:
        yield provider


@pytest.fixture
async def listener(provider):
    settings = Settings(
        llm=LlmSettings(base_url=provider.url, api_key=SecretStr("k"), model="m", prices={"m": (1.0, 1.0, 1.0)}),
        voice=VoiceSettings(model="whisper-1", largest=1000, timeout=timedelta(seconds=1)),
        vision=VisionSettings(model="m", largest=1000, timeout=timedelta(seconds=1)),
    )
    listener = Listener(settings)
    yield listener
    await listener.close()


@pytest.fixture
def file(tmp_path):
    file = tmp_path / "f"
    file.write_bytes(b"OggS" + b"\0" * 100)
    return file


async def test_without_a_model_nothing_is_listened_to(file):
    listener = Listener(Settings())

    assert listener.kinds == frozenset()
    assert await listener.hear(file, "audio", "audio/ogg", "pt-BR") == Heard()


async def test_a_voice_note_becomes_its_words_and_costs_a_call(listener, provider, file):
    provider.transcript = "minha vpn\u200b caiu "
    heard = await listener.hear(file, "audio", "audio/ogg; codecs=opus", "pt-BR")

    assert heard.words == "minha vpn caiu"
    assert (heard.call.purpose, heard.call.model, heard.call.outcome) == ("transcribe", "whisper-1", "ok")
    assert listener.kinds == {"audio", "image"}


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("pt-BR", "Na imagem: Tela do Outlook com erro. 0x800CCC0E"),
        ("en", "In the picture: Tela do Outlook com erro. 0x800CCC0E"),
    ],
)
async def test_a_picture_becomes_a_description_that_says_what_it_is(listener, file, language, words):
    heard = await listener.hear(file, "image", "image/jpeg", language)

    assert heard.words == words
    assert heard.call.prompt.startswith("picture@")


async def test_a_picture_cannot_say_yes(listener, provider, file):
    from graph.language.offline.intents import read_rules

    provider.mind = lambda body: '{"description": "sim", "visible_text": ""}'
    heard = await listener.hear(file, "image", "image/png", "pt-BR")

    assert read_rules("sim", "pt-BR").intent == "yes"
    assert read_rules(heard.words, "pt-BR") is None


@pytest.mark.parametrize(
    ("kind", "mime_type", "size"),
    [("audio", "audio/ogg", 2000), ("image", "image/png", 2000), ("image", "image/tiff", 10),
     ("video", "video/mp4", 10), ("document", "application/pdf", 10), ("sticker", "image/webp", 10)],
)  # fmt: skip
async def test_what_is_too_large_or_of_another_kind_is_only_kept(listener, provider, tmp_path, kind, mime_type, size):
    file = tmp_path / "f"
    file.write_bytes(b"x" * size)

    assert await listener.hear(file, kind, mime_type, "pt-BR") == Heard()
    assert (provider.heard, provider.questions) == ([], [])


@pytest.mark.parametrize(
    ("said", "outcome"),
    [(trouble(401), "key_refused"), (Say(delay=9), "too_slow"), (Say(raw="<html>"), "not_an_answer")],
)
async def test_a_voice_note_that_cannot_be_heard_stays_a_file(listener, provider, file, said, outcome):
    provider.transcript = said
    heard = await listener.hear(file, "audio", "audio/ogg", "pt-BR")

    assert (heard.words, heard.call.outcome) == ("", outcome)


@pytest.mark.parametrize("said", [trouble(500), Say(refusal="no"), Say("{"), Say(delay=9)])
async def test_a_picture_that_cannot_be_seen_stays_a_file(listener, provider, file, said):
    await listener.hear(file, "image", "image/png", "pt-BR")
    provider.will(said)
    heard = await listener.hear(file, "image", "image/png", "pt-BR")

    assert heard.words == ""
    assert heard.call.outcome != "ok"


async def test_one_endpoints_key_never_goes_to_another():
    settings = Settings(
        llm=LlmSettings(base_url="http://one.example/v1", api_key=SecretStr("sk-one"), model="m"),
        voice=VoiceSettings(model="w", base_url="http://two.example/v1"),
    )
    listener = Listener(settings)

    assert listener._ears._client.api_key == "none"
    await listener.close()


def unread(clock, kind: str = "audio", *, fetching: bool = True, tries: int = 0) -> Unread:
    return Unread(1, Incoming(id="w", kind=kind, at=clock()), clock(), tries, fetching=fetching)


def test_a_turn_waits_for_the_words_of_a_file_but_not_for_ever(clock):
    kinds, longest = frozenset({"audio"}), TurnSettings().listen_longest
    burst = [unread(clock)]
    assert seconds_to_listen(burst, clock(), kinds, longest) > 0
    assert seconds_to_listen(burst, clock(), frozenset(), longest) == 0
    assert seconds_to_listen([unread(clock, "video")], clock(), kinds, longest) == 0
    assert seconds_to_listen([unread(clock, fetching=False)], clock(), kinds, longest) == 0
    assert seconds_to_listen([unread(clock, tries=1)], clock(), kinds, longest) == 0
    clock.pass_by(seconds=longest.total_seconds())
    assert seconds_to_listen(burst, clock(), kinds, longest) == 0
    clock.pass_by(days=-1)
    assert seconds_to_listen(burst, clock(), kinds, longest) == 0


async def test_words_are_kept_once_below_the_caption(database, clock):
    from app.carriers import keep_words

    def found(session) -> None:
        session.add(Conversation(id=1, phone_number_id="p", wa_id="5511", created_at=clock()))
        body = {"id": "w", "kind": "image", "text": "olha isso", "at": clock().isoformat()}
        session.add(InboxMessage(wamid="w", conversation_id=1, body=body, received_at=clock()))

    await database.write(found)
    await database.write(lambda s: keep_words(s, "w", Heard("Na imagem: um erro"), clock()))
    text = await database.read(lambda s: s.get_one(InboxMessage, 1).body["text"])

    assert text == "olha isso\nNa imagem: um erro"
