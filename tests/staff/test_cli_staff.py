"""`recado staff` as an operator uses it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def recado(tmp_path):
    def recado(*words: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "RECADO_DATA_DIR": str(tmp_path / "data")}
        command = [sys.executable, "-m", "app.cli", "staff", *words]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
        )

    return recado


def test_an_account_is_made_listed_changed_and_disabled(recado, tmp_path):
    made = recado("add", "me@ipe.example", "--name", "Me", "--role", "admin", "--role", "agent")
    assert made.returncode == 0, made.stderr
    assert re.search(r"shown this once: ([a-z2-9]{4}-){4}[a-z2-9]{4}", made.stdout)
    again = recado("add", "me@ipe.example", "--name", "Me", "--role", "admin")
    assert again.returncode == 2
    assert "has an account already" in again.stderr
    assert recado("disable", "me@ipe.example").returncode == 2, "the only admin"
    recado("add", "other@ipe.example", "--name", "Other", "--role", "admin")
    assert recado("disable", "me@ipe.example").returncode == 0
    recado("list", "--json", str(tmp_path / "staff.json"))
    rows = {row["email"]: row for row in json.loads((tmp_path / "staff.json").read_text())}
    assert rows["me@ipe.example"]["active"] is False
    assert not any("hash" in name for name in rows["me@ipe.example"])


def test_mistakes_are_told_in_one_sentence(recado):
    for words in (["role", "nobody@ipe.example", "--role", "agent"], ["add", "x", "--name", "X", "--role", "agent"]):
        told = recado(*words)
        assert told.returncode == 2
        assert "Traceback" not in told.stderr
