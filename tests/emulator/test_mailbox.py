"""The emulated mail server, spoken to by a real client."""

import asyncio
import smtplib
import ssl
from email.message import EmailMessage

import aiosmtplib
import pytest

from app.emulator.mailbox import Login, Mailbox


def code_mail(to: str = "Ana@Example.com") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Recado <recado@example.com>", to, "Seu código: não compartilhe"
    mail.set_content("Olá!\n\nSeu código é 482 913.\n\nVale por 10 minutos.")
    mail.add_alternative("<h1>482 913</h1><script>alert(1)</script>", subtype="html")
    return mail


async def test_a_mail_is_kept_with_text_html_and_its_code() -> None:
    async with Mailbox() as mailbox:
        waiting = asyncio.create_task(mailbox.wait_for("ana@example.com"))
        await aiosmtplib.send(code_mail(), hostname=mailbox.host, port=mailbox.port)
        mail = await waiting
    assert mail.subject == "Seu código: não compartilhe"
    assert "Vale por 10 minutos" in mail.text
    assert "<h1>" in mail.html
    assert mail.code == "482913"


async def test_wait_for_takes_the_first_mail_newer_than_another() -> None:
    async with Mailbox() as mailbox:
        for to in ("ana@example.com", "bia@example.com", "ana@example.com"):
            await aiosmtplib.send(code_mail(to), hostname=mailbox.host, port=mailbox.port)
        oldest = mailbox.messages("ANA@example.com")[-1]
        newer = await mailbox.wait_for("ana@example.com", after=oldest)
        assert newer.id > oldest.id
        assert len(mailbox.messages("ana@example.com")) == 2
        with pytest.raises(TimeoutError):
            await mailbox.wait_for("ana@example.com", after=newer, timeout=0.05)


async def test_the_standard_library_can_talk_to_it() -> None:
    async with Mailbox() as mailbox:

        def talk() -> None:
            with smtplib.SMTP(mailbox.host, mailbox.port) as client:
                client.send_message(code_mail())

        await asyncio.to_thread(talk)
        assert len(mailbox.messages()) == 1


async def test_starttls_and_login_are_insisted_on() -> None:
    async with Mailbox(login=Login("recado", "senha"), starttls=True) as mailbox:
        trust = ssl.create_default_context(cadata=mailbox.certificate.decode())
        where = {"hostname": mailbox.host, "port": mailbox.port}
        with pytest.raises(aiosmtplib.SMTPException):
            await aiosmtplib.send(code_mail(), **where, start_tls=False)
        login = {"username": "recado", "password": "errada"}
        with pytest.raises(aiosmtplib.SMTPAuthenticationError):
            await aiosmtplib.send(code_mail(), **where, start_tls=True, tls_context=trust, **login)
        assert mailbox.messages() == []
        login = {"username": "recado", "password": "senha"}
        await aiosmtplib.send(code_mail(), **where, start_tls=True, tls_context=trust, **login)
        assert len(mailbox.messages()) == 1


async def test_a_login_without_tls_is_taken_when_that_is_what_is_asked() -> None:
    async with Mailbox(login=Login("recado", "senha")) as mailbox:
        login = {"username": "recado", "password": "senha"}
        await aiosmtplib.send(code_mail(), hostname=mailbox.host, port=mailbox.port, start_tls=False, **login)
        assert len(mailbox.messages()) == 1


async def test_a_greylisted_mail_is_taken_the_second_time() -> None:
    async with Mailbox() as mailbox:
        mailbox.faults.greylist = 1
        with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
            await aiosmtplib.send(code_mail(), hostname=mailbox.host, port=mailbox.port)
        assert refused.value.recipients[0].code == 451
        await aiosmtplib.send(code_mail(), hostname=mailbox.host, port=mailbox.port)
        assert len(mailbox.messages()) == 1


async def test_rejection_refusal_and_silence_are_seen_by_the_client() -> None:
    async with Mailbox() as mailbox:
        where = {"hostname": mailbox.host, "port": mailbox.port}
        mailbox.faults.reject = True
        with pytest.raises(aiosmtplib.SMTPRecipientsRefused):
            await aiosmtplib.send(code_mail(), **where)
        mailbox.faults.reject, mailbox.faults.hang = False, True
        with pytest.raises(aiosmtplib.SMTPTimeoutError):
            await aiosmtplib.send(code_mail(), **where, timeout=0.3)
        mailbox.faults.hang, mailbox.faults.refuse = False, True
        with pytest.raises((aiosmtplib.SMTPException, OSError)):
            await aiosmtplib.send(code_mail(), **where)
        assert mailbox.messages() == []


async def test_a_broken_mail_is_kept_as_far_as_it_can_be_read() -> None:
    async with Mailbox() as mailbox:
        raw = b"Subject: =?utf-8?q?caf=C3\r\nContent-Type: text/plain; charset=klingon\r\n\r\n\xff\xfe ol\xe1\r\n"

        def talk() -> None:
            with smtplib.SMTP(mailbox.host, mailbox.port) as client:
                client.sendmail("a@example.com", ["b@example.com"], raw)

        await asyncio.to_thread(talk)
        assert "ol" in mailbox.messages("b@example.com")[0].text
