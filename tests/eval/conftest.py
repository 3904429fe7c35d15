import shutil
from pathlib import Path

import pytest
from pydantic import SecretStr

from app.demo.load import COMPANY
from app.settings import IdentitySettings, Settings
from eval.company import Company

FEW_ARTICLES = ("vpn-error-809", "password-reset", "vacation-approve")


@pytest.fixture(scope="session")
def small_company(tmp_path_factory) -> Company:
    """The demo company with three articles: its index is built in a moment."""
    folder = tmp_path_factory.mktemp("company") / "ipe"
    shutil.copytree(COMPANY, folder)
    for file in Path(folder / "articles").rglob("*.md"):
        if file.stem not in FEW_ARTICLES:
            file.unlink()
    return Company(folder)


@pytest.fixture(scope="session")
def settings(tmp_path_factory) -> Settings:
    """Nothing of this machine's own settings, and one pepper for all worlds."""
    identity = IdentitySettings(pepper=SecretStr("a pepper of tests"))
    return Settings(_env_file=None, data_dir=tmp_path_factory.mktemp("eval"), identity=identity)
