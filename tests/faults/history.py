"""The history checker, in Jepsen's manner: all that was recorded outside, held against the database afterwards."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tests.faults.recorder import Operation
from tests.faults.stores import Store


async def until_drained(store: Store, *, but: str = "1 = 0") -> None:
    """Wait until nothing is unread and nothing is to be sent (`but` what an SQL condition on the outbox names)."""
    unread = "SELECT count(*) FROM inbox WHERE state = 'new'"
    unsent = f"SELECT count(*) FROM outbox WHERE state IN ('new', 'sending') AND NOT ({but})"  # noqa: S608 -- ours
    while store.rows(unread) != [(0,)] or store.rows(unsent) != [(0,)]:
        await asyncio.sleep(0.1)


@dataclass(frozen=True)
class History:
    """The whole of what happened; every number but the first five should be nought or be explained."""

    said: int
    acked: int
    got: int
    mails: int
    requests: int
    lost: int  # messages WhatsApp was told are taken and the database does not have
    unanswered: int  # messages no turn took up
    unsent: int  # replies a turn wanted and nobody got
    foreign: int  # replies and mails that no turn wanted
    doubled: int  # replies somebody got twice
    uncounted: int  # of these: not counted as sent again
    remailed: int  # mails that came again, the same code under the same Message-ID
    recoded: int  # codes that came under two Message-IDs
    disorder: int  # see `_disorder`
    unasked: int  # requests whose draft nobody confirmed
    unopened: int  # confirmed drafts without a request
    sound: bool  # the store's own check of itself

    def __str__(self) -> str:
        did = f"{self.acked} messages acked, {self.got} replies, {self.mails} mails, {self.requests} requests"
        wrong = self.lost, self.unanswered, self.unsent, self.doubled, self.unasked + self.unopened, self.disorder
        if not any(wrong):
            return f"{did}, 0 lost, 0 twice" + (f" ({self.remailed} mails again)" if self.remailed else "")
        counted = f" ({self.doubled - self.uncounted} counted)" if self.doubled else ""
        again = f", {self.remailed} mails again" if self.remailed else ""
        return (
            f"{did}: {self.lost} lost, {self.unanswered} unanswered, {self.unsent} unsent, "
            f"{self.doubled} twice{counted}{again}, "
            f"{self.unasked + self.unopened} requests too many or too few, {self.disorder} out of order"
        )

    def hold(self, *, doubled: int = 0, unanswered: int = 0) -> None:
        """Nothing lost, nothing done twice, everybody in order; so many replies may have gone twice, if counted."""
        assert self.sound, "the database is damaged"
        assert self.lost == 0, "lost messages"
        assert self.unanswered == unanswered, "messages never answered"
        assert (self.unsent, self.foreign) == (0, 0), "replies lost or made up"
        assert (self.unasked, self.unopened) == (0, 0), "one confirmed draft, one request"
        assert self.recoded == 0, "a code went out as two different mails"
        assert self.doubled <= doubled, "replies went out twice"
        assert self.uncounted == 0, "a reply went out twice and nobody counted it"
        assert self.disorder == 0, "out of order"


def history(store: Store, operations: Sequence[Operation]) -> History:
    """Read both sides once everything is quiet."""
    keys = lambda kind: [operation.key for operation in operations if operation.kind == kind]  # noqa: E731
    column = lambda query: {str(value) for (value,) in store.rows(query)}  # noqa: E731
    arrivals, mails = Counter(keys("delivered")), Counter(keys("mailed"))
    wanted = {f"ob:{entry}" for entry in column("SELECT id FROM outbox WHERE kind = 'message'")}
    resent = {f"ob:{entry}" for entry in column("SELECT id FROM outbox WHERE kind = 'message' AND resends > 0")}
    codes = Counter(mail.partition(".")[0].strip("<") for mail in mails)
    twice = {entry for entry, times in arrivals.items() if times > 1}
    references, confirmed = column("SELECT reference FROM desk_request"), set(keys("confirmed"))
    return History(
        said=len(keys("said")),
        acked=len(keys("acked")),
        got=arrivals.total(),
        mails=len(mails),
        requests=len(references),
        lost=len(set(keys("acked")) - column("SELECT wamid FROM inbox")),
        unanswered=store.rows("SELECT count(*) FROM inbox WHERE state != 'done'")[0][0],
        unsent=len(wanted - arrivals.keys()),
        foreign=len(arrivals.keys() - wanted) + len(codes.keys() - column("SELECT id FROM outbox WHERE kind = 'mail'")),
        doubled=arrivals.total() - len(arrivals),
        uncounted=len(twice - resent),
        remailed=mails.total() - len(mails),
        recoded=codes.total() - len(codes),
        disorder=_disorder(store, operations),
        unasked=len(references - confirmed),
        unopened=len(confirmed - references),
        sound=store.sound(),
    )


def _disorder(store: Store, operations: Sequence[Operation]) -> int:
    """Chats whose replies came before an older one, conversations taken up or kept in another order than told."""
    chats: dict[str, list[int]] = {}
    for operation in operations:
        if operation.kind == "delivered":
            chats.setdefault(operation.who, []).append(int(operation.key.removeprefix("ob:") or -1))
    taken = store.rows("SELECT conversation_id, version FROM inbox WHERE state = 'done' ORDER BY conversation_id, seq")
    arrived = {wamid: seq for wamid, seq in store.rows("SELECT wamid, seq FROM inbox")}  # noqa: C416 -- rows are lists
    return (
        sum(order != sorted(order) for order in map(_firsts, chats.values()))
        + (taken != sorted(taken))
        + _overtaken(arrived, operations)
    )


def _firsts(order: Iterable[int]) -> list[int]:
    return list(dict.fromkeys(order))


def _overtaken(arrived: dict[str, int], operations: Sequence[Operation]) -> int:
    """Messages said after an older one of the same person was acked, and kept before it."""
    newest: dict[str, int] = {}
    overtaken = 0
    seen_before: dict[str, int] = {}
    for operation in operations:
        seq = arrived.get(operation.key, 0)
        if operation.kind == "said":
            seen_before[operation.key] = newest.get(operation.who, 0)
        elif operation.kind == "acked":
            overtaken += 0 < seq < seen_before.get(operation.key, 0)
            newest[operation.who] = max(newest.get(operation.who, 0), seq)
    return overtaken
