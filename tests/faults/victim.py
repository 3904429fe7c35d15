"""A Recado to be killed: imports everything once, then forks a fresh service for every line on its standard input.

The fork saves the seconds of importing and training (the language engine is trained once, on n-grams alone); the
service in it is the real one, on real files, and dies by a real kill -9: from outside, or by its own hand at a named
moment (`tests.faults.moments`).
Protocol: a line of JSON in starts a part of the service, a line out is its process id; end of input ends this process.
"""

import ctypes
import importlib
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from retrieval.passage import Language, Passage
from tests.faults.moments import Fuse, patch_in

PR_SET_PDEATHSIG = 1  # of Linux
HEAVY = (
    "app.mind",
    "app.serve",
    "app.worker",
    "app.db.schema",
    "alembic.command",
    "app.db.sqlite",
    "app.jobs",
    "uvloop",
    "sklearn.linear_model",
    "sklearn.svm",
)


def serve(part: str, port: int) -> None:
    """The whole service, the receiver alone, or a worker whose health answers on `port`."""
    from app.serve import run_server, run_worker
    from app.settings import Settings

    os.environ["RECADO_WORKER__PORT"] = str(port)
    if part.startswith("worker"):
        run_worker(Settings(), drain=False)
    else:
        run_server(Settings(), with_worker=part == "all")


class Almanac:
    """A source outside that knows one thing, so that a turn can come to it."""

    name = "almanac"
    state = "almanac: ok"

    async def close(self) -> None:
        """Hold nothing that would have to be let go of."""

    async def search(self, question: str, language: Language, *, limit: int = 3) -> tuple[Passage, ...]:
        if "almanaque" not in question:
            return ()
        told = "O próximo eclipse total do sol visível no país será em agosto de 2045."
        return (
            Passage(
                id="a1",
                article_id="a",
                language=language,
                title="Almanaque",
                heading="Eclipses",
                text=told,
                url="",
                trust="web",
            ),
        )


def train() -> None:
    import app.mind
    from app.demo.load import COMPANY
    from app.desk.company_files import read_company
    from graph.language.offline.engine import OfflineEngine

    engine = OfflineEngine()
    engine.warm(read_company(COMPANY).categories)
    app.mind.OfflineEngine = lambda _: engine
    app.mind.load_embedder = lambda _: None
    app.mind.open_outside = lambda _: Almanac()


def live(fuse: Fuse, order: dict[str, Any]) -> None:
    """One life of one part of the service, in a process of its own."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # a test that is killed leaves nothing running
    fuse.arm(order["moments"], Path(order["folder"]))
    try:
        serve(order["part"], order["port"])
    finally:
        os._exit(0)


def main() -> None:
    for name in HEAVY:
        importlib.import_module(name)
    train()
    fuse = Fuse()
    patch_in(fuse)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries the dead
    print("imported", flush=True)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            live(fuse, json.loads(line))
        print(child, flush=True)


if __name__ == "__main__":
    main()
