"""Meta may tell everything many times, in any order, a hundred at once, and the end before the beginning."""

import asyncio

import pytest

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120, func_only=True)]


@pytest.mark.parametrize("copies", [2, 10, 50])
async def test_webhooks_told_up_to_fifty_times_at_once_count_once(town, copies, figure) -> None:
    await town.employees(4 if copies < 50 else 2)
    town.emulator.faults.webhook_copies = copies
    what = await town.ask_meanwhile(lambda: town.until_confirmed(2))
    figure("F3", f"every webhook x{copies}: {what}; {town.emulator.courier.attempts} webhooks")
    what.hold()


async def test_webhooks_in_any_order_with_statuses_before_answers_count_once(town, figure) -> None:
    await town.employees(4)
    town.emulator.faults.change(
        {"webhook_shuffle": True, "webhook_copies": 3, "status_before_answer": True, "webhook_delay_s": 0.02}
    )
    what = await town.ask_meanwhile(lambda: town.until_confirmed(8))
    figure("F3", f"shuffled x3, statuses before the answer: {what}")
    what.hold()


async def test_a_hundred_messages_in_one_delivery_told_twice_are_each_answered_once(town, figure) -> None:
    town.emulator.faults.change({"webhook_batch": 100, "webhook_copies": 2})
    people = town.strangers(100)
    before = town.emulator.courier.attempts
    for who in people:
        await town.emulator.say(who, "oi")
    await asyncio.gather(*(town.emulator.replies(who, timeout=60) for who in people))
    what = await town.history()
    figure("F3", f"batches of 100 x2: {what}; {town.emulator.courier.attempts - before} webhooks")
    what.hold()
    assert what.got >= 100


async def test_bursts_that_arrive_shuffled_are_taken_up_once_each(town, figure) -> None:
    people = town.strangers(10)
    town.emulator.faults.change({"webhook_shuffle": True, "webhook_copies": 2})
    for n in range(20):
        for who in people:
            await town.emulator.say(who, f"mensagem {n}")
    what = await town.history()
    figure("F3", f"10 people, bursts of 20 shuffled x2: {what}")
    what.hold()
    assert what.said == 200
