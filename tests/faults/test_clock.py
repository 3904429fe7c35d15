"""The clock jumps: no code lives again, and nothing waits for a time that was."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.faults.people import EMAILS

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(120, func_only=True),
    pytest.mark.parametrize("home", ["sqlite"], indirect=True),
]

JUMPS = [timedelta(hours=-1), timedelta(days=-1), timedelta(seconds=-5), timedelta(hours=1), timedelta(days=1)]
VERIFIED = "SELECT count(*) FROM verified_session WHERE ended_at IS NULL"


class JumpingClock:
    """The machine's clock, set forward or back by somebody."""

    def __init__(self) -> None:
        self.off = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.off


@pytest.mark.parametrize("jump", JUMPS, ids=str)
async def test_messages_go_on_whatever_the_clock_does(build, jump, figure) -> None:
    clock = JumpingClock()
    town = await build(clock=clock)
    people = town.strangers(6)
    town.emulator.faults.change({"send_throttled": 6})

    for who in people:
        await town.emulator.say(who, "oi")
    await asyncio.sleep(0.3)
    clock.off = jump
    for who in people:
        await town.emulator.say(who, "preciso de ajuda")
    what = await town.history(patience_s=30)
    figure("F11", f"clock {jump.total_seconds():+.0f} s while throttled: {what}")
    what.hold()


async def test_what_was_put_off_before_a_restart_is_sent_although_the_clock_was_set_back(build, figure) -> None:
    clock = JumpingClock()
    clock.off = timedelta(days=1)
    town = await build(clock=clock)
    await town.close_whatsapp()
    for who in town.strangers(5):
        await town.emulator.say(who, "oi")
    await asyncio.sleep(2)
    await town.close()
    clock.off = timedelta()
    await town.open_whatsapp()
    await town.open()
    what = await town.history(patience_s=30)
    figure("F11", f"restarted with the clock a day back: {what}")
    what.hold()


async def test_no_jump_gives_a_code_a_second_life(build, figure) -> None:
    clock = JumpingClock()
    town = await build(clock=clock)
    people = dict(list(EMAILS.items())[:3])
    for who, email in people.items():
        await town.emulator.say(who, email)
    codes = {who: (await town.mailbox.wait_for(email)).code or "" for who, email in people.items()}
    clock.off = timedelta(minutes=11)
    first = next(iter(people))
    await town.emulator.say(first, codes[first])
    await town.emulator.replies(first)
    clock.off = timedelta(minutes=-30)
    for who, code in codes.items():
        await town.emulator.say(who, code)
        await town.emulator.replies(who)
    revived = town.rows(VERIFIED)[0][0]
    figure("F11", f"codes typed after +11 min and -30 min: {revived} of {len(codes)} revived")
    assert revived == 0
