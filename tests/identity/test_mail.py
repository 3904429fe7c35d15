"""The mail with the code: its words, and real SMTP conversations with servers of every temper."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from app.identity.keys import SecretKeys
from app.identity.mail import CodeMail, CodeMailer, MailDeferredError, MailRefusedError, open_code_mail, render, wiped
from app.identity.smtp import MailSender
from app.settings import MailSettings
from retrieval.passage import Language

ASKED = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
SENDER = "suporte@ipe.example"


def letter(language: Language = "pt-BR", name: str = "Ana Lima", asked_by: str = "0101") -> CodeMail:
    return CodeMail(
        ref="ref-1", address="ana@ipe.example", name=name, language=language, timezone="America/Sao_Paulo",
        code="048213", asked_at=ASKED, expires_at=ASKED + timedelta(minutes=10), asked_by=asked_by,
    )  # fmt: skip


def parts(message: Any) -> tuple[str, str]:
    read = message_from_bytes(message.as_bytes(), policy=policy.default)
    return tuple(read.get_body((kind,)).get_content() for kind in ("plain", "html"))  # type: ignore[return-value,union-attr]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("pt-BR", ("Oi, Ana!", "10 minutos", "Não conte", "final 0101", "23 de novembro de 2026, 10:00 (Sao Paulo)")),
        (
            "es",
            (
                "¡Hola, Ana!",
                "10 minutos",
                "No le digas",
                "terminado en 0101",
                "23 de noviembre de 2026, 10:00",
            ),
        ),
        ("en", ("Hi Ana,", "10 minutes", "Never tell", "ending in 0101", "November 23, 2026, 10:00 (Sao Paulo)")),
    ],
)
def test_both_versions_say_everything_in_three_languages(language: Language, words: tuple[str, ...]) -> None:
    message = render(letter(language), 7, company="Ipê", sender=SENDER)
    for body in parts(message):
        assert "048213" in body.split() or ">048213<" in body
        for word in words:
            assert word in body
    assert "048213" not in str(message["Subject"])
    assert "Ipê" in str(message["Subject"])


def test_nothing_in_the_mail_is_fetched_and_names_are_only_text() -> None:
    message = render(letter(name="<img/src=//evil> Lima"), 7, company="A & B", sender=SENDER)
    html = parts(message)[1]
    assert "&lt;img" in html
    for forbidden in ("<img", "<link", "<script", "http", "url("):
        assert forbidden not in html


def test_no_header_can_be_added_by_a_name() -> None:
    hostile = 'Ana"\r\nBcc: eve@evil.example\r\n\r\n<b>x'
    message = render(letter(name=hostile), 7, company="Ipê\r\nX-Evil: 1", sender=SENDER)
    read = message_from_bytes(message.as_bytes(), policy=policy.default)
    assert read["Bcc"] is None
    assert read["X-Evil"] is None
    assert [address.addr_spec for address in read["To"].addresses] == ["ana@ipe.example"]


def test_without_a_visible_number_the_mail_still_says_where_it_was_asked() -> None:
    assert "pelo WhatsApp." in parts(render(letter(asked_by=""), 7, company="", sender=SENDER))[0]


def test_the_same_entry_sent_again_is_recognised() -> None:
    first, second = (render(letter(), 7, company="Ipê", sender=SENDER) for _ in range(2))
    assert first["Message-ID"] == second["Message-ID"] == "<7.ref-1@ipe.example>"


class Inbox:
    """Keeps what it takes; answers what it is told to."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.rcpt = self.data = "250 ok"
        self.delay = 0.0

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802 -- aiosmtpd's name
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 -- aiosmtpd's name
        await asyncio.sleep(self.delay)
        if self.data.startswith("250"):
            self.taken.append(envelope.content)
        return self.data


def _certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail for tests")])
    now = datetime.now(UTC)
    built = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    built = built.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    built = built.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
    certificate = built.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(
        key, hashes.SHA256()
    )
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


