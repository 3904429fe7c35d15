"""WhatsApp is away, slow, strict, or takes messages without saying so: nothing is lost, and twice only what must be."""

import asyncio
from datetime import timedelta

import httpx
import pytest

import app.whatsapp.client
from app.emulator.refusal import Refusal
from app.settings import DeliverySettings

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120, func_only=True)]

LEASE = DeliverySettings(lease=timedelta(seconds=3), lease_after_start=timedelta(seconds=0.5))


@pytest.fixture
async def town(build, monkeypatch):
    monkeypatch.setattr(app.whatsapp.client, "LONGEST_CALL", 1.5)
    monkeypatch.setattr(app.whatsapp.client, "TIMEOUT", httpx.Timeout(connect=1, write=1, read=1, pool=1))
    return await build(delivery=LEASE)


async def test_while_connections_are_refused_replies_wait(town, figure) -> None:
    await town.employees(4)

    async def away() -> None:
        await town.close_whatsapp()
        for who in town.strangers(6):
            await town.emulator.say(who, "oi")
        await asyncio.sleep(6)
        await town.open_whatsapp()

    what = await town.ask_meanwhile(away)
    tries = town.rows("SELECT max(tries) FROM outbox")[0][0]
    figure("F4", f"connections refused for 6 s, up to {tries} tries: {what}")
    what.hold()
    assert tries > 3


async def test_errors_and_throttling_lose_nothing_and_give_nothing_up(town, figure) -> None:
    await town.employees(4)

    async def strict() -> None:
        town.emulator.faults.change({"send_throttled": 6})
        await town.until_confirmed(2)
        town.emulator.faults.change({"send_errors": 4})
        await town.until_confirmed(2)

    what = await town.ask_meanwhile(strict)
    figure("F4", f"six 429/130429, four 500/131000: {what}")
    what.hold()


async def test_the_pair_rate_makes_one_person_wait_and_nobody_else(town, monkeypatch, figure) -> None:
    slow, *others = town.strangers(4)
    refused, spend = [], town.emulator.rates.spend

    def strict(person, now):
        if person == slow and len(refused) < 2:
            refused.append(now)
            raise Refusal(131056, "pair rate limit hit")
        spend(person, now)

    monkeypatch.setattr(town.emulator.rates, "spend", strict)
    for who in (slow, *others):
        await town.emulator.say(who, "oi")
    await asyncio.gather(*(town.emulator.replies(who) for who in others))
    waiting = town.emulator.outbox(slow) == []
    what = await town.history()
    pause = (town.emulator.outbox(slow)[0].at - refused[0]).total_seconds()
    figure("F4", f"131056 twice: {what}; that person waited {pause:.1f} s, others answered meanwhile: {waiting}")
    what.hold()
    assert waiting
    assert pause >= 1 + 4  # 4^0 and 4^1 seconds, as Meta advises


async def test_sends_that_hang_are_sent_again_and_arrive_once(town, figure) -> None:
    town.emulator.faults.change({"send_hangs": 8, "hang_s": 5.0})
    for who in town.strangers(8):
        await town.emulator.say(who, "oi")
    what = await town.history()
    resent = town.rows("SELECT sum(resends) FROM outbox")[0][0]
    figure("F4", f"8 sends hang: {what}; {resent} sent again")
    what.hold()
    assert resent == 8


async def test_answers_lost_after_acceptance_are_settled_by_status_webhooks(town, figure) -> None:
    await town.employees(4)
    town.emulator.faults.send_lost_answers = 1000
    what = await town.ask_meanwhile(lambda: town.until_confirmed(2))
    lost = 1000 - town.emulator.faults.send_lost_answers
    figure("F4", f"{lost} answers lost after acceptance, statuses come: {what}")
    what.hold()
    assert lost > 0


async def test_answers_lost_and_no_statuses_cost_one_counted_duplicate_each(town, figure) -> None:
    town.emulator.faults.change({"send_lost_answers": 5, "statuses_withheld": True})
    for who in town.strangers(5):
        await town.emulator.say(who, "oi")
    what = await town.history()
    figure("F4", f"5 answers lost, no statuses: {what}")
    what.hold(doubled=5)
    assert what.doubled == 5


async def test_a_revoked_token_stops_the_channel_and_fails_nothing(town, figure) -> None:
    await town.employees(3)
    seen = []

    async def revoked() -> None:
        town.emulator.faults.token_revoked = True
        for who in town.strangers(5):
            await town.emulator.say(who, "oi")
        await asyncio.sleep(4)
        seen.append((await town.health())["channel"])
        seen.append(town.rows("SELECT DISTINCT state FROM outbox WHERE error LIKE '%190%'"))
        town.emulator.faults.token_revoked = False

    what = await town.ask_meanwhile(revoked)
    figure("F4", f"token revoked for 4 s: {what}; health said {seen[0]!r}")
    what.hold()
    assert seen[0].startswith("stopped: 190")
    assert {state for (state,) in seen[1]} <= {"new", "sending"}
    assert (await town.health())["channel"] == "ok"


def slow(wire) -> None:
    wire.latency_s = 0.2


def swallowing(wire) -> None:
    wire.silent = True


def cut_in_the_request(wire) -> None:
    wire.cut_after(300, "there")


def cut_in_the_answer(wire) -> None:
    wire.cut_after(20, "back")


@pytest.mark.parametrize("toxic", [slow, swallowing, cut_in_the_request, cut_in_the_answer])
async def test_a_bad_wire_to_whatsapp_loses_and_repeats_nothing(town, toxic, figure) -> None:
    await town.employees(3)

    async def bad() -> None:
        toxic(town.wires.whatsapp)
        await town.wires.whatsapp.reset()
        for who in town.strangers(6):
            await town.emulator.say(who, "oi")
        await asyncio.sleep(4)
        town.wires.whatsapp.heal()
        await town.wires.whatsapp.reset()

    what = await town.ask_meanwhile(bad)
    resent = town.rows("SELECT sum(resends) FROM outbox")[0][0]
    figure("F4", f"the wire {toxic.__name__.replace('_', ' ')} for 4 s: {what}; {resent} sent again")
    what.hold()


@pytest.mark.parametrize("told", ["answer", "webhook"])
async def test_replies_that_miss_the_window_are_held_until_the_employee_writes(town, told, figure) -> None:
    late = town.strangers(5)
    await town.close_whatsapp()
    for who in late:
        await town.emulator.say(who, "oi")
    await asyncio.sleep(1.5)
    town.emulator.faults.change({"clock_shift_s": 90_000.0, "refuse_by_webhook": told == "webhook"})
    await town.open_whatsapp()
    await town.emulator.settled()
    async with asyncio.timeout(30):
        while town.rows("SELECT DISTINCT state FROM outbox") != [("held",)]:
            await asyncio.sleep(0.1)
    refused = town.rows("SELECT tries FROM outbox WHERE error LIKE '%131047%'")
    await asyncio.sleep(2.5)
    again = town.rows("SELECT tries FROM outbox WHERE error LIKE '%131047%'")
    assert [town.emulator.outbox(who) for who in late] == [[]] * 5
    for who in late:
        await town.emulator.say(who, "ainda estão aí?")
    what = await town.history()
    figure("F5", f"window closed in an outage, told by {told}: {what}; retried with 131047: {int(again != refused)}")
    what.hold()
    assert refused == again
