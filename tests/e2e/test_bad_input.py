"""Whatever arrives, the running system gives a kind answer or a clear refusal, and keeps working."""

import asyncio
import hashlib
import hmac
import json
import logging
import re
import secrets
from contextlib import suppress
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from app.db.models import Conversation, InboxMessage, Notice, OutboxEntry
from app.emulator import gestures
from app.main import WEBHOOK_PATH

pytestmark = pytest.mark.asyncio(loop_scope="module")

MARK = "segredo-do-corpo-4711"
NEVER = re.compile(r"Traceback|Exception|\bError:|\bNone\b|\bnull\b|\{[a-z_]*\}|<class|\bundefined\b")
TABLES = (Conversation, InboxMessage, Notice, OutboxEntry)


def _kind(said: str, words: str = "") -> str:
    """Hold what every reply must be, apart from the words it repeats; returns it."""
    assert said.strip()
    assert not NEVER.search(said.replace(words, "")), said
    return said


async def _settled(town: Any) -> None:
    """Nothing is left unread, given up or refused."""

    def look(session: Any) -> tuple[set[str], list[str]]:
        unread = session.scalars(select(InboxMessage.state).distinct())
        lost = session.scalars(select(OutboxEntry.error).where(OutboxEntry.state.in_(("failed", "dead", "held"))))
        return set(unread), list(lost)

    states, lost = await town.house.database.read(look)
    assert states <= {"done"}
    assert lost == []


async def _rows(town: Any) -> list[int]:
    def count(session: Any) -> list[int]:
        return [session.scalar(select(func.count()).select_from(table)) for table in TABLES]

    return await town.house.database.read(count)


def _signed(town: Any, body: bytes) -> dict[str, str]:
    secret = town.house.settings.whatsapp.app_secret.get_secret_value().encode()
    return {"X-Hub-Signature-256": "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()}


async def _post(town: Any, body: bytes, headers: dict[str, str]) -> int:
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        return (await http.post(town.url + WEBHOOK_PATH, content=body, headers=headers)).status_code


def _delivery(town: Any, message: dict[str, Any], name: str = "Bia", wa_id: str = "5511900000001") -> bytes:
    """A webhook as Meta would write it, around any message."""
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"phone_number_id": town.house.settings.whatsapp.phone_number_id},
        "contacts": [{"wa_id": wa_id, "profile": {"name": name}}],
        "messages": [{"from": wa_id, "id": f"wamid.{secrets.token_hex(8)}", "timestamp": "1795440000"} | message],
    }
    changes = [{"field": "messages", "value": value}]
    return json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": changes}]}).encode()


FORGED = {
    "unsigned": lambda _body: {},
    "not hexadecimal": lambda _body: {"X-Hub-Signature-256": "sha256=olá".encode()},
    "of another secret": lambda body: {"X-Hub-Signature-256": "sha256=" + hmac.new(b"x", body, "sha256").hexdigest()},
    "of another body": lambda _body: {"X-Hub-Signature-256": "sha256=" + hmac.new(b"x", b"", "sha256").hexdigest()},
    "sha1": lambda body: {"X-Hub-Signature-256": "sha1=" + hmac.new(b"x", body, "sha256").hexdigest()},
    "empty": lambda _body: {"X-Hub-Signature-256": ""},
}


@pytest.mark.parametrize("how", FORGED)
async def test_a_forged_body_is_refused_and_leaves_no_trace(shared_town, caplog, how) -> None:
    caplog.set_level(logging.DEBUG)
    before = await _rows(shared_town)
    body = _delivery(shared_town, {"type": "text", "text": {"body": MARK}})
    assert await _post(shared_town, body, FORGED[how](body)) == 401
    assert await _rows(shared_town) == before
    assert MARK not in caplog.text


BROKEN = {
    "no json": MARK.encode(),
    "empty": b"",
    "half a body": b'{"object": "whatsapp_business_account", "entry": [{"' + MARK.encode(),
    "not utf-8": b'{"object": "\xff\xfe", "entry": "' + MARK.encode() + b'"}',
    "utf-16": json.dumps({"object": MARK}).encode("utf-16"),
    "a list": json.dumps([MARK]).encode(),
    "a number": b"4711",
    "deep": b'{"object":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    "not a number": b'{"object": NaN, "entry": "' + MARK.encode() + b'"}',
}


@pytest.mark.parametrize("how", BROKEN)
async def test_a_signed_body_that_is_no_webhook_is_refused_and_leaves_no_trace(shared_town, caplog, how) -> None:
    caplog.set_level(logging.DEBUG)
    before, body = await _rows(shared_town), BROKEN[how]
    assert await _post(shared_town, body, _signed(shared_town, body)) == 400
    assert await _rows(shared_town) == before
    assert MARK not in caplog.text


async def test_an_oversized_body_is_refused_before_it_is_read(shared_town) -> None:
    before, body = await _rows(shared_town), b" " * (3 * 1024 * 1024 + 1)
    with suppress(httpx.WriteError):  # the refusal may reach us after the connection is gone
        assert await _post(shared_town, body, _signed(shared_town, body)) == 413
    assert await _rows(shared_town) == before


