"""Who is measured on the whole way: Recado and a stock agent, each on both stores."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.settings import Settings
from retrieval.revision import FOLDER
from tests.bench.processes import Group

UNLIMITED = 100_000  # messages a second: the bench measures us, not Meta's 80


@dataclass(frozen=True, slots=True)
class Place:
    """Where a contestant lives."""

    folder: Path
    settings: Settings
    database: str
    port: int
    outside: int  # where the emulated WhatsApp answers

    def recado(self) -> dict[str, str]:
        """The environment of Recado."""
        whatsapp = self.settings.whatsapp
        return {
            "RECADO_PORT": str(self.port),
            "RECADO_DATA_DIR": str(self.folder),
            "RECADO_DATABASE__URL": self.database,
            "RECADO_LOG_LEVEL": "ERROR",
            "RECADO_TURNS__SETTLE": "0",
            "RECADO_WHATSAPP__APP_SECRET": whatsapp.app_secret.get_secret_value(),
            "RECADO_WHATSAPP__VERIFY_TOKEN": "bench",
            "RECADO_WHATSAPP__ACCESS_TOKEN": whatsapp.access_token.get_secret_value(),
            "RECADO_WHATSAPP__PHONE_NUMBER_ID": whatsapp.phone_number_id,
            "RECADO_WHATSAPP__BASE_URL": f"http://127.0.0.1:{self.outside}",
            "RECADO_WHATSAPP__MESSAGES_PER_SECOND": str(UNLIMITED),
            "RECADO_MAIL__HOST": "127.0.0.1",
            "RECADO_MAIL__SENDER": "bench@ipe.example",
            "RECADO_COMPANY__NAME": self.settings.company.name,
        }


def _recado(*commands: str) -> Callable[[Place, Group], None]:
    def start(place: Place, group: Group) -> None:
        for command in commands:
            group.start(["-m", "app.cli", command], place.folder, place.recado())

    return start


def _stock(place: Place, group: Group) -> None:
    whatsapp = place.settings.whatsapp
    environment = {
        "APP_SECRET": whatsapp.app_secret.get_secret_value(),
        "ACCESS_TOKEN": whatsapp.access_token.get_secret_value(),
    }
    messages = f"http://127.0.0.1:{place.outside}/{whatsapp.api_version}/{whatsapp.phone_number_id}/messages"
    arguments = [str(place.port), place.database, str(place.folder / FOLDER), messages]
    group.start(["-m", "tests.bench.stock_agent", *arguments], place.folder, environment)


@dataclass(frozen=True, slots=True)
class Contestant:
    """One way to build it, on one store: sqlite or postgresql."""

    name: str
    store: str
    start: Callable[[Place, Group], None]
    ours: bool = True


CONTESTANTS = {
    "sqlite": Contestant("Recado, SQLite, one process", "sqlite", _recado("serve")),
    "postgresql": Contestant("Recado, PostgreSQL, receiver and 1 worker", "postgresql", _recado("serve", "worker")),
    "two workers": Contestant(
        "Recado, PostgreSQL, receiver and 2 workers", "postgresql", _recado("serve", "worker", "worker")
    ),
    "receiver": Contestant("Recado, PostgreSQL, receiver alone", "postgresql", _recado("serve")),
    "stock sqlite": Contestant("stock agent, AsyncSqliteSaver", "sqlite", _stock, ours=False),
    "stock postgresql": Contestant("stock agent, AsyncPostgresSaver", "postgresql", _stock, ours=False),
}
