from collections.abc import Iterator
from pathlib import Path

import pytest

from graph.turn import Agent
from tests.knowledge.shelves import write
from tests.stores import Stores, postgres_trouble


@pytest.fixture(scope="session")
def agent() -> Agent:
    return Agent()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    where = tmp_path / "articles"
    write(where, "senha", "Redefinir a senha", "Abra o portal e toque em esqueci minha senha.")
    write(where, "vpn", "Conectar na VPN", "Instale o aplicativo e use o crachá virtual.")
    write(where, "ferias", "Pedir férias", "Peça no portal com 45 dias de antecedência.")
    return where


@pytest.fixture
def shared_store_url(stores: Stores, tmp_path: Path) -> Iterator[str]:
    """A store that several machines share, where one answers; a file elsewhere."""
    if postgres_trouble():
        yield stores.sqlite(tmp_path)
        return
    with stores.postgres() as url:
        yield url
