"""An OpenID provider on loopback: real HTTP, real signatures, and a lie wherever a test wants one."""

import asyncio
import hashlib
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import uvicorn
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

CLIENT, SECRET = "recado", "a-secret-of-tests"


@dataclass
class OpenIdProvider:
    """Lets in `person`; `lie` changes the claims of the proof, `key` signs it."""

    issuer: str
    person: dict[str, Any] = field(default_factory=dict)
    lie: Callable[[dict[str, Any]], dict[str, Any]] = lambda claims: claims
    key: RSAKey | OctKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "1"}))
    shown: RSAKey | None = None  # the key it shows; None = the one it signs with
    algorithm: str = "RS256"
    calls_itself: str = ""
    asked: dict[str, dict[str, str]] = field(default_factory=dict)  # by code: what the browser was sent with

    def allow(self, address: str) -> str:
        """Sign `person` in; returns where the browser is sent back to."""
        told = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = secrets.token_urlsafe()
        self.asked[code] = told
        return told["redirect_uri"] + "?" + urlencode({"code": code, "state": told["state"]})

    async def tell(self, request: Request) -> JSONResponse:
        known = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/keys"}
        places = {name: self.issuer + path for name, path in known.items()}
        return JSONResponse({"issuer": self.calls_itself or self.issuer, **places})

    async def keys(self, request: Request) -> JSONResponse:
        shown = self.shown or self.key
        return JSONResponse({"keys": [shown.as_dict(private=False)] if isinstance(shown, RSAKey) else []})

    async def token(self, request: Request) -> JSONResponse:
        form = await request.form()
        told = self.asked.pop(str(form["code"]), None)  # a code is good once
        digest = hashlib.sha256(str(form.get("code_verifier", "")).encode()).digest()
        challenge = urlsafe_b64encode(digest).rstrip(b"=").decode()
        if told is None or told["code_challenge"] != challenge or told["redirect_uri"] != form["redirect_uri"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 60, "nonce": told["nonce"], **self.person}
        header = {"alg": self.algorithm, "kid": "1"}
        proof = jwt.encode(header, self.lie(claims), self.key, algorithms=[self.algorithm])
        return JSONResponse({"access_token": "x", "token_type": "Bearer", "id_token": proof})


@asynccontextmanager
async def open_id_provider(port: int) -> AsyncIterator[OpenIdProvider]:
    """Serve one."""
    provider = OpenIdProvider(f"http://127.0.0.1:{port}/realm")
    routes = [
        Route("/realm/.well-known/openid-configuration", provider.tell),
        Route("/realm/keys", provider.keys),
        Route("/realm/token", provider.token, methods=["POST"]),
    ]
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), port=port, log_level="error"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield provider
    finally:
        server.should_exit = True
        await serving
