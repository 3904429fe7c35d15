"""A Recado to be killed: imports everything once, then forks a fresh service for every line on its standard input.

The fork saves the seconds of importing and training (the language engine is trained once, on n-grams alone); the
service in it is the real one, on real files, and dies by a real kill -9.
Protocol: a line in starts a service, a line out is its process id; end of input ends this process.
"""

import importlib
import os
import signal
import sys

HEAVY = (
    "app.mind",
    "app.serve",
    "app.worker",
    "app.db.schema",
    "alembic.command",
    "uvloop",
    "sklearn.linear_model",
    "sklearn.svm",
)


def serve() -> None:
    from app.serve import run_server
    from app.settings import Settings

    run_server(Settings(), with_worker=True)


def train() -> None:
    import app.mind
    from app.demo.load import COMPANY
    from app.desk.company_files import read_company
    from graph.language.offline.engine import OfflineEngine

    engine = OfflineEngine()
    engine.warm(read_company(COMPANY).categories)
    app.mind.OfflineEngine = lambda _: engine
    app.mind.load_embedder = lambda _: None


def main() -> None:
    for name in HEAVY:
        importlib.import_module(name)
    train()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries the dead
    print("imported", flush=True)
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            try:
                serve()
            finally:
                os._exit(0)
        print(child, flush=True)


if __name__ == "__main__":
    main()
