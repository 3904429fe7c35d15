"""Who gets in, who does not, and what ends it."""

import pyotp
import pytest

from app.settings import ConsoleSettings
from app.staff.accounts import StaffChange, change_staff, forget_second_step
from app.staff.sessions import Viewer
from tests.console.conftest import PASSWORD, Browser, Office, token_in

FRESH = "walrus-copper-window-77"


async def is_in(browser: Browser) -> bool:
    return (await browser.get("/desk/account")).status_code == 200


async def test_whoever_knows_the_password_gets_in_and_out_again(browser):
    assert (await browser.get("/desk/")).headers["location"] == "/desk/sign-in"
    entered = await browser.sign_in("agent")
    assert (entered.status_code, entered.headers["location"]) == (303, "/desk/")
    assert "Somebody of agent" in (await browser.get("/desk/")).text
    left = await browser.press("/", "/sign-out")
    assert left.headers["location"] == "/desk/sign-in"
    assert not await is_in(browser)


async def test_a_copied_cookie_is_worth_nothing_after_signing_out(office, browser):
    await browser.sign_in("agent")
    thief = office.open(cookies=dict(browser.cookies))
    assert await is_in(thief)
    await browser.press("/", "/sign-out")
    assert not await is_in(thief)


async def test_whoever_signs_in_goes_on_where_they_wanted_to(browser):
    asked = await browser.get("/desk/staff?after=x")
    assert asked.headers["location"] == "/desk/sign-in?next=%2Fstaff%3Fafter%3Dx"
    entered = await browser.sign_in("admin", after="/staff?after=x")
    assert entered.headers["location"] == "/desk/staff?after=x"


async def test_nobody_is_sent_elsewhere_after_signing_in(office):
    for after in ("https://evil.example", "//evil.example", "/\\evil.example", "/\r\nx: y", "staff"):
        browser = office.open()
        assert (await browser.sign_in("admin", after=after)).headers["location"] == "/desk/"


async def test_unknown_disabled_and_mistyped_are_told_the_same_words(office, browser):
    people = await office.staff()
    off = StaffChange("Gone", ("agent",), active=False)
    await office.house.database.write(lambda s: change_staff(s, people["agent"], off, office.clock()))
    told = []
    for who, password in (("nobody", PASSWORD), ("agent", PASSWORD), ("engineer", "not the password")):
        answer = await office.open(address=f"10.0.0.{len(told)}").sign_in(who, password)
        told.append((answer.status_code, answer.text.replace(f"{who}@", "x@").replace(token_in(answer.text), "")))
    assert told[0] == told[1] == told[2]
    assert told[0][0] == 401


async def test_an_unknown_account_takes_as_long_as_a_wrong_password(browser, monkeypatch):
    """By what is done, not by the clock: both are held against a hash of the same cost."""
    from app.console.areas import sign_in

    weighed = []
    monkeypatch.setattr(sign_in, "is_password", lambda kept, _: weighed.append(kept.split("$")[1:4]))
    await browser.sign_in("nobody")
    await browser.sign_in("agent")
    assert weighed[0] == weighed[1]


async def test_tries_become_slower_but_nobody_is_locked_out(office, browser):
    for _ in range(3):
        assert (await browser.sign_in("agent", "wrong wrong wrong")).status_code == 401
    waiting = await browser.sign_in("agent")
    assert waiting.status_code == 429
    office.clock.pass_by(seconds=int(waiting.headers["retry-after"]))
    assert (await browser.sign_in("agent")).status_code == 303


async def test_somebody_else_s_tries_do_not_keep_a_known_place_waiting(office, browser):
    await browser.sign_in("agent")
    await browser.press("/", "/sign-out")
    for n in range(4):
        stranger = office.open(address=f"203.0.113.{n}")
        for _ in range(3):
            await stranger.sign_in("agent", "wrong wrong wrong")
    assert (await browser.sign_in("agent")).status_code == 303


async def test_a_session_ends_after_idling_and_after_its_longest_age(office, browser):
    await browser.sign_in("agent")
    for _ in range(23):
        office.clock.pass_by(minutes=29)
        assert await is_in(browser)
    office.clock.pass_by(minutes=61)
    assert not await is_in(browser)
    await browser.sign_in("agent")
    for _ in range(24):
        office.clock.pass_by(minutes=29, seconds=59)
        assert await is_in(browser)
    office.clock.pass_by(minutes=1)
    assert not await is_in(browser), "twelve hours are over"


