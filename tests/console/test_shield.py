"""Headers, hosts, cookies, sizes: what holds for every answer."""

import base64
import json

import pytest

from app.console.shield import POLICY as CONTENT_POLICY
from app.settings import ConsoleSettings

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; object-src 'none'; frame-ancestors 'none'; form-action 'self'"
)
PATHS = (
    "/desk/",
    "/desk/sign-in",
    "/desk/static/desk.css",
    "/desk/nothing",
    "/desk/static/../policy.py",
    "/desk/staff/x",
)


@pytest.fixture
def store_url(stores, tmp_path) -> str:
    return stores.sqlite(tmp_path)


@pytest.fixture
def rules() -> ConsoleSettings:
    return ConsoleSettings(url="https://recado.example.com", second_step=())


async def test_every_answer_has_the_headers_that_leave_a_browser_no_freedom(office):
    assert CONTENT_POLICY == CSP
    for origin in ("http://127.0.0.1", "https://recado.example.com"):
        browser = office.open(origin)
        for path in PATHS:
            headers = (await browser.get(path)).headers
            assert headers["content-security-policy"] == CSP
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["cross-origin-opener-policy"] == "same-origin"
            assert headers["referrer-policy"] == "same-origin"
            assert ("strict-transport-security" in headers) == origin.startswith("https")
            assert headers["cache-control"] == "no-store" or path.startswith("/desk/static/desk.css")


async def test_over_https_the_cookies_are_bound_to_the_host(office):
    browser = office.open("https://recado.example.com")
    entered = await browser.sign_in("agent")
    cookie = next(c for c in entered.headers.get_list("set-cookie") if c.startswith("__Host-recado="))
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert (await browser.get("/desk/account")).status_code == 200


async def test_on_loopback_the_cookie_has_a_plain_name_and_is_hidden_from_scripts(office):
    entered = await office.open().sign_in("agent")
    cookie = next(c for c in entered.headers.get_list("set-cookie") if c.startswith("recado="))
    assert "HttpOnly" in cookie
    assert "Secure" not in cookie


@pytest.mark.parametrize("host", ["evil.example", "recado.example.com.evil.example", "127.0.0.1.evil.example", ""])
async def test_a_name_nobody_configured_is_refused(office, host):
    answer = await office.open().get("/desk/sign-in", headers={"Host": host})
    assert answer.status_code == 421
    assert "RECADO_CONSOLE__URL" in answer.text


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1:8000", "[::1]:8000", "recado.example.com"])
async def test_this_machine_and_the_configured_name_are_served(office, host):
    assert (await office.open().get("/desk/sign-in", headers={"Host": host})).status_code == 200


async def test_another_machine_is_served_over_https_only(office):
    assert (await office.open("http://192.0.2.7").get("/desk/sign-in")).status_code == 421
    assert (await office.open("https://192.0.2.7").get("/desk/sign-in")).status_code == 200


async def test_the_address_without_a_slash_leads_to_the_pages_of_the_same_host(office):
    answer = await office.open().get("/desk", headers={"Host": "evil.example"})
    assert answer.headers["location"] == "/desk/"


async def test_a_body_that_is_too_large_is_not_read(office):
    browser = office.open()
    told = await browser.send_form("/sign-in", {"email": "a" * 70_000})
    assert told.status_code == 413

    async def drip():
        for _ in range(100):
            yield b"a" * 1000

    headers = {"Origin": "http://127.0.0.1", "Content-Type": "application/x-www-form-urlencoded"}
    unsaid = await browser.post("/desk/sign-in", content=drip(), headers=headers)
    assert unsaid.status_code == 413


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/json", b"{}", 415),
        ("multipart/form-data; boundary=x", b"--x--", 415),
        ("application/x-www-form-urlencoded", b"\xff\xfe", 400),
        ("application/x-www-form-urlencoded", b"a=%ff", 400),
        ("application/x-www-form-urlencoded", b"a&" * 600, 400),
        ("application/x-www-form-urlencoded", b"_token=%00%0a", 403),
    ],
)
async def test_a_form_that_is_none_is_refused_in_words_without_details(office, kind, body, status):
    browser = office.open()
    headers = {"Origin": "http://127.0.0.1", "Content-Type": kind}
    answer = await browser.post("/desk/sign-in", content=body, headers=headers)
    assert answer.status_code == status
    assert not any(word in answer.text for word in ("Traceback", "Error", "repr(", "app/"))


async def test_a_fault_of_ours_is_a_fixed_page(office, monkeypatch):
    from app.console.areas import home

    def broken(*_: object) -> None:
        raise RuntimeError("secret detail 4711")

    monkeypatch.setattr(home, "attention", broken)
    browser = office.open()
    await browser.sign_in("agent")
    answer = await browser.get("/desk/")
    assert answer.status_code == 500
    assert "4711" not in answer.text
    assert "Something went wrong here" in answer.text
    assert answer.headers["content-security-policy"] == CSP


async def test_static_files_are_kept_and_nothing_beside_them_is_served(office):
    browser = office.open()
    assert "immutable" in (await browser.get("/desk/static/desk.css?v=1")).headers["cache-control"]
    assert (await browser.get("/desk/static/keys.js")).headers["cache-control"] == "no-cache"  # a script imports it
    for path in ("%2e%2e/policy.py", "..%2fpolicy.py", "/etc/passwd", "%00", "nothing.css"):
        assert (await browser.get(f"/desk/static/{path}")).status_code == 404


NEWS = (
    ["account.saved", {}, "done"],
    ["home.hello", {"x": 1}, "done"],
    ["sign_in.wait", {}, "done"],
    ["sign_in.wait", {"count": "many"}, "done"],
    ["nothing", {}, "trouble"],
    ["account.saved", {"self": 1, "key": 2}, "done"],
    [[], {}, "done"],
)


async def test_a_made_up_cookie_breaks_no_page(office):
    told = [base64.urlsafe_b64encode(json.dumps(news).encode()).decode() for news in NEWS]
    for news in [*told, "x", "W10=", "=" * 2000, "é", "[" * 1000]:
        browser = office.open()
        cookies = f"recado-news={news}; recado=\x7f; recado-language=xx; recado-visit=é"
        answer = await browser.get("/desk/sign-in", headers={"Cookie": cookies.encode("latin-1")})
        assert answer.status_code == 200, news