async def test_items_of_unknown_shape_are_taken_and_the_others_are_answered(shared_town) -> None:
    odd = ({"type": "hologram", "hologram": {"x": 1}}, {"type": "text", "text": "no object"}, {"type": 7}, {})
    who = shared_town.somebody()
    _kind(await shared_town.hear(who, said="oi"))
    for message in odd:
        body = _delivery(shared_town, message, wa_id=shared_town.emulator.people.get(who).wa_id or "")
        assert await _post(shared_town, body, _signed(shared_town, body)) == 200
    _kind(await shared_town.hear(who, said="oi"))
    await _settled(shared_town)


async def _deliver(town: Any, who: str, message: dict[str, Any], name: str = "Bia") -> str:
    """Post a message of a person's, past the emulator's own checks; returns the reply."""
    await town.hear(who, said="oi")  # opens WhatsApp's window
    known = len(town.emulator.outbox(who))
    body = _delivery(town, message, name, town.emulator.people.get(who).wa_id)
    assert await _post(town, body, _signed(town, body)) == 200
    async with asyncio.timeout(15):
        while len(town.emulator.outbox(who)) == known:
            await asyncio.sleep(0.05)
    return _kind("\n".join(message.text for message in town.emulator.outbox(who)[known:]))


@pytest.mark.parametrize("words", ["oi \ud83d quebrado", "oi \x00 nulo", "\udc00"], ids=["half", "null", "only half"])
async def test_what_is_no_unicode_is_answered_like_any_word(shared_town, words) -> None:
    who = shared_town.somebody()
    await _deliver(shared_town, who, {"type": "text", "text": {"body": words}}, name="Bia \ud83d")
    await _settled(shared_town)


@pytest.mark.parametrize("stamp", ["0", "1", "4102444800", "253402300800", "-1", "amanhã", ""])
async def test_a_message_dated_far_from_our_clock_is_answered(shared_town, stamp) -> None:
    who = shared_town.somebody()
    said = await _deliver(shared_town, who, {"type": "text", "text": {"body": "oi"}, "timestamp": stamp})
    assert "e-mail" in said
    await _settled(shared_town)


EMAILS = {
    "taina.braga@ipe.example": "  taina.braga@ipe.example  ",
    "ivo.peixoto@ipe.example": "IVO.PEIXOTO@IPE.EXAMPLE",
    "debora.sampaio@ipe.example": "debora.sampaio@ipe.example.",
    "rogerio.nunes@ipe.example": "meu e-mail é Rogerio.Nunes@ipe.example, tá?",
    "noemi.castanho@ipe.example": "<noemi.castanho@ipe.example>...",
    "jussara.pontes@ipe.example": "\u200bjussara.pontes@ipe.example\u200b\u2060",
}


@pytest.mark.parametrize("email", EMAILS)
async def test_an_e_mail_written_carelessly_gets_its_code(shared_town, email) -> None:
    who = shared_town.somebody()
    await shared_town.hear(who, said="oi")
    said = _kind(await shared_town.hear(who, said=EMAILS[email]))
    assert email in said
    async with asyncio.timeout(10):
        while not shared_town.mailbox.messages(email):
            await asyncio.sleep(0.02)


NO_EMAILS = (
    "'; DROP TABLE conversation;--@ipe.example",
    '<script>alert("x")</script>@ipe.example',
    "mariana.vilela@@ipe.example",
    "mariana.vilela(arroba)ipe",
    "@" * 500,
    f"{'a' * 5000}@ipe.example",
    "maria@ipe.example\r\nBcc: all@ipe.example",
)


async def test_what_is_no_e_mail_is_answered_and_mails_nobody(shared_town) -> None:
    who = shared_town.somebody()
    await shared_town.hear(who, said="oi")
    known = len(shared_town.mailbox.messages())
    for words in NO_EMAILS:
        _kind(await shared_town.hear(who, said=words))
    await _settled(shared_town)
    assert {mail.recipients for mail in shared_town.mailbox.messages()[: -known or None]} <= {("maria@ipe.example",)}


async def test_a_code_where_none_was_asked_is_not_a_way_in(shared_town) -> None:
    who = shared_town.somebody()
    assert "e-mail" in _kind(await shared_town.hear(who, said="123456"))
    await shared_town.verify(who, "otavio.reis@ipe.example")
    assert "Otávio" not in _kind(await shared_town.hear(shared_town.somebody(), said="123456"))
    _kind(await shared_town.hear(who, said="meu código é 123 456"))


async def test_a_used_code_opens_nothing_again(shared_town) -> None:
    who, thief = shared_town.somebody(), shared_town.somebody()
    await shared_town.hear(who, said="oi")
    code = await shared_town.code_for(who, "mariana.vilela@ipe.example")
    await shared_town.hear(thief, said="oi")
    assert "Prontinho" not in _kind(await shared_town.hear(thief, said=code))
    assert "Prontinho" in await shared_town.hear(who, said=f"o código é {code[:3]} {code[3:]}, obrigada")
    await shared_town.hear(who, said="sair")
    assert "Prontinho" not in _kind(await shared_town.hear(who, said=code))
    await shared_town.code_for(who, "mariana.vilela@ipe.example")
    assert "não bateu" in _kind(await shared_town.hear(who, said=code))


