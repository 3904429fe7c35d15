"""Accounts and sessions as functions of a session, on both stores."""

from datetime import timedelta

import pyotp
import pytest

from app.identity.keys import SecretKeys
from app.settings import ConsoleSettings
from app.staff import attempts, second_step, sessions
from app.staff.accounts import NewStaff, Password, StaffChange, add_staff, change_staff, find_staff, set_password
from app.staff.errors import StaffRefusedError, WeakPasswordError
from app.staff.passwords import is_password, make_up_password, require_strong
from app.staff.sessions import Browser

RULES = ConsoleSettings()
KEYS = SecretKeys(b"a secret of the test")
HERE = Browser("10.0.0.1", "Firefox")


@pytest.fixture
def ana(session, clock) -> int:
    new = NewStaff("Ana.Lima@Ipe.example ", " Ana  Lima", ("auditor", "admin"))
    return add_staff(session, new, Password("kept"), clock()).id


def test_an_address_is_one_account_however_it_is_typed(session, ana, clock):
    assert find_staff(session, "<ANA.LIMA@ipe.example>").id == ana
    with pytest.raises(StaffRefusedError, match="already"):
        add_staff(session, NewStaff("ana.lima@IPE.example", "Other", ("agent",)), Password("x"), clock())


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        (NewStaff("nonsense", "Ana", ("agent",)), "email_malformed"),
        (NewStaff("a@b.example", "  ", ("agent",)), "name_malformed"),
        (NewStaff("a@b.example", "A\x00na", ("agent",)), "name_malformed"),
        (NewStaff("a@b.example", "A" * 81, ("agent",)), "name_malformed"),
        (NewStaff("a@b.example", "Ana", ()), "roles_malformed"),
        (NewStaff("a@b.example", "Ana", ("root",)), "roles_malformed"),
    ],
)
def test_what_is_no_account_is_refused_with_a_reason(session, clock, new, reason):
    with pytest.raises(StaffRefusedError) as refused:
        add_staff(session, new, Password("x"), clock())
    assert refused.value.reason == reason


def test_a_token_opens_its_own_session_only_and_is_not_kept(session, ana, clock):
    token = sessions.start(session, ana, "full", HERE, clock())
    viewer, _ = sessions.viewer_of(session, token, clock(), RULES)
    assert (viewer.id, viewer.name, viewer.roles) == (ana, "Ana Lima", {"admin", "auditor"})
    assert sessions.viewer_of(session, token + "x", clock(), RULES) is None
    kept = session.get(sessions.StaffSession, viewer.session_id)
    assert token not in {kept.token_hash, kept.browser}


def test_the_last_admin_cannot_go(session, ana, clock):
    for change in (StaffChange("Ana", ("agent",)), StaffChange("Ana", ("admin",), active=False)):
        with pytest.raises(StaffRefusedError, match="must be an admin"), session.begin_nested():
            change_staff(session, ana, change, clock())


def test_another_name_ends_no_session_but_another_role_does(session, ana, clock):
    token = sessions.start(session, ana, "full", HERE, clock())
    change_staff(session, ana, StaffChange("Ana Maria", ("admin", "auditor")), clock())
    assert sessions.viewer_of(session, token, clock(), RULES)
    change_staff(session, ana, StaffChange("Ana Maria", ("admin",)), clock())
    assert sessions.viewer_of(session, token, clock(), RULES) is None


def test_another_password_ends_every_session_but_the_one_that_chose_it(session, ana, clock):
    mine, other = (sessions.start(session, ana, "full", HERE, clock()) for _ in range(2))
    viewer, _ = sessions.viewer_of(session, mine, clock(), RULES)
    set_password(session, ana, Password("new"), clock(), keep=viewer.session_id)
    assert sessions.viewer_of(session, mine, clock(), RULES)
    assert sessions.viewer_of(session, other, clock(), RULES) is None
    renewed = sessions.renew(session, viewer.session_id, clock())
    assert sessions.viewer_of(session, mine, clock(), RULES) is None
    assert sessions.viewer_of(session, renewed, clock(), RULES)


