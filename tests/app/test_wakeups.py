import asyncio
from datetime import timedelta

from app.wakeups import Wakeups


class Mailboxes:
    """Counts messages per key; a handler takes them all, one key at a time."""

    def __init__(self) -> None:
        self.unread: dict[str, int] = {}
        self.handled: dict[str, int] = {}
        self.busy: set[str] = set()

    async def handle(self, key: str) -> float | None:
        assert key not in self.busy, "two handlers for one key"
        self.busy.add(key)
        while self.unread.get(key):
            self.unread[key] -= 1
            await asyncio.sleep(0)
            self.handled[key] = self.handled.get(key, 0) + 1
        self.busy.discard(key)
        return None


async def until_idle(wakeups: Wakeups) -> None:
    while not wakeups.idle:
        await asyncio.sleep(0)


async def test_every_message_is_handled_and_one_key_never_twice_at_once():
    mailboxes = Mailboxes()
    wakeups = Wakeups(mailboxes.handle)
    for n in range(300):
        key = str(n % 7)
        mailboxes.unread[key] = mailboxes.unread.get(key, 0) + 1
        wakeups.wake(key)
        if n % 5 == 0:
            await asyncio.sleep(0)
    await until_idle(wakeups)
    assert sum(mailboxes.handled.values()) == 300
    await wakeups.close()


async def test_a_wake_up_during_handling_is_not_forgotten():
    rounds = 0
    wakeups: Wakeups

    async def handle(key: str) -> None:
        nonlocal rounds
        rounds += 1
        if rounds == 1:
            wakeups.wake(key)

    wakeups = Wakeups(handle)
    wakeups.wake("k")
    await until_idle(wakeups)
    assert rounds == 2
    await wakeups.close()


async def test_a_handler_may_ask_to_be_called_again_later():
    calls = 0

    async def handle(_: str) -> float | None:
        nonlocal calls
        calls += 1
        return 0.01 if calls == 1 else None

    wakeups = Wakeups(handle)
    wakeups.wake("k")
    await until_idle(wakeups)
    assert calls == 2
    await wakeups.close()


async def test_a_failing_handler_is_tried_again_and_others_go_on(monkeypatch):
    monkeypatch.setattr("app.wakeups.RETRY_SECONDS", 0.01)
    seen: list[str] = []

    async def handle(key: str) -> None:
        seen.append(key)
        if seen.count("bad") == 1 and key == "bad":
            raise RuntimeError("once")

    wakeups = Wakeups(handle)
    wakeups.wake("bad")
    wakeups.wake("good")
    await until_idle(wakeups)
    assert seen.count("bad") == 2
    assert seen.count("good") == 1
    await wakeups.close()


async def test_after_closing_nothing_runs():
    seen: list[str] = []

    async def handle(key: str) -> None:
        seen.append(key)

    wakeups = Wakeups(handle)
    await wakeups.close()
    wakeups.wake("k")
    await asyncio.sleep(0)
    assert seen == []


async def test_asked_to_stop_it_finishes_the_turn_under_way_and_what_that_wants_sent():
    seen: list[str] = []
    wakeups: Wakeups

    async def handle(key: str) -> None:
        await asyncio.sleep(0.02)
        seen.append(key)
        if key == "t1":
            wakeups.wake("c1")
            wakeups.wake("t2")

    wakeups = Wakeups(handle)
    wakeups.wake("t1")
    await asyncio.sleep(0)
    await wakeups.close(timedelta(seconds=20))
    assert seen == ["t1", "c1"], "another conversation is for the next process"


async def test_what_takes_longer_than_the_patience_is_let_go():
    ended: list[str] = []

    async def handle(key: str) -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            ended.append(key)
            raise

    wakeups = Wakeups(handle)
    wakeups.wake("t1")
    await asyncio.sleep(0)
    await wakeups.close(timedelta(seconds=0.01))
    assert ended == ["t1"]


async def test_while_stopping_nothing_is_put_off_to_later():
    async def handle(_: str) -> float:
        await asyncio.sleep(0.01)
        return 0.0

    wakeups = Wakeups(handle)
    wakeups.wake("c1")
    await asyncio.sleep(0)
    await wakeups.close(timedelta(seconds=20))
    assert wakeups.idle
