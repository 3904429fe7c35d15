"""A house with a real data directory, on either store."""

import pytest

from app.container import House
from app.settings import Settings


@pytest.fixture
def house(database, clock, tmp_path) -> House:
    return House(Settings(data_dir=tmp_path), database, clock, tmp_path)
