"""The rules of one-time codes, one by one, on a real database."""

import logging
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select

from app.errors import StaleTurnError
from app.identity.limits import forget_old, unlock
from app.identity.models import EmployeeRow, OneTimeCode, VerifiedSession, WrongCode

ANA, BRUNO, NOBODY = "ana@ipe.example", "bruno@ipe.example", "nobody@ipe.example"
Wrong = Callable[[str], str]


async def test_the_right_code_proves_the_employee_and_starts_a_session(door: Any) -> None:
    plan, code = await door.ask(" Ana@IPE.example. ")
    check = await door.type(f"{code[:3]} {code[3:]}")
    assert (plan.outcome, check.outcome, check.employee.id) == ("sent", "right", "E1")
    started = await door.database.read(lambda s: s.scalars(select(VerifiedSession)).one())
    assert (started.conversation_id, started.employee_id, started.bound_to) == ("1", "E1", "5511")


async def test_a_code_works_once(door: Any) -> None:
    _, code = await door.ask(ANA)
    assert (await door.type(code)).outcome == "right"
    assert (await door.type(code)).outcome == "none"


async def test_a_code_works_only_in_its_conversation(door: Any) -> None:
    _, code = await door.ask(ANA, "1")
    await door.ask(BRUNO, "2")
    assert (await door.type(code, "2")).outcome == "wrong"
    assert (await door.type(code, "3")).outcome == "none"
    assert (await door.type(code, "1")).outcome == "right"


async def test_a_newer_code_kills_the_older(door: Any) -> None:
    _, old = await door.ask(ANA)
    door.pass_by(seconds=61)
    _, new = await door.ask(ANA)
    assert old == new or (await door.type(old)).outcome == "wrong"
    assert (await door.type(new)).outcome == "right"


async def test_a_code_lives_ten_minutes(door: Any) -> None:
    _, code = await door.ask(ANA)
    door.pass_by(minutes=9, seconds=59)
    assert (await door.gate.check_code("1", code)).outcome == "right"
    door.pass_by(seconds=1)
    assert (await door.type(code)).outcome == "expired"


async def test_setting_the_clock_back_revives_no_code(door: Any) -> None:
    _, code = await door.ask(ANA)
    door.pass_by(minutes=9)
    door.wall -= timedelta(hours=1)
    door.pass_by(minutes=1, seconds=1)
    assert (await door.type(code)).outcome == "expired"
    door.wall -= timedelta(minutes=8)
    door.restart()
    assert (await door.type(code)).outcome == "expired"


async def test_a_code_survives_a_restart(door: Any) -> None:
    _, code = await door.ask(ANA)
    door.restart()
    assert (await door.type(code)).outcome == "right"


async def test_five_wrong_tries_exhaust_a_code(door: Any, wrong: Wrong) -> None:
    _, code = await door.ask(ANA)
    checks = [await door.type(wrong(code)) for _ in range(5)]
    assert [check.tries_left for check in checks] == [4, 3, 2, 1, 0]
    assert [check.outcome for check in checks] == ["wrong"] * 4 + ["exhausted"]
    assert (await door.type(code)).outcome == "exhausted"


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "<b>1</b>", "' OR 1=1", "😀" * 6, "12345a"])
async def test_what_is_no_code_costs_no_try(door: Any, typed: str) -> None:
    await door.ask(ANA)
    check = await door.type(typed)
    assert (check.outcome, check.tries_left, check.effect) == ("wrong", 5, None)


async def test_digits_of_any_script_and_width_are_digits(door: Any) -> None:
    _, code = await door.ask(ANA)
    arabic = "".join(chr(0x660 + int(digit)) for digit in code)
    assert (await door.type(arabic)).outcome == "right"


async def test_the_next_code_waits_a_minute(door: Any) -> None:
    await door.ask(ANA)
    door.pass_by(seconds=20)
    plan, _ = await door.ask(ANA)
    assert (plan.outcome, plan.wait_seconds, plan.effect) == ("wait", 40, None)
    door.pass_by(seconds=40)
    assert (await door.ask(ANA))[0].outcome == "sent"


async def test_a_mistyped_address_is_corrected_without_waiting(door: Any) -> None:
    await door.ask("anna@ipe.example")
    assert (await door.ask(ANA))[0].outcome == "sent"


async def test_a_contact_gets_three_codes_an_hour_and_ten_a_day(door: Any) -> None:
    sent = 0
    for minute in range(12 * 60):
        plan, _ = await door.ask(f"someone{minute}@ipe.example")
        sent += plan.outcome == "sent"
        if minute == 59:
            assert sent == 3
        door.pass_by(minutes=1)
    assert sent == 10


async def test_an_address_gets_five_codes_an_hour_over_all_contacts(door: Any) -> None:
    plans = [(await door.ask(ANA, str(number)))[0] for number in range(6)]
    assert [plan.outcome for plan in plans] == ["sent"] * 5 + ["wait"]
    assert plans[-1].wait_seconds == 3600


async def _mistype(door: Any, wrong: Wrong, email: str, conversation: str, times: int) -> None:
    _, code = await door.ask(email, conversation)
    for _ in range(times):
        await door.type(wrong(code), conversation)