async def test_too_many_wrong_codes_end_the_code_and_a_person_can_help(shared_town) -> None:
    who = shared_town.somebody()
    await shared_town.hear(who, said="oi")
    code = await shared_town.code_for(who, "lucia.ferreyra@ipe.example")
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for _ in range(5):
        said = _kind(await shared_town.hear(who, said=wrong))
    assert "não vale mais" in said
    assert "Prontinho" not in _kind(await shared_town.hear(who, said=code))


ODD_WORDS = {
    "very long": "minha vpn não conecta, " * 220,
    "one long word": "a" * 5000,
    "only emoji": "😩😩😩",
    "one emoji": "🤷🏽‍♀️",
    "right to left": "مرحبا، الطابعة لا تعمل",
    "turned around": "\u202eodahcolb odit olpmexe\u202c",
    "zero width inside": "min\u200bha v\u200dpn n\u2060ão conecta",
    "combining": "z̷̢̧̛̛͍̰͖̪̱̝̮̩̰̗̟̲̼̤̉̾̈́͛̆̒̑̚a̶l̸g̵o̴" * 20,
    "html": "<img src=x onerror=alert(1)><b>minha vpn</b>",
    "sql": "'; DROP TABLE inbox; -- \" OR 1=1",
    "template": "{{ 7*7 }} {name} ${{jndi:ldap://x}} %s %n {0}",
    "digits": "9" * 400,
    "number": "#99999999999999999999999999",
    "punctuation": "???!!!...",
    "marks": "*_~`*_~`",
    "other alphabet": "我的打印机坏了",
    "control": "oi\x07\x1b[31m vermelho\x08",
}


async def _survives(town: Any, who: str) -> None:
    """Say every odd thing in one go; each must have an answer."""
    silent = []
    for name, words in ODD_WORDS.items():
        try:
            said = await town.reply(who, await town.emulator.say(who, words), timeout_s=6)
        except TimeoutError:
            silent.append(name)
        else:
            _kind(said, words)
    assert silent == []
    await _settled(town)


async def test_odd_words_before_verification_get_a_kind_answer(shared_town) -> None:
    await _survives(shared_town, shared_town.somebody(name='Robert"); DROP TABLE contact;-- <b>&{name}'))


async def test_odd_words_of_an_employee_get_a_kind_answer(shared_town) -> None:
    await _survives(shared_town, await shared_town.employee("mariana.vilela@ipe.example"))


@pytest.mark.parametrize("blank", ["\u200b\u200d\ufeff\u2060", " \n \t \n "], ids=["zero width", "spaces"])
async def test_a_blank_message_is_answered_kindly_and_so_is_the_next_one(shared_town, blank) -> None:
    who = shared_town.somebody()
    assert _kind(await shared_town.hear(who, said=blank))
    assert "e-mail" in _kind(await shared_town.hear(who, said="oi"))
    await _settled(shared_town)


async def test_odd_words_never_break_a_form(shared_town) -> None:
    who = await shared_town.employee("wesley.luz@ipe.example")
    await shared_town.hear(who, said="a impressora de etiquetas da doca parou")
    assert "unidade" in await shared_town.hear(who, tapped="Abrir chamado")
    await _survives(shared_town, who)


async def test_whatever_a_phone_can_send_gets_a_kind_answer(shared_town) -> None:
    who = await shared_town.employee("camilo.restrepo@ipe.example")
    pixel = b"\x89PNG\r\n\x1a\n"
    sends = (
        shared_town.emulator.send_file(who, "sticker", b"RIFF\x00\x00\x00\x00WEBP", "image/webp"),
        shared_town.emulator.send_file(who, "image", pixel, "image/png"),
        shared_town.emulator.send_file(who, "audio", b"OggS", "audio/ogg"),
        shared_town.emulator.send_file(who, "document", b"%PDF-1.4", "application/pdf", filename="../../etc/passwd"),
        shared_town.emulator.send(who, gestures.location(-23.5, -46.6, "<b>Aqui</b>")),
        shared_town.emulator.send(who, gestures.contact_card("'; DROP", "+55 11")),
        shared_town.emulator.send(who, gestures.unsupported("poll")),
        shared_town.emulator.edit(who, "wamid.unknown", "outra coisa"),
    )
    for sending in sends:
        _kind(await shared_town.reply(who, await sending))
    await _settled(shared_town)


async def test_a_profile_name_is_never_more_than_a_name(shared_town) -> None:
    who = shared_town.somebody(name="<script>alert(1)</script>'; DROP TABLE employee;--" + "n" * 600)
    said = _kind(await shared_town.hear(who, said="oi"))
    assert "<script>" not in said
    assert "Mariana!" in await shared_town.verify(who, "mariana.vilela@ipe.example")
    await _settled(shared_town)
