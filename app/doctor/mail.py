"""The mail server that carries one-time codes."""

import asyncio

import aiosmtplib

from app.doctor.finding import Finding
from app.identity.smtp import IMPLICIT_TLS_PORT
from app.settings import MailSettings, Settings

REMEDIES = {
    aiosmtplib.SMTPAuthenticationError: "Check RECADO_MAIL__USERNAME and RECADO_MAIL__PASSWORD.",
    aiosmtplib.SMTPConnectTimeoutError: "Check RECADO_MAIL__HOST and __PORT, and that a firewall lets us out.",
    aiosmtplib.SMTPConnectError: "Check RECADO_MAIL__HOST and RECADO_MAIL__PORT.",
}


def check_mail(settings: Settings) -> list[Finding]:
    """Greet the server and log in; no mail is sent."""
    mail = settings.mail
    if not mail.host:
        return [Finding("mail", "trouble", "no server", "Set RECADO_MAIL__HOST: codes are sent by mail.")]
    try:
        asyncio.run(_greet(mail))
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        found = f"{mail.host}:{mail.port} does not take us: {type(error).__name__}"
        usual = "Check host, port, STARTTLS, user and password."
        return [Finding("mail", "trouble", found, REMEDIES.get(type(error), usual))]
    if not mail.starttls and mail.port != IMPLICIT_TLS_PORT and mail.username:
        found = f"{mail.host}:{mail.port} takes us, and the password travels in the clear"
        return [Finding("mail", "note", found, "Set RECADO_MAIL__STARTTLS=true.")]
    return [Finding("mail", "good", f"{mail.host}:{mail.port}")]


async def _greet(mail: MailSettings) -> None:
    wrapped = mail.port == IMPLICIT_TLS_PORT
    async with aiosmtplib.SMTP(
        hostname=mail.host,
        port=mail.port,
        use_tls=wrapped,
        start_tls=mail.starttls and not wrapped,
        timeout=mail.timeout.total_seconds(),
    ) as smtp:
        if mail.username:
            await smtp.login(mail.username, mail.password.get_secret_value())
