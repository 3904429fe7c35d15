"""A company of three in a real database, and a gate whose argon2 is cheap."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.identity.doorstep import Doorstep, open_doorstep, other, people


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Doorstep]:
    door = open_doorstep(tmp_path)
    await door.database.write(lambda s: s.add_all(people()))
    yield door
    await door.database.close()


@pytest.fixture
def wrong() -> Callable[[str], str]:
    return other
