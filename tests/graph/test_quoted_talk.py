"""Answering by quoting: words, photos and files go to the request whose news they quote."""

from graph.messages import Media
from tests.graph.people_and_parts import Phone
from tools.effects import CommentRequest

NEWS = {"wamid.a": "1042", "wamid.b": "1050"}


def comments(phone: Phone) -> list[tuple[str, str]]:
    return [(effect.number, effect.text) for effect in phone.effects if isinstance(effect, CommentRequest)]


async def test_words_that_quote_an_agents_reply_join_its_request(phone: Phone):
    phone.about = NEWS
    await phone.send(phone.message("text", "como uso a vpn?", quoted="wamid.a"))

    assert comments(phone) == [("1042", "como uso a vpn?")]
    assert phone.engine.calls == []


async def test_a_burst_that_answers_two_is_parted_and_what_quotes_nothing_goes_with_what_was_before(phone: Phone):
    phone.about = NEWS
    await phone.send(
        phone.message("text", "sala 12", quoted="wamid.a"),
        phone.message("text", "perto da copa"),
        phone.message("text", "24 polegadas", quoted="wamid.b"),
    )

    assert comments(phone) == [("1042", "sala 12\nperto da copa"), ("1050", "24 polegadas")]


async def test_a_photo_without_words_joins_too(phone: Phone):
    phone.about = NEWS
    photo = phone.message("image", media=Media(id="m1", mime_type="image/jpeg"), quoted="wamid.a")
    await phone.send(photo)
    effect = phone.effects[-1]

    assert isinstance(effect, CommentRequest)
    assert (effect.number, effect.attachments) == ("1042", (photo.id,))


async def test_quoting_anything_else_is_understood_as_words(phone: Phone):
    phone.about = NEWS
    await phone.send(phone.message("text", "como uso a vpn?", quoted="wamid.c"))

    assert comments(phone) == []
    assert "understand" in phone.engine.calls


async def test_a_reaction_or_sticker_adds_nothing(phone: Phone):
    phone.about = NEWS
    await phone.send(phone.message("reaction", "👍", quoted="wamid.a"))
    await phone.send(phone.message("sticker", media=Media(id="m1", mime_type="image/webp"), quoted="wamid.a"))

    assert comments(phone) == []


async def test_an_open_form_goes_on_where_it_was(phone: Phone):
    phone.about = NEWS
    asked = await phone.say("a impressora do andar 7 está quebrada")
    told = await phone.send(phone.message("text", "sala 12", quoted="wamid.a"))

    assert comments(phone) == [("1042", "sala 12")]
    assert asked.splitlines()[-1] == told.splitlines()[-1]


async def test_a_stranger_who_quotes_proves_themselves_first(stranger: Phone):
    stranger.about = NEWS
    reply = await stranger.send(stranger.message("text", "sala 12", quoted="wamid.a"))

    assert comments(stranger) == []
    assert "e-mail" in reply
