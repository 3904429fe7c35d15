"""Brings the made-up company into the database: employees, desk, articles."""

import hashlib
from pathlib import Path

from sqlalchemy.orm import Session

from app.container import House
from app.desk.catalogue import import_company
from app.desk.documents import store_document
from app.desk.models import DeskDocument
from app.identity.employees import import_employees
from app.knowledge.embedding import remote_model
from app.knowledge.sync import SyncReport, sync_folder

COMPANY = Path(__file__).parent / "company"
LOADED = "demo files"  # the document that remembers which were brought in


async def load_company(house: House) -> None:
    """Employees and the desk's catalogue; not again from the same files, for pages may have changed them since."""
    now, digest = house.clock(), _digest()

    def load(session: Session) -> None:
        known = session.get(DeskDocument, LOADED)
        if known is not None and known.body == digest:
            return
        import_employees(session, COMPANY / "employees.csv", now=now)
        import_company(session, COMPANY, now=now)
        store_document(session, LOADED, digest)

    await house.database.write(load)


def _digest() -> str:
    files = sorted(path for path in COMPANY.iterdir() if path.suffix in {".csv", ".yaml"})
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()


async def load_knowledge(house: House) -> SyncReport:
    """Index the articles."""
    return await sync_folder(
        house.database,
        COMPANY / "articles",
        house.data_dir,
        shared=house.shares_index,
        remote=remote_model(house.settings.embeddings),
    )
