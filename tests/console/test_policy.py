"""Every route for every role: who may, who may not, whoever is not signed in, and forms that another site sent."""

import itertools
import re

import pytest

from app.console.areas import home
from app.console.desk import AREAS, UnguardedRouteError, guarded
from app.console.policy import POLICY
from app.console.route import get
from app.staff.roles import ROLES

SERVED = [served for area in AREAS for served in area.ROUTES]
PLACES = {
    "{path:path}": "desk.css",
    "{id:int}": "1",
    "{language}": "pt-BR",
    "{field}": "new",
    "{file:int}": "1",
    "{seq:int}": "1",
    "{key:path}": "vpn@en",
    "{name}": "wiki",
}


@pytest.fixture
def store_url(stores, tmp_path) -> str:
    """What is asked here is the same on either store."""
    return stores.sqlite(tmp_path)


def path_of(route: str) -> str:
    path = route.partition(" ")[2]
    for place, value in PLACES.items():
        path = path.replace(place, value)
    return f"/desk{path}"


def test_a_route_without_a_line_in_the_policy_is_not_served():
    with pytest.raises(UnguardedRouteError, match="GET /secret"):
        guarded(None, [get("/secret", home.show_home)])


def test_the_policy_has_a_line_for_every_route_and_no_other():
    assert sorted(POLICY) == sorted(served.key for served in SERVED)


async def test_every_route_admits_the_roles_of_its_line_and_no_others(office):
    wrong = []
    for role in ROLES:
        browser = office.open()
        await browser.sign_in(role)
        for route, rule in POLICY.items():
            method = route.partition(" ")[0]
            admitted = rule.roles is None or role in rule.roles
            if route.endswith("/events") and admitted:
                continue  # never ends; see test_events
            answer = await browser.request(method, path_of(route))
            # A form without a token is refused later than a role, and with the same page; see below.
            refused = answer.status_code == 403
            if method == "GET" and refused == admitted:
                wrong.append((role, route, answer.status_code))
    assert wrong == []


async def test_a_form_is_only_carried_out_for_the_roles_of_its_line(office):
    """With a right token and origin, so that only the role decides."""
    wrong, browsers = [], {role: office.open() for role in ROLES}
    for role, route in itertools.product(ROLES, [route for route in POLICY if route.startswith("POST")]):
        browser = browsers[role]
        if (await browser.get("/desk/account")).status_code != 200:  # a form before has ended the session
            await browser.sign_in(role)
        page = (await browser.get("/desk/account")).text
        token = re.search(r'name="_token" value="([0-9a-f]{64})"', page)[1]
        answer = await browser.send_form(path_of(route).removeprefix("/desk"), {"_token": token})
        rule = POLICY[route]
        if (answer.status_code == 403) == (rule.roles is None or role in rule.roles):
            wrong.append((role, route, answer.status_code))
    assert wrong == []


async def test_whoever_is_not_signed_in_reaches_public_pages_only(office):
    browser = office.open()
    reached = []
    for route, rule in POLICY.items():
        answer = await browser.request(route.partition(" ")[0], path_of(route))
        to_the_door = answer.status_code == 303 and answer.headers["location"].startswith("/desk/sign-in")
        if rule.roles is not None and not to_the_door:
            reached.append((route, answer.status_code))
    assert reached == []


FORMS = [route for route in POLICY if route.startswith("POST")]
OURS = "http://127.0.0.1"
ELSEWHERE = (
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": OURS, "Sec-Fetch-Site": "cross-site"},
    {"Origin": OURS, "Sec-Fetch-Site": "same-site"},
    {"Origin": "https://127.0.0.1", "Sec-Fetch-Site": "same-origin"},
    {"Origin": "http://127.0.0.1:8080"},
    {"Sec-Fetch-Site": "none"},
    {},
)


async def test_a_form_of_another_site_is_refused_even_with_the_right_token(office):
    browser = office.open()
    await browser.sign_in("admin")
    token = re.search(r'name="_token" value="([0-9a-f]{64})"', (await browser.get("/desk/account")).text)[1]
    passed = [
        (route, headers)
        for route in FORMS
        for headers in ELSEWHERE
        if (await browser.post(path_of(route), data={"_token": token}, headers=headers)).status_code != 403
    ]
    assert passed == []


async def test_a_form_without_the_page_s_own_token_is_refused(office):
    browser, other = office.open(), office.open()
    await browser.sign_in("admin")
    await other.sign_in("admin")
    theirs = re.search(r'name="_token" value="([0-9a-f]{64})"', (await other.get("/desk/account")).text)[1]
    passed = [
        (route, token)
        for route in FORMS
        for token in ("", theirs, "ü", "0" * 64)
        if (await browser.send_form(path_of(route).removeprefix("/desk"), {"_token": token})).status_code != 403
    ]
    assert passed == []


async def test_no_other_site_s_script_may_read_a_page(office):
    browser = office.open()
    await browser.sign_in("admin")
    answer = await browser.get("/desk/account", headers={"Origin": "https://evil.example"})
    assert not any(name.startswith("access-control") for name in answer.headers)