async def test_ten_wrong_codes_lock_the_address_until_a_person_helps(door: Any, wrong: Wrong) -> None:
    _, held = await door.ask(ANA, "9")
    await _mistype(door, wrong, ANA, "1", 5)
    await _mistype(door, wrong, ANA, "2", 5)
    assert (await door.ask(ANA, "3"))[0].outcome == "locked"
    assert (await door.type(held, "9")).outcome == "locked"
    assert (await door.ask(BRUNO, "3"))[0].outcome == "sent"
    await door.database.write(lambda s: unlock(s, door.keys.email_key(ANA)))
    assert (await door.type(held, "9")).outcome == "right"


async def test_a_lock_leaves_a_verified_session_alone(door: Any, wrong: Wrong) -> None:
    _, code = await door.ask(ANA, "7")
    await door.type(code, "7")
    await _mistype(door, wrong, ANA, "1", 5)
    await _mistype(door, wrong, ANA, "2", 5)
    session = await door.database.read(lambda s: s.scalars(select(VerifiedSession)).one())
    assert session.ended_at is None


async def test_an_unknown_address_is_served_alike(door: Any) -> None:
    statements: list[str] = []
    for engine in (door.database._reader_engine, door.database.engine):
        event.listen(engine, "before_cursor_execute", lambda c, cur, sql, *_: statements.append(sql.split("WHERE")[0]))
    seen = []
    for number, email in enumerate((ANA, NOBODY, "caio@ipe.example", "'; DROP TABLE employee; --")):
        statements.clear()
        door.argon2.hashed = door.argon2.verified = 0
        plan = await door.gate.plan_code(str(number), email, "es")
        outcome = await door.apply(plan, str(number))
        guesses = [await door.type("not it", str(number)), await door.type("000000", str(number))]
        words = [(check.outcome, check.tries_left, sorted(check.effect or {})) for check in guesses]
        asked = (plan.outcome, plan.wait_seconds, sorted(plan.effect))
        seen.append((asked, words, door.argon2.hashed, door.argon2.verified, list(statements)))
        assert bool(outcome.mail) == (email == ANA)
    assert seen[0][2:4] == (1, 1)
    assert seen.count(seen[0]) == 4


async def test_an_employee_deactivated_meanwhile_does_not_get_in(door: Any) -> None:
    _, code = await door.ask(ANA)
    check = await door.gate.check_code("1", code)
    await door.database.write(lambda s: setattr(s.get_one(EmployeeRow, "E1"), "active", False))
    with pytest.raises(StaleTurnError):
        await door.apply(check)
    assert (await door.type(code)).outcome == "wrong"


async def test_two_conversations_at_once_never_exceed_the_limit_of_their_address(door: Any) -> None:
    plans = [await door.gate.plan_code(str(number), ANA, "en") for number in range(8)]
    applied = stale = 0
    for number, plan in enumerate(plans):
        try:
            applied += bool((await door.apply(plan, str(number))).mail)
        except StaleTurnError:
            stale += 1
    assert (applied, stale) == (5, 3)


async def test_two_turns_at_once_use_a_code_once(door: Any) -> None:
    _, code = await door.ask(ANA)
    first, second = await door.gate.check_code("1", code), await door.gate.check_code("1", code)
    await door.apply(first)
    with pytest.raises(StaleTurnError):
        await door.apply(second)


async def test_wrong_tries_at_once_cannot_exceed_the_lock(door: Any, wrong: Wrong) -> None:
    codes = {str(n): (await door.ask(ANA, str(n)))[1] for n in range(3)}
    for conversation in ("0", "1"):
        for _ in range(4):
            await door.type(wrong(codes[conversation]), conversation)
    planned = [(str(n), await door.gate.check_code(str(n), wrong(codes[str(n)]))) for n in range(3)]
    for conversation, check in planned[:2]:
        await door.apply(check, conversation)
    with pytest.raises(StaleTurnError):
        await door.apply(planned[2][1], "2")


async def test_the_same_plan_applied_twice_is_stale(door: Any) -> None:
    plan = await door.gate.plan_code("1", ANA, "en")
    await door.apply(plan)
    with pytest.raises(StaleTurnError):
        await door.apply(plan)


async def test_a_code_of_another_conversation_cannot_be_applied_here(door: Any) -> None:
    _, code = await door.ask(ANA, "1")
    check = await door.gate.check_code("1", code)
    with pytest.raises(StaleTurnError):
        await door.apply(check, "2")


async def test_the_code_and_the_address_rest_nowhere(
    door: Any, wrong: Wrong, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    plan, code = await door.ask(BRUNO)
    await door.type(wrong(code))
    right = await door.type(code)
    mail = [plan.model_dump_json(), repr(plan), right.model_dump_json(exclude={"employee"})]
    assert not [text for text in mail if code in text]
    await door.database.write(lambda s: s.delete(s.scalars(select(VerifiedSession)).one()))
    everything = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert code.encode() not in everything
    assert everything.count(BRUNO.encode()) > 0  # the employee table itself: the scan sees what is there
    assert code not in caplog.text
    assert BRUNO not in caplog.text


async def test_what_no_rule_needs_is_forgotten(door: Any, wrong: Wrong) -> None:
    _, code = await door.ask(ANA)
    await door.type(wrong(code))
    await door.database.write(lambda s: forget_old(s, door.wall + timedelta(days=3)))
    left = await door.database.read(
        lambda s: [s.scalar(select(func.count()).select_from(model)) for model in (OneTimeCode, WrongCode)]
    )
    assert left == [0, 0]


async def test_the_hash_costs_what_owasp_asks(door: Any) -> None:
    from app.identity.hashing import OWASP_ARGON2

    assert OWASP_ARGON2.hash("000000").startswith("$argon2id$v=19$m=19456,t=2,p=1$")
