from pathlib import Path

import pytest

from graph.turn import Agent
from tests.knowledge.shelves import write


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
