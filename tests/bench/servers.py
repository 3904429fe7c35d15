"""The servers that acknowledgements are compared on, each a process: `servers.py NAME PORT DIR [URL]`.

- recado: the receiver as it ships, without the worker behind it
- postgresql: the same on an empty database at URL
- asgi: a bare ASGI callable that checks the signature and inserts one row through the same writing thread
- fastapi: a plain FastAPI route that does the same
- inline: a plain FastAPI route that commits on SQLite itself, as an engineer would first write it
- nothing: a FastAPI route that checks the signature and stores nothing
"""

import gc
import hashlib
import hmac
import json
import sqlite3
import sys
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response
from pydantic import SecretStr
from sqlalchemy import text

from app.container import House, open_house
from app.db.engine import Database, open_database
from app.inbox import Inbox
from app.intake import Intake
from app.serve import COLLECT_AFTER, SWITCH_SECONDS
from app.settings import DatabaseSettings, IntakeSettings, Settings, WhatsAppSettings
from app.whatsapp.webhook import Webhook

SECRET = b"bench"
NEVER_FULL = 10**9
INSERT = "INSERT OR IGNORE INTO inbox (wamid, body) VALUES (?, ?)"
TABLE = "CREATE TABLE IF NOT EXISTS inbox (seq INTEGER PRIMARY KEY, wamid TEXT UNIQUE, body TEXT)"


def is_signed(body: bytes, header: str) -> bool:
    return hmac.compare_digest(hmac.new(SECRET, body, hashlib.sha256).hexdigest(), header.removeprefix("sha256="))


def wamid(body: bytes) -> str:
    return str(json.loads(body)["entry"][0]["changes"][0]["value"]["messages"][0]["id"])


async def store(database: Database, body: bytes) -> None:
    row = (wamid(body), body.decode())
    await database.write(lambda s: s.connection().exec_driver_sql(INSERT, row))


def bare_asgi(database: Database) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            return
        body, more = b"", True
        while more:
            event = await receive()
            body += event.get("body", b"")
            more = event.get("more_body", False)
        headers = dict(scope["headers"])
        signed = is_signed(body, headers.get(b"x-hub-signature-256", b"").decode())
        if signed:
            await store(database, body)
        await send(
            {"type": "http.response.start", "status": 200 if signed else 401, "headers": [(b"content-length", b"0")]}
        )
        await send({"type": "http.response.body", "body": b""})

    return app


def plain_fastapi(keep: Any) -> FastAPI:
    app = FastAPI()

    @app.post("/whatsapp/webhook")
    async def webhook(request: Request) -> Response:
        body = await request.body()
        if not is_signed(body, request.headers.get("x-hub-signature-256", "")):
            return Response(status_code=401)
        await keep(body)
        return Response(status_code=200)

    return app


def inline(folder: Path) -> Any:
    connection = sqlite3.connect(folder / "inline.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(TABLE)

    async def keep(body: bytes) -> None:
        connection.execute(INSERT, (wamid(body), body.decode()))

    return keep


async def nothing(body: bytes) -> None:
    wamid(body)


def recado(house: House) -> Webhook:
    inbox = Inbox(house.database, house.clock)
    intake = Intake(inbox.accept, house.database, IntakeSettings(floor=NEVER_FULL))  # nobody reads them here
    return Webhook(house.settings.whatsapp, intake.accept)


async def serve(app: Any, port: int) -> None:
    await uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", access_log=False)).serve()


async def main(name: str, port: int, folder: Path, url: str = "") -> None:
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.set_threshold(*COLLECT_AFTER)
    if name in ("recado", "postgresql"):
        whatsapp = WhatsAppSettings(app_secret=SecretStr(SECRET.decode()))
        settings = Settings(data_dir=folder, whatsapp=whatsapp, database=DatabaseSettings(url=url))
        async with open_house(settings, migrate=True) as house:
            await serve(recado(house), port)
        return
    database = open_database(f"sqlite:///{folder / 'store.db'}")
    await database.write(lambda s: s.execute(text(TABLE)))
    apps = {
        "asgi": lambda: bare_asgi(database),
        "fastapi": lambda: plain_fastapi(lambda body: store(database, body)),
        "inline": lambda: plain_fastapi(inline(folder)),
        "nothing": lambda: plain_fastapi(nothing),
    }
    await serve(apps[name](), port)
    await database.close()


if __name__ == "__main__":
    import uvloop

    uvloop.run(main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), *sys.argv[4:]))
