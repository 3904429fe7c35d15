"""A real SMTP server on loopback that keeps what it receives, with the troubles mail servers have."""

import asyncio
import ssl
import warnings
from dataclasses import dataclass
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from app.emulator.certificate import self_signed
from app.emulator.feed import Feed
from app.emulator.mail import Mail, read_mail

MOST_KEPT = 1000
OK = "250 OK"


@dataclass
class MailFaults:
    """What goes wrong on purpose.

    `refuse` cuts connections, `greylist` answers 451 to the next N recipients, `reject` answers 550 to every
    recipient, `hang` never answers DATA.
    """

    refuse: bool = False
    greylist: int = 0
    reject: bool = False
    hang: bool = False


@dataclass(frozen=True)
class Login:
    """The user and password the server insists on."""

    username: str
    password: str


class Mailbox:
    """An SMTP server in the running event loop; mails stay in memory, the newest 1000 of them.

    Port 0 takes a free one, in `port` after `start`. With `starttls` the server insists on it, and `certificate`
    (PEM) is what a client may trust; with `login` it insists on that user and password.
    """

    def __init__(
        self, host: str = "127.0.0.1", port: int = 0, *, login: Login | None = None, starttls: bool = False
    ) -> None:
        self.host = host
        self.port = port
        self.login = login
        self.faults = MailFaults()
        self.feed = Feed()
        self.certificate = b""
        self._context: ssl.SSLContext | None = None
        if starttls:
            self._context, self.certificate = self_signed()
        self._mails: list[Mail] = []
        self._server: asyncio.Server | None = None
        self._conversations: set[_Conversation] = set()

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.get_running_loop().create_server(self._conversation, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening, cut every conversation, and end the page's event streams."""
        self.feed.close()
        for conversation in list(self._conversations):
            conversation.cut()
        if self._server:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def messages(self, address: str | None = None) -> list[Mail]:
        """Return the mails to an address (any case), or all of them, newest first."""
        wanted = address.strip().lower() if address else None
        return [mail for mail in reversed(self._mails) if wanted is None or wanted in mail.recipients]

    def get(self, mail_id: int) -> Mail | None:
        """Return one mail."""
        return next((mail for mail in self._mails if mail.id == mail_id), None)

    async def wait_for(
        self,
        address: str,
        after: Mail | None = None,
        timeout: float = 10.0,  # noqa: ASYNC109 - a test names its patience in the call
    ) -> Mail:
        """Wait for the first mail to an address that is newer than `after` (default: the newest one there is).

        Raises:
            TimeoutError: none came within `timeout` seconds.
        """
        async with asyncio.timeout(timeout):
            with self.feed.subscribed() as arrivals:
                while True:
                    newer = [mail for mail in self.messages(address) if after is None or mail.id > after.id]
                    if newer:
                        return newer[0] if after is None else newer[-1]
                    await arrivals.get()

    def keep(self, mail: Mail) -> None:
        """Put a mail into the box."""
        self._mails = [*self._mails[1 - MOST_KEPT :], mail]
        self.feed.publish("mail", mail.as_json())

    def _conversation(self) -> "_Conversation":
        return _Conversation(self, self._context)


class _Postman:
    """Answers the SMTP commands: faults first, then everything is welcome."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_RCPT(  # noqa: N802 - aiosmtpd names its hooks after SMTP commands
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        faults = self._mailbox.faults
        if faults.reject:
            return "550 5.1.1 No such mailbox"
        if faults.greylist > 0:
            faults.greylist -= 1
            return "451 4.7.1 Greylisted, please try again later"
        envelope.rcpt_tos.append(address)
        return OK

    async def handle_DATA(  # noqa: N802 - aiosmtpd names its hooks after SMTP commands
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        if self._mailbox.faults.hang:
            await asyncio.Event().wait()
        content = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        self._mailbox.keep(read_mail(envelope.mail_from or "", list(envelope.rcpt_tos), content))
        return OK


class _Conversation(SMTP):
    """One SMTP connection."""

    def __init__(self, mailbox: Mailbox, context: ssl.SSLContext | None) -> None:
        self._mailbox = mailbox
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # a login without TLS is what some tests are about
            super().__init__(
                _Postman(mailbox),
                hostname="recado.localhost",
                ident="Recado emulated mailbox",
                enable_SMTPUTF8=True,
                tls_context=context,
                require_starttls=context is not None,
                authenticator=self._check_login if mailbox.login else None,
                auth_required=mailbox.login is not None,
                auth_require_tls=context is not None,
                loop=asyncio.get_running_loop(),
            )

    def connection_made(self, transport: Any) -> None:
        """Greet, or cut the connection while that fault is on."""
        if self._mailbox.faults.refuse:
            transport.abort()
            return
        self._mailbox._conversations.add(self)  # noqa: SLF001 - the two halves of one server
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Forget the connection."""
        self._mailbox._conversations.discard(self)  # noqa: SLF001 - the two halves of one server
        if self.transport is not None:
            super().connection_lost(error)

    def cut(self) -> None:
        """End the connection without a word."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()

    def _check_login(
        self, _server: SMTP, _session: Session, _envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        login = self._mailbox.login
        if login is None or mechanism not in ("LOGIN", "PLAIN") or not isinstance(data, LoginPassword):
            return AuthResult(success=False, handled=False)
        right = (login.username.encode(), login.password.encode())
        return AuthResult(success=(data.login, data.password) == right, handled=False)
