"""Named moments of a service's life at which it kills itself; not in the product: a victim patches them in.

A moment's name is what happens and on which side of it: `turn commit: before`, `node greet: after`. Processes that
share a folder spend a moment together: the first to come by dies, and the others live on.
"""

import functools
import os
import signal
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, get_args

from sqlalchemy import event
from sqlalchemy.orm import Session

SIDES = ("before", "after")
COMMITS = ("inbox", "turn", "claim", "settle")
SENDS = ("message", "mail", "fetch")


def sided(names: Iterable[str]) -> list[str]:
    return [f"{name}: {side}" for name in names for side in SIDES]


def of_writing_and_sending() -> list[str]:
    """Around every commit and every send; a file is fetched only when somebody sends one."""
    return sided([*(f"{name} commit" for name in COMMITS), *(f"{name} send" for name in SENDS if name != "fetch")])


def nodes() -> list[str]:
    """Every node of the compiled graph, by its name there."""
    from graph.build import build
    from graph.checkpoint import TurnSaver

    return sorted(f"node {name}" for name in build(TurnSaver()).nodes if not name.startswith("__"))


def effects() -> list[str]:
    """Every effect a turn can have."""
    from tools.effects import Effect

    return sorted(f"effect {kind.__name__}" for kind in get_args(get_args(Effect)[0]))


class Fuse:
    """Kills this process when it passes an armed moment for the n-th time, if nobody has died of it yet."""

    def __init__(self) -> None:
        self._left: dict[str, int] = {}
        self._folder = Path()

    def arm(self, moments: dict[str, int], folder: Path) -> None:
        """`moments`: at which passage of each it dies."""
        self._left, self._folder = dict(moments), folder

    def pass_by(self, moment: str) -> None:
        if moment in self._left:
            self._left[moment] -= 1
            if self._left[moment] <= 0 and self._spend(moment):
                os.kill(os.getpid(), signal.SIGKILL)

    def _spend(self, moment: str) -> bool:
        try:
            (self._folder / moment).touch(exist_ok=False)
        except FileExistsError:
            return False
        return True


def patch_in(fuse: Fuse) -> None:
    """Lay the fuse at every moment there is; call it before the service is put together."""
    _patch_commits(fuse)
    _patch_sends(fuse)
    _patch_effects(fuse)
    _patch_nodes(fuse)


def _patch_commits(fuse: Fuse) -> None:
    """A commit's name comes from the work done in it; several may share one."""
    import app.inbox
    import app.outbox
    import app.turns

    app.inbox.keep = _noted("inbox", app.inbox.keep)
    app.turns.commit = _noted("turn", app.turns.commit)
    app.outbox.claim = _noted("claim", app.outbox.claim)
    app.outbox.settle = _noted("settle", app.outbox.settle)

    def passing(side: str) -> Callable[[Session], None]:
        def hook(session: Session) -> None:
            if not session.in_nested_transaction():
                for name in session.info.get("work", ()):
                    fuse.pass_by(f"{name} commit: {side}")

        return hook

    event.listen(Session, "before_commit", passing("before"))
    event.listen(Session, "after_commit", passing("after"))


def _noted(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(work)
    def noted(session: Session, *rest: Any, **more: Any) -> Any:
        done = work(session, *rest, **more)
        session.info.setdefault("work", []).append(name)
        return done

    return noted


def _patch_sends(fuse: Fuse) -> None:
    import app.mind

    carriers = app.mind.carriers

    def fused(*parts: Any) -> dict[str, Any]:
        return {kind: _around(fuse, f"{kind} send", carrier) for kind, carrier in carriers(*parts).items()}

    app.mind.carriers = fused


def _around(fuse: Fuse, name: str, act: Callable[..., Any]) -> Callable[..., Any]:
    async def around(*parts: Any, **more: Any) -> Any:
        fuse.pass_by(f"{name}: before")
        done = await act(*parts, **more)
        fuse.pass_by(f"{name}: after")
        return done

    return around


def _patch_effects(fuse: Fuse) -> None:
    import app.effects

    apply = app.effects._apply

    def fused(session: Session, effect: Any, *rest: Any) -> Any:
        fuse.pass_by(f"effect {type(effect).__name__}: before")
        outcome = apply(session, effect, *rest)
        fuse.pass_by(f"effect {type(effect).__name__}: after")
        return outcome

    app.effects._apply = fused


def _patch_nodes(fuse: Fuse) -> None:
    import graph.build

    graph.build.NODES = tuple(
        functools.wraps(node)(_around(fuse, f"node {node.__name__}", node)) for node in graph.build.NODES
    )
