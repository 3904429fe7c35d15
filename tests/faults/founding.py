"""The demo company on a store that several processes share."""

import shutil
from pathlib import Path

from app.container import open_house
from app.demo.load import load_company, load_knowledge
from app.demo.run import demo_settings
from app.settings import DatabaseSettings

PROCESSES = 3  # a receiver and two workers, each with a folder of its own


async def found_shared(founded: Path, folder: Path, url: str, port: int) -> None:
    """Found it in the database at `url`; the index in `founded` is taken as it is, which saves building it."""
    for number in range(1, PROCESSES + 1):
        shutil.copytree(founded / "knowledge", folder / f"process-{number}" / "knowledge")
    changes = {"data_dir": folder, "database": DatabaseSettings(url=url)}
    async with open_house(demo_settings(port).model_copy(update=changes), migrate=True) as house:
        await load_company(house)
        await load_knowledge(house)
