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
    workers: tuple[int, ...] = ()  # ports of their health

    def recado(self) -> dict[str, str]:
        """The environment of Recado."""
        whatsapp = self.settings.whatsapp
        return {
            "RECADO_PORT": str(self.port),
            "RECADO_DATA_DIR": str(self.folder),
            "RECADO_DATABASE__URL": self.database,
            "RECADO_LOG_LEVEL": "ERROR",
            "RECADO_TURNS__SETTLE": "0",
            "RECADO_INTAKE__FLOOR": str(UNLIMITED),  # turns are measured, not refusals
            "RECADO_WHATSAPP__APP_SECRET": whatsapp.app_secret.get_secret_value(),
            "RECADO_WHATSAPP__VERIFY_TOKEN": "bench",
            "RECADO_WHATSAPP__ACCESS_TOKEN": whatsapp.access_token.get_secret_value(),
            "RECADO_WHATSAPP__PHONE_NUMBER_ID": whatsapp.phone_number_id,
            "RECADO_WHATSAPP__BASE_URL": f"http://127.0.0.1:{self.outside}",
            "RECADO_WHATSAPP__MESSAGES_PER_SECOND": str(UNLIMITED),
            "RECADO_MAIL__HOST": "127.0.0.1",
            "RECADO_MAIL__SENDER": "bench@ipe.example",
            "RECADO_COMPANY__NAME": self.settings.company.name,
            "RECADO_IDENTITY__PEPPER": "bench" * 8,
        }


def _recado(place: Place, group: Group) -> None:
    group.start(["-m", "app.cli", "serve"], place.folder, place.recado())
    for port in place.workers:
        group.start(["-m", "app.cli", "worker"], place.folder, place.recado() | {"RECADO_WORKER__PORT": str(port)})


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
    """One way to build it, on one store: sqlite or postgresql; without `workers` the server works too."""

    name: str
    store: str
    workers: int = 0
    start: Callable[[Place, Group], None] = _recado

    @property
    def is_ours(self) -> bool:
        """It is Recado."""
        return self.start is _recado


CONTESTANTS = {
    "sqlite": Contestant("Recado, SQLite, one process", "sqlite"),
    "postgresql": Contestant("Recado, PostgreSQL, receiver and 1 worker", "postgresql", workers=1),
    "two workers": Contestant("Recado, PostgreSQL, receiver and 2 workers", "postgresql", workers=2),
    "receiver": Contestant("Recado, PostgreSQL, receiver alone", "postgresql"),
    "stock sqlite": Contestant("stock agent, AsyncSqliteSaver", "sqlite", start=_stock),
    "stock postgresql": Contestant("stock agent, AsyncPostgresSaver", "postgresql", start=_stock),
}
