"""Processes under measure, each group with its children: processor time and memory are read from /proc."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE_S = 15.0  # for a process that was asked to end
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Group:
    """What belongs to one service."""

    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
        """`python arguments` in a process group of its own."""
        own = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), **environment}
        self.processes.append(
            subprocess.Popen([sys.executable, *arguments], cwd=folder, env=own, start_new_session=True)
        )

    def cpu_seconds(self) -> float:
        """What they have used so far; a loaded machine stretches time, not this."""
        return sum(int(fields[11]) + int(fields[12]) for _, fields in self._members()) / TICKS

    def megabytes(self) -> float:
        """Resident memory."""
        return sum(_resident(pid) for pid, _ in self._members())

    def kill(self) -> None:
        """As a power cut does."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """As an operator does."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        for process in self.processes:
            if process.poll() is None:
                os.killpg(process.pid, how)
        for process in self.processes:
            process.wait(PATIENCE_S)
        self.processes.clear()

    def _members(self) -> Iterator[tuple[str, list[str]]]:
        groups = {str(process.pid) for process in self.processes}
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = path.read_text().rpartition(")")[2].split()
            except OSError:  # it has just ended
                continue
            if fields[2] in groups:
                yield path.parent.name, fields


def _resident(pid: str) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