class Office:
    """A mail server with STARTTLS and login, and the settings to reach it."""

    def __init__(self, folder: Path) -> None:
        certificate, key = _certificate(folder)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate, key)
        self.trust = ssl.create_default_context(cafile=str(certificate))
        self.inbox = Inbox()
        self.tls = tls
        self.port = 0

    def conversation(self) -> SMTP:
        return SMTP(
            self.inbox, hostname="127.0.0.1", tls_context=self.tls, require_starttls=True, auth_required=True,
            authenticator=lambda *args: AuthResult(success=args[-1].password == b"right"),
        )  # fmt: skip

    def sender(self, **changes: Any) -> MailSender:
        values = {"host": "127.0.0.1", "port": self.port, "username": "recado", "password": SecretStr("right")}
        values |= {"sender": f"Suporte <{SENDER}>", "timeout": timedelta(seconds=2)}
        return MailSender(MailSettings.model_validate(values | changes), tls=self.trust)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    office = Office(tmp_path)
    server = await asyncio.get_running_loop().create_server(office.conversation, "127.0.0.1", 0)
    office.port = server.sockets[0].getsockname()[1]
    yield office
    server.close()
    await server.wait_closed()


MAIL = render(letter(), 7, company="Ipê", sender=SENDER)


async def test_a_mail_arrives_over_starttls_with_login(office: Office) -> None:
    await office.sender().send(MAIL)
    read = message_from_bytes(office.inbox.taken[0], policy=policy.default)
    assert "048213" in read.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert read["From"].addresses[0].addr_spec == SENDER


@pytest.mark.parametrize(
    ("step", "answer", "error"),
    [
        ("rcpt", "451 greylisted", MailDeferredError), ("rcpt", "550 no such user", MailRefusedError),
        ("data", "452 full", MailDeferredError), ("data", "554 looks like spam", MailRefusedError),
    ],
)  # fmt: skip
async def test_each_answer_has_its_reaction(office: Office, step: str, answer: str, error: type[Exception]) -> None:
    setattr(office.inbox, step, answer)
    with pytest.raises(error, match=answer[:3]):
        await office.sender().send(MAIL)


@pytest.mark.parametrize(
    "changes",
    [
        {"port": 1}, {"password": SecretStr("wrong")}, {"starttls": False}, {"host": "name.invalid"}, {"host": ""},
        {"sender": ""},
    ],
)  # fmt: skip
async def test_trouble_of_ours_or_of_the_server_is_tried_again(office: Office, changes: dict[str, Any]) -> None:
    with pytest.raises(MailDeferredError) as deferred:
        await office.sender(**changes).send(MAIL)
    assert "wrong" not in str(deferred.value)
    assert office.inbox.taken == []


async def test_a_server_that_does_not_answer_is_left(office: Office) -> None:
    office.inbox.delay = 1.0
    with pytest.raises(MailDeferredError):
        await office.sender(timeout=timedelta(seconds=0.2)).send(MAIL)


async def test_a_certificate_nobody_vouches_for_is_not_trusted(office: Office) -> None:
    office.trust = ssl.create_default_context()
    with pytest.raises(MailDeferredError):
        await office.sender().send(MAIL)
    assert office.inbox.taken == []


async def test_a_code_travels_sealed_from_the_outbox_to_the_mailbox(door: Any, office: Office) -> None:
    plan = await door.gate.plan_code("1", "ana@ipe.example", "es")
    body = (await door.apply(plan, bound="5511995550101")).mail
    code = open_code_mail(body, door.keys).code
    assert code not in str(body)
    await CodeMailer(office.sender(), door.keys, company="Ipê").deliver(42, body, now=door.wall)
    read = message_from_bytes(office.inbox.taken[0], policy=policy.default)
    assert code in read.get_body(("plain",)).get_content().split()  # type: ignore[union-attr]
    assert read["Message-ID"] == f"<42.{body['ref']}@ipe.example>"
    with pytest.raises(MailRefusedError):
        open_code_mail(wiped(body), door.keys)


async def test_an_expired_or_unreadable_code_is_not_sent(door: Any, office: Office) -> None:
    body = (await door.apply(await door.gate.plan_code("1", "ana@ipe.example", "es"))).mail
    with pytest.raises(MailRefusedError, match="expired"):
        await CodeMailer(office.sender(), door.keys, company="").deliver(1, body, now=door.wall + timedelta(minutes=10))
    with pytest.raises(MailRefusedError, match="opened"):
        await CodeMailer(office.sender(), SecretKeys(b"another"), company="").deliver(1, body, now=door.wall)
    assert office.inbox.taken == []