async def test_signing_in_gives_another_token_than_the_one_before(office, browser):
    await browser.sign_in("agent")
    before = browser.cookies["recado"]
    thief = office.open(cookies={"recado": before})
    await browser.press("/account", "/sign-out")
    await browser.sign_in("agent")
    assert browser.cookies["recado"] != before
    assert not await is_in(thief)


async def test_changing_roles_ends_the_session_at_once(office, browser):
    await browser.sign_in("agent")
    people = await office.staff()
    change = StaffChange("Somebody", ("auditor",))
    await office.house.database.write(lambda s: change_staff(s, people["agent"], change, office.clock()))
    assert not await is_in(browser)
    await browser.sign_in("agent")
    assert (await browser.get("/desk/staff")).status_code == 200


async def test_changing_the_password_ends_other_sessions_and_renews_this_one(office, browser):
    other, before = office.open(), ""
    await other.sign_in("agent")
    await browser.sign_in("agent")
    before = browser.cookies["recado"]
    done = await browser.press("/account/password", "/account/password", password=PASSWORD, fresh=FRESH, again=FRESH)
    assert done.headers["location"] == "/desk/account"
    assert browser.cookies["recado"] != before
    assert await is_in(browser)
    assert not await is_in(other)
    assert (await office.open().sign_in("agent", FRESH)).status_code == 303


async def test_a_password_that_will_not_do_is_refused_with_the_reason(browser):
    await browser.sign_in("agent")
    for fields, told in (
        ({"password": "something else"}, "present password is not right"),
        ({"fresh": "short", "again": "short"}, "at least 12 characters"),
        ({"fresh": "senhasenha123", "again": "senhasenha123"}, "easy to guess"),
        ({"fresh": "agent@ipe.example", "again": "agent@ipe.example"}, "easy to guess"),
        ({"again": "another-thing-9"}, "differ"),
        ({"fresh": PASSWORD, "again": PASSWORD}, "is the present one"),
    ):
        form = {"password": PASSWORD, "fresh": FRESH, "again": FRESH} | fields
        answer = await browser.press("/account/password", "/account/password", **form)
        assert answer.status_code == 422
        assert told in answer.text


async def set_up_second_step(browser: Browser, clock) -> tuple[str, list[str]]:
    """Returns the secret and the recovery codes."""
    import re

    page = (await browser.get("/desk/account/second-step")).text
    secret = re.search(r"<code class=\"mono\">([A-Z2-7 ]+)</code>", page)[1].replace(" ", "")
    sealed = re.search(r'name="sealed" value="([^"]+)"', page)[1]
    code = pyotp.TOTP(secret).at(clock())
    form = {"_token": token_in(page), "sealed": sealed, "code": code, "password": PASSWORD}
    done = await browser.send_form("/account/second-step", form)
    assert done.status_code == 200, done.text
    return secret, re.findall(r"<li>([a-z2-9-]{19})</li>", done.text)


async def test_the_second_step_asks_for_a_code_that_is_taken_once(office, browser):
    await browser.sign_in("admin")
    secret, recovery = await set_up_second_step(browser, office.clock)
    assert len(set(recovery)) == 10
    other = office.open()
    entered = await other.sign_in("admin", after="/staff")
    assert entered.headers["location"] == "/desk/sign-in/code?next=%2Fstaff"
    assert not await is_in(other), "the password alone opens nothing"
    used = pyotp.TOTP(secret).at(office.clock())
    replayed = await other.press("/sign-in/code", "/sign-in/code", code=used)
    assert replayed.status_code == 401, "the code that set it up was used"
    office.clock.pass_by(seconds=30)
    half = other.cookies["recado"]
    fresh = pyotp.TOTP(secret).at(office.clock())
    let_in = await other.press("/sign-in/code", "/sign-in/code", code=f"{fresh[:3]} {fresh[3:]}", next="/staff")
    assert let_in.headers["location"] == "/desk/staff"
    assert other.cookies["recado"] != half
    assert not await is_in(office.open(cookies={"recado": half}))


