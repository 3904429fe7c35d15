"""Brings the made-up company into the database: employees, desk, articles."""

from pathlib import Path

from app.container import House
from app.desk.catalogue import import_company
from app.identity.employees import import_employees
from app.knowledge.embedding import remote_model
from app.knowledge.sync import SyncReport, sync_folder

COMPANY = Path(__file__).parent / "company"


async def load_company(house: House) -> None:
    """Employees and the desk's catalogue; repeating it changes nothing."""
    now = house.clock()
    await house.database.write(lambda s: import_employees(s, COMPANY / "employees.csv"))
    await house.database.write(lambda s: import_company(s, COMPANY, now=now))


async def load_knowledge(house: House) -> SyncReport:
    """Index the articles."""
    return await sync_folder(
        house.database,
        COMPANY / "articles",
        house.data_dir,
        shared=house.shares_index,
        remote=remote_model(house.settings.embeddings),
    )
