"""What people said and got, seen from WhatsApp's side of the wire, held against the database afterwards."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.emulator.switchboard import Emulator


@contextmanager
def opened(data_dir: Path) -> Iterator[sqlite3.Connection]:
    """The service's database, to look at."""
    database = sqlite3.connect(f"file:{data_dir / 'recado.db'}?mode=ro", uri=True)
    try:
        yield database
    finally:
        database.close()


def rows(data_dir: Path, query: str) -> list[tuple[Any, ...]]:
    with opened(data_dir) as database:
        return database.execute(query).fetchall()


async def until_drained(data_dir: Path, *, but: str = "0") -> None:
    """Wait until nothing is unread and nothing is to be sent (`but` what an SQL condition on the outbox names)."""
    unread = "SELECT count(*) FROM inbox WHERE state = 'new'"
    unsent = f"SELECT count(*) FROM outbox WHERE state IN ('new', 'sending') AND NOT ({but})"  # noqa: S608 -- ours
    while rows(data_dir, unread) != [(0,)] or rows(data_dir, unsent) != [(0,)]:
        await asyncio.sleep(0.1)


@dataclass(frozen=True)
class History:
    """The whole of what happened; every number but the first three should be nought or be explained."""

    said: int
    got: int
    requests: int
    lost: int  # messages WhatsApp was told are taken and the database does not have
    unanswered: int  # messages no turn took up
    unsent: int  # replies a turn wanted and nobody got
    foreign: int  # replies that no turn wanted
    doubled: int  # replies somebody got twice
    uncounted: int  # of these: not counted as sent again
    disorder: int  # replies that came before an older one, turns that took a newer message first
    confirmed: int  # drafts that people confirmed
    sound: bool  # SQLite's own check of the file

    def __str__(self) -> str:
        return (
            f"{self.said} messages, {self.got} replies, {self.requests} requests ({self.confirmed} confirmed): "
            f"{self.lost} lost, {self.unanswered} unanswered, {self.unsent} unsent, {self.doubled} twice "
            f"({self.doubled - self.uncounted} counted), {self.disorder} out of order"
        )

    def hold(self, *, doubled: int = 0, unanswered: int = 0) -> None:
        """Nothing lost, nothing done twice, everybody in order; so many replies may have gone twice, if counted."""
        assert self.sound, "the database is damaged"
        assert self.lost == 0, "lost messages"
        assert self.unanswered == unanswered, "messages never answered"
        assert (self.unsent, self.foreign) == (0, 0), "replies lost or made up"
        assert self.requests == self.confirmed, "one confirmed draft, one request"
        assert self.doubled <= doubled, "replies went out twice"
        assert self.uncounted == 0, "a reply went out twice and nobody counted it"
        assert self.disorder == 0, "out of order"


def history(data_dir: Path, emulator: Emulator, people: Iterable[str], confirmed: Iterable[str] = ()) -> History:
    """Read both sides once everything is quiet."""
    with opened(data_dir) as database:
        ask = lambda query: database.execute(query).fetchall()  # noqa: E731
        names = list(people)
        chats = {who: emulator.chat(who).messages for who in names}
        said = [message.wamid for chat in chats.values() for message in chat if not message.from_business]
        orders = {who: [_entry(m.raw) for m in chat if m.from_business] for who, chat in chats.items()}
        arrivals = Counter(entry for order in orders.values() for entry in order)
        wanted = {entry for (entry,) in ask("SELECT id FROM outbox WHERE kind = 'message'")}
        kept = {wamid for (wamid,) in ask("SELECT wamid FROM inbox")}
        resent = {entry for (entry,) in ask("SELECT id FROM outbox WHERE resends > 0")}
        twice = {entry for entry, times in arrivals.items() if times > 1}
        taken = ask("SELECT conversation_id, version FROM inbox WHERE state = 'done' ORDER BY conversation_id, seq")
        return History(
            said=len(said),
            got=sum(arrivals.values()),
            requests=len(ask("SELECT 1 FROM desk_request")),
            lost=len([wamid for wamid in said if wamid not in kept]),
            unanswered=ask("SELECT count(*) FROM inbox WHERE state != 'done'")[0][0],
            unsent=len(wanted - arrivals.keys()),
            foreign=len(arrivals.keys() - wanted),
            doubled=sum(times - 1 for times in arrivals.values()),
            uncounted=len(twice - resent),
            disorder=sum(order != sorted(order) for order in map(_firsts, orders.values())) + (taken != sorted(taken)),
            confirmed=len(set(confirmed)),
            sound=ask("PRAGMA integrity_check") == [("ok",)],
        )


def _entry(raw: dict[str, Any]) -> int:
    return int(str(raw.get("biz_opaque_callback_data", "ob:-1")).removeprefix("ob:"))


def _firsts(order: list[int]) -> list[int]:
    return list(dict.fromkeys(order))
