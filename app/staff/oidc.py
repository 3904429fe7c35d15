"""Signing in through the company's own provider: OpenID Connect, authorization code with PKCE.

Authlib speaks OAuth, joserfc checks signatures; what a provider must prove stands here: that it is the configured
issuer, that the token is for us, new, and of the very sign-in this browser began.
"""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import get_well_known_url
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from app.settings import OidcSettings
from app.staff.errors import OidcError
from app.whatsapp.network import is_loopback

WELL_KNOWN_SECONDS = 3600.0  # how long what a provider says of itself is believed
KEYS_SECONDS = 60.0  # the shortest time between two looks at its keys, however many strange ones are shown
LEEWAY = 60  # seconds that clocks may differ
# Never "none", never a shared secret.
ALGORITHMS = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
)
TROUBLES = (httpx.HTTPError, OAuthError, JoseError, ValueError, KeyError, TypeError)


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in on its way: what comes back must belong to it. Kept sealed in the browser."""

    state: str
    nonce: str
    verifier: str  # of PKCE

    @classmethod
    def new(cls) -> "Begun":
        """Three things nobody guesses."""
        return cls(*(secrets.token_urlsafe(48) for _ in range(3)))


@dataclass(frozen=True, slots=True)
class Someone:
    """Who the provider says it is. `groups` None = it did not say."""

    issuer: str
    subject: str
    email: str
    email_verified: bool
    name: str
    groups: frozenset[str] | None


class Provider:
    """The configured provider. A `redirect` is our address that it sends a browser back to."""

    def __init__(self, settings: OidcSettings) -> None:
        self._settings = settings
        self._known: dict[str, Any] = {}
        self._known_at = self._keys_at = float("-inf")
        self._keys = KeySet([])

    async def address(self, begun: Begun, redirect: str) -> str:
        """Where to send the browser; raises `OidcError` when the provider cannot be asked."""
        try:
            async with self._client(redirect) as client:
                known = await self._metadata(client)
                url, _ = client.create_authorization_url(
                    known["authorization_endpoint"], state=begun.state, code_verifier=begun.verifier, nonce=begun.nonce
                )
        except TROUBLES as error:
            raise OidcError("unreachable", f"{self._settings.issuer} cannot be asked: {error}") from error
        return str(url)

    async def someone(self, begun: Begun, code: str, redirect: str) -> Someone:
        """Exchange the code for a proof of who it is.

        Raises:
            OidcError: unreachable (no answer), or refused (an answer that proves nothing).
        """
        try:
            async with self._client(redirect) as client:
                known = await self._metadata(client)
                token = await client.fetch_token(
                    known["token_endpoint"], code=code, code_verifier=begun.verifier, grant_type="authorization_code"
                )
                claims = await self._proven(client, known, token, begun.nonce)
                if "email" not in claims and known.get("userinfo_endpoint"):
                    claims |= await self._more(client, known, claims["sub"])
        except httpx.HTTPError as error:
            raise OidcError("unreachable", f"{self._settings.issuer} did not answer: {error}") from error
        except TROUBLES as error:
            raise OidcError("refused", f"{self._settings.issuer} proved nothing: {error}") from error
        return self._read(claims)

    async def _metadata(self, client: AsyncOAuth2Client) -> dict[str, Any]:
        if time.monotonic() - self._known_at < WELL_KNOWN_SECONDS:
            return self._known
        known = await _json(client, get_well_known_url(self._settings.issuer, external=True))
        if known.get("issuer") != self._settings.issuer:
            raise ValueError(f"it calls itself {str(known.get('issuer'))[:200]!r}")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            require_safe(known[name])
        self._known, self._known_at = known, time.monotonic()
        return known

    async def _proven(
        self, client: AsyncOAuth2Client, known: Mapping[str, Any], token: Mapping[str, Any], nonce: str
    ) -> dict[str, Any]:
        proof = token["id_token"]
        try:
            read = jwt.decode(proof, self._keys, algorithms=ALGORITHMS)
        except (JoseError, ValueError):  # a key we have not seen: providers change them
            await self._learn_keys(client, known)
            read = jwt.decode(proof, self._keys, algorithms=ALGORITHMS)
        wanted = {
            "iss": {"essential": True, "value": self._settings.issuer},
            "aud": {"essential": True, "value": self._settings.client_id},
        }
        said = {"nonce": nonce, "client_id": self._settings.client_id, "access_token": token.get("access_token")}
        claims = CodeIDToken(read.claims, read.header, wanted, said)
        claims.validate(leeway=LEEWAY)
        return dict(claims)

    async def _learn_keys(self, client: AsyncOAuth2Client, known: Mapping[str, Any]) -> None:
        if time.monotonic() - self._keys_at < KEYS_SECONDS:
            return
        self._keys_at = time.monotonic()
        self._keys = KeySet.import_key_set(await _json(client, known["jwks_uri"]))  # type: ignore[arg-type]

    async def _more(self, client: AsyncOAuth2Client, known: Mapping[str, Any], subject: str) -> dict[str, Any]:
        """What only the userinfo endpoint tells; of the same person, or nothing."""
        answer = await client.request("GET", require_safe(known["userinfo_endpoint"]))
        answer.raise_for_status()
        told = dict(answer.json())
        return told if told.get("sub") == subject else {}

    def _read(self, claims: Mapping[str, Any]) -> Someone:
        groups = claims.get(self._settings.groups_claim)
        listed = [groups] if isinstance(groups, str) else groups
        return Someone(
            issuer=self._settings.issuer,
            subject=str(claims["sub"]),
            email=str(claims.get("email", "")),
            email_verified=claims.get("email_verified") in (True, "true"),
            name=str(claims.get("name") or claims.get("email") or ""),
            groups=frozenset(map(str, listed)) if isinstance(listed, list) else None,
        )

    def _client(self, redirect: str) -> AsyncOAuth2Client:
        settings = self._settings
        return AsyncOAuth2Client(
            client_id=settings.client_id,
            client_secret=settings.client_secret.get_secret_value() or None,
            token_endpoint_auth_method="client_secret_basic" if settings.client_secret.get_secret_value() else "none",
            scope=" ".join(settings.scopes),
            redirect_uri=redirect,
            code_challenge_method="S256",
            timeout=settings.timeout.total_seconds(),
            follow_redirects=False,
        )


async def _json(client: AsyncOAuth2Client, url: str) -> dict[str, Any]:
    answer = await client.request("GET", require_safe(url), withhold_token=True)
    answer.raise_for_status()
    return dict(answer.json())


def require_safe(url: str) -> str:
    """The address, if nobody on the way can read along: HTTPS, or this very machine; raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        return url
    raise ValueError(f"{url[:200]!r} is not HTTPS")
