"""The way of a mail to the company's mail server."""

import logging
import ssl
from email.message import EmailMessage
from email.utils import parseaddr

import aiosmtplib

from app.identity.addresses import normalise_email
from app.settings import MailSettings
from app.tracing import TRACES

log = logging.getLogger(__name__)

IMPLICIT_TLS_PORT = 465  # RFC 8314: TLS from the first byte
DEFERRABLE = (aiosmtplib.SMTPAuthenticationError, aiosmtplib.SMTPHeloError, aiosmtplib.SMTPConnectResponseError)


class MailDeferredError(Exception):
    """The mail server cannot take it now: try again."""


class MailRefusedError(Exception):
    """The mail will never be taken."""


class MailSender:
    """Sends one mail over one connection; `tls` may name the authorities to trust instead of the system's."""

    def __init__(self, settings: MailSettings, *, tls: ssl.SSLContext | None = None) -> None:
        self._settings = settings
        self._tls = tls

    @property
    def sender(self) -> str:
        """The From address, without a name."""
        return normalise_email(parseaddr(self._settings.sender)[1]) or ""

    async def send(self, message: EmailMessage) -> None:
        """Hand the mail over.

        Raises:
            MailDeferredError: 4xx, no connection, no answer in time, no TLS, or our login was not taken.
            MailRefusedError: 5xx.
        """
        if not self._settings.host or not self.sender:
            raise MailDeferredError("no mail server or sender is configured")
        try:
            with TRACES.span("smtp send", side="client"):
                await self._send(message)
        except DEFERRABLE as error:
            log.error("the mail server turned us away with code %d", error.code)  # noqa: TRY400 -- its text may hold our login
            raise MailDeferredError(f"the mail server turned us away with code {error.code}") from None
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _by_code(max(refusal.code for refusal in error.recipients)) from None
        except aiosmtplib.SMTPResponseException as error:
            raise _by_code(error.code) from None
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise MailDeferredError(f"the mail server did not take it: {type(error).__name__}") from None

    async def _send(self, message: EmailMessage) -> None:
        settings = self._settings
        wrapped = settings.port == IMPLICIT_TLS_PORT
        await aiosmtplib.send(
            message,
            sender=self.sender,
            hostname=settings.host,
            port=settings.port,
            username=settings.username or None,
            password=settings.password.get_secret_value() or None,
            use_tls=wrapped,
            start_tls=settings.starttls and not wrapped,
            tls_context=self._tls,
            timeout=settings.timeout.total_seconds(),
        )


def _by_code(code: int) -> MailDeferredError | MailRefusedError:
    kind = MailRefusedError if code >= 500 else MailDeferredError
    return kind(f"the mail server answered {code}")