def test_a_session_that_lacks_the_second_step_lives_ten_minutes(session, ana, clock):
    token = sessions.start(session, ana, "code", HERE, clock())
    clock.pass_by(minutes=9, seconds=59)
    assert sessions.viewer_of(session, token, clock(), RULES)
    clock.pass_by(seconds=1)
    assert sessions.viewer_of(session, token, clock(), RULES) is None


def test_no_code_is_taken_twice_nor_an_older_one_after_it(session, ana, clock):
    secret = second_step.draw_secret()
    second_step.keep_secret(session, ana, secret, 0, KEYS)
    now = clock()
    older, newer = (pyotp.TOTP(secret).at(now + timedelta(seconds=shift)) for shift in (0, 30))
    assert second_step.use_code(session, ana, newer, KEYS, now)
    assert not second_step.use_code(session, ana, newer, KEYS, now)
    assert not second_step.use_code(session, ana, older, KEYS, now)


def test_only_codes_of_about_now_are_right(clock):
    secret = second_step.draw_secret()
    accepted = []
    for shift in range(-4, 5):
        code = pyotp.TOTP(secret).at(clock() + timedelta(seconds=30 * shift))
        if second_step.step_of(secret, code, clock()) is not None:
            accepted.append(shift)
    assert accepted == [-1, 0, 1]
    for code in ("", "123", "\uff11\uff12\uff13\uff14\uff15\uff16", "12345é", "x" * 400):
        assert second_step.step_of(secret, code, clock()) is None


def test_a_lost_key_opens_no_account(session, ana, clock):
    secret = second_step.draw_secret()
    codes = second_step.keep_secret(session, ana, secret, 0, KEYS)
    other = SecretKeys(b"another secret of the test")
    assert not second_step.use_code(session, ana, pyotp.TOTP(secret).at(clock()), other, clock())
    assert not second_step.use_code(session, ana, codes[0], other, clock())


def test_wrong_tries_wait_longer_and_longer_up_to_a_minute(session, clock):
    waits = []
    for _ in range(9):
        taken, wait = attempts.take_turn(session, "ana", "10.0.0.1", clock())
        if not taken:
            waits.append(wait.total_seconds())
            clock.pass_by(seconds=wait.total_seconds())
            assert attempts.take_turn(session, "ana", "10.0.0.1", clock())[0]
    assert waits == [5, 15, 45, 60, 60, 60]
    assert attempts.take_turn(session, "ana", "10.0.0.2", clock())[0], "another address does not wait"


def test_an_address_that_tries_many_accounts_waits(session, clock):
    taken = [attempts.take_turn(session, f"account {n}", "10.0.0.9", clock())[0] for n in range(40)]
    assert sum(map(bool, taken)) == attempts.ADDRESS_PER_MINUTE


def test_many_strangers_do_not_lock_out_a_place_that_is_known(session, clock):
    first, _ = attempts.take_turn(session, "ana", "10.0.0.1", clock())
    attempts.passed(session, first, "ana", "10.0.0.1")
    for n in range(attempts.STRANGERS_PER_HOUR):
        attempts.take_turn(session, "ana", f"203.0.113.{n}", clock())
    assert not attempts.take_turn(session, "ana", "203.0.113.200", clock())[0]
    assert attempts.take_turn(session, "ana", "10.0.0.1", clock())[0]
    clock.pass_by(hours=1, seconds=1)
    assert attempts.take_turn(session, "ana", "203.0.113.200", clock())[0], "nobody is locked out for good"


@pytest.mark.parametrize(
    "password",
    ["short", "password1234", "123456789012", "qwertyuiopas", "senhasenha12", "recadorecado", "aaaaaaaaaaaaaa"],
)
def test_weak_passwords_are_refused(password):
    with pytest.raises(WeakPasswordError):
        require_strong(password, ("ana@ipe.example",))


def test_passwords_that_are_made_up_are_strong_and_never_the_same():
    made = {make_up_password() for _ in range(50)}
    assert len(made) == 50
    require_strong(made.pop())


def test_what_is_no_hash_matches_nothing():
    assert not is_password("", "x")
    assert not is_password("$argon2id$broken", "x")
