"""What a process loads that only takes webhooks in: it has to be up within a second, small."""

import json
import subprocess
import sys
from pathlib import Path

from sqlalchemy import create_engine

from app.db.schema import upgrade

ROOT = Path(__file__).parents[2]
HEAVY = (
    "langgraph", "langchain_core", "chromadb", "numpy", "scipy", "sklearn", "onnxruntime", "alembic", "babel",
    "phonenumbers", "httpx", "rich", "aiosmtplib", "markitdown", "jinja2", "argon2",
    "nh3", "markdown_it", "pyotp", "segno", "zxcvbn",
)  # fmt: skip
TAKE_ONE = """
import asyncio, json, sys
from pathlib import Path
from app import cli, serve
from app.console.entry import desk_routes
from app.container import open_house
from app.inbox import Inbox
from app.main import create_app
from app.settings import Settings, WhatsAppSettings
from app.whatsapp.payload import read

async def main():
    async with open_house(Settings(data_dir=Path(sys.argv[1]), whatsapp=WhatsAppSettings(app_secret="s"))) as house:
        create_app(house, routes=desk_routes(house))
        await Inbox(house.database, house.clock).accept(read(b'{"entry":[{"id":"1","changes":[]}]}'))

asyncio.run(main())
print(json.dumps([name for name in sys.argv[2:] if name in sys.modules]))
"""


def test_receiving_loads_neither_the_graph_nor_the_index_nor_a_model(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'recado.db'}")
    upgrade(engine)
    engine.dispose()
    receiver = subprocess.run(
        [sys.executable, "-c", TAKE_ONE, str(tmp_path), *HEAVY],
        cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, check=True,
    )  # fmt: skip
    assert json.loads(receiver.stdout.splitlines()[-1]) == []