async def test_a_recovery_code_works_once_however_it_is_typed(office, browser):
    await browser.sign_in("admin")
    _, recovery = await set_up_second_step(browser, office.clock)
    for expected in (303, 401):
        other = office.open()
        await other.sign_in("admin")
        typed = recovery[0].upper().replace("-", " ")
        assert (await other.press("/sign-in/code", "/sign-in/code", code=typed)).status_code == expected


async def test_guessing_codes_becomes_slower(office, browser):
    await browser.sign_in("admin")
    await set_up_second_step(browser, office.clock)
    other = office.open()
    await other.sign_in("admin")
    answers = [(await other.press("/sign-in/code", "/sign-in/code", code=f"{n:06d}")).status_code for n in range(6)]
    assert answers == [401, 401, 401, 429, 429, 429]


async def test_the_secret_of_the_second_step_is_not_in_the_database(office, browser):
    await browser.sign_in("admin")
    secret, recovery = await set_up_second_step(browser, office.clock)
    from sqlalchemy import select

    from app.staff.models import StaffRecoveryCode, StaffRow

    rows = await office.house.database.read(
        lambda s: [*s.scalars(select(StaffRow.totp_sealed)), *s.scalars(select(StaffRecoveryCode.code_hash))]
    )
    assert not any(secret in row or recovery[0].replace("-", "") in row for row in rows)


async def test_turning_the_second_step_off_wants_the_password(office, browser):
    await browser.sign_in("admin")
    await set_up_second_step(browser, office.clock)
    wrong = await browser.press("/account", "/account/second-step/off", password="no")
    assert wrong.headers["location"] == "/desk/account"
    assert "not right" in (await browser.get("/desk/account")).text
    await browser.press("/account", "/account/second-step/off", password=PASSWORD)
    assert (await office.open().sign_in("admin")).headers["location"] == "/desk/"


class TestRequiredSecondStep:
    @pytest.fixture
    def rules(self):
        return ConsoleSettings(second_step=("admin",))

    async def test_an_admin_sets_it_up_before_anything_else(self, office: Office, browser: Browser):
        await browser.sign_in("admin")
        assert (await browser.get("/desk/staff")).headers["location"] == "/desk/account/second-step"
        await set_up_second_step(browser, office.clock)
        assert (await browser.get("/desk/staff")).status_code == 200
        people = await office.staff()
        await office.house.database.write(lambda s: forget_second_step(s, people["admin"], office.clock()))
        assert not await is_in(browser)

    async def test_others_need_none(self, browser: Browser):
        await browser.sign_in("agent")
        assert await is_in(browser)


async def test_a_made_up_password_must_be_replaced_before_anything_else(office, browser):
    await browser.sign_in("admin")
    made = await browser.press("/staff", "/staff", name="Nova", email="nova@ipe.example", role="agent")
    password = made.text.split('id="password">')[1].split("<")[0]
    fresh = office.open()
    await fresh.sign_in("nova", password)
    assert (await fresh.get("/desk/")).headers["location"] == "/desk/account/password"
    await fresh.press("/account/password", "/account/password", password=password, fresh=FRESH, again=FRESH)
    assert (await fresh.get("/desk/")).status_code == 200


async def test_the_last_admin_stays_one(office, browser):
    await browser.sign_in("admin")
    admin = (await office.staff())["admin"]
    answer = await browser.press(f"/staff/{admin}", f"/staff/{admin}", name="A", role="agent", active="on")
    assert answer.headers["location"] == f"/desk/staff/{admin}"
    assert "At least one active account must be an administrator" in (await browser.get(f"/desk/staff/{admin}")).text


def test_a_viewer_carries_no_secret():
    assert not {"password_hash", "totp_sealed", "token_hash"} & set(Viewer.__dataclass_fields__)


async def test_without_a_company_sign_in_there_is_no_button_and_no_way(browser: Browser):
    assert "/sign-in/company" not in (await browser.get("/desk/sign-in")).text
    assert (await browser.get("/desk/sign-in/company")).status_code == 404
    assert (await browser.get("/desk/sign-in/company/back?code=x&state=y")).status_code == 404
