"""A PostgreSQL server of a test's own, to be killed: never the one that others use."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

USER = "postgres"
PATIENCE = 60  # seconds for the server to answer


def binaries() -> Path:
    """Where initdb and pg_ctl are; skips where they are not."""
    packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    for found in (*packaged, *map(Path, filter(None, [shutil.which("initdb")]))):
        return found.resolve().parent
    pytest.skip("initdb and pg_ctl are not installed here (on Debian: apt-get install postgresql)")


class Cluster:
    """Its server listens on one port of this machine, for whoever asks."""

    def __init__(self, folder: Path, port: int) -> None:
        self._data, self.port, self._bin = folder / "data", port, binaries()
        self.url = f"postgresql://{USER}@127.0.0.1:{port}"
        self._run("initdb", "--auth=trust", f"--username={USER}", "--no-sync", "-D", str(self._data))

    def start(self) -> None:
        """Start it, if need be after a crash, and wait until it answers."""
        options = f"-p {self.port} -k {self._data.parent} -c listen_addresses=127.0.0.1"
        self._run("pg_ctl", "-D", str(self._data), "-w", "-t", str(PATIENCE), "-l", str(self._data / "log"),
                  "-o", options, "start")  # fmt: skip

    def kill(self) -> None:
        """kill -9 of the server and of every process of its."""
        postmaster = int((self._data / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        for pid in (postmaster, *map(int, children)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        while any(_runs(pid) for pid in (postmaster, *map(int, children))):
            time.sleep(0.01)

    def stop(self) -> None:
        with suppress(subprocess.CalledProcessError):
            self._run("pg_ctl", "-D", str(self._data), "-m", "immediate", "stop")

    def _run(self, command: str, *options: str) -> None:
        """PostgreSQL refuses to run as root."""
        user = USER if os.geteuid() == 0 else None
        subprocess.run(
            [str(self._bin / command), *options], check=True, user=user, cwd=self._data.parent,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=PATIENCE,
        )  # fmt: skip


def _runs(pid: int) -> bool:
    """A zombie runs no more."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@contextmanager
def open_cluster(port: int) -> Iterator[Cluster]:
    """A running server in a folder of its own, which goes with it."""
    folder = Path(tempfile.mkdtemp(prefix="recado-postgres-"))
    if os.geteuid() == 0:
        shutil.chown(folder, USER, USER)
    try:
        cluster = Cluster(folder, port)
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
