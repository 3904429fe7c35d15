"""Signing in through the company's own provider, which is real, on loopback, and sometimes lies."""

from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import OctKey, RSAKey
from pydantic import SecretStr

from app.settings import ConsoleSettings, OidcSettings
from app.staff.accounts import StaffChange, change_staff, find_staff
from tests.console.conftest import Browser, Office
from tests.staff.oidc_provider import CLIENT, SECRET, OpenIdProvider, open_id_provider

# What is decided here does not depend on the store.
pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)

ANA = {"sub": "u-1", "email": "Agent@ipe.example", "email_verified": True, "name": "Ana"}


@pytest.fixture
async def provider(free_port) -> AsyncIterator[OpenIdProvider]:
    async with open_id_provider(free_port()) as one:
        one.person = dict(ANA)
        yield one


@pytest.fixture
def oidc(provider: OpenIdProvider) -> OidcSettings:
    return OidcSettings(issuer=provider.issuer, client_id=CLIENT, client_secret=SecretStr(SECRET), label="Ipê ID")


@pytest.fixture
def rules() -> ConsoleSettings:
    """Whoever is an agent needs a second step here; the provider has asked for its own."""
    return ConsoleSettings(second_step=("agent",))


async def enter(browser: Browser, provider: OpenIdProvider, after: str = "/account") -> httpx.Response:
    sent = await browser.get("/desk/sign-in/company", params={"next": after})
    return await browser.get(provider.allow(sent.headers["location"]))


async def said(browser: Browser, response: httpx.Response) -> str:
    assert response.headers["location"] == "/desk/sign-in"
    return (await browser.get("/desk/sign-in")).text


async def test_who_is_known_by_a_verified_address_comes_in_and_goes_where_they_wanted(browser, provider):
    assert "Sign in with Ipê ID" in (await browser.get("/desk/sign-in?next=/account")).text

    answer = await enter(browser, provider)

    assert answer.headers["location"] == "/desk/account"
    assert "Somebody of agent" in (await browser.get("/desk/account")).text


async def test_the_provider_is_sent_a_challenge_a_state_and_a_nonce_and_only_our_own_address(browser, provider):
    sent = await browser.get("/desk/sign-in/company")

    told = {name: values[0] for name, values in parse_qs(urlsplit(sent.headers["location"]).query).items()}
    assert told["code_challenge_method"] == "S256"
    assert min(len(told[name]) for name in ("state", "nonce", "code_challenge")) >= 40
    assert told["redirect_uri"] == "http://127.0.0.1/desk/sign-in/company/back"


async def test_an_address_that_changes_at_the_provider_still_opens_the_same_account(browser, office: Office, provider):
    await enter(browser, provider)
    provider.person["email"] = "ana.new@ipe.example"

    assert (await enter(office.open(), provider)).headers["location"] == "/desk/account"


async def test_an_address_that_went_to_another_person_opens_nothing(browser, office: Office, provider):
    await enter(browser, provider)
    provider.person["sub"] = "u-2"
    other = office.open()

    assert "have no account here" in await said(other, await enter(other, provider))


@pytest.mark.parametrize(
    ("person", "words"),
    [
        ({"email_verified": False}, "does not vouch for your e-mail"),
        ({"email": ""}, "does not vouch for your e-mail"),
        ({"email": "nobody@ipe.example"}, "have no account here"),
    ],
)
async def test_who_cannot_be_told_apart_or_has_no_account_stays_outside(browser, provider, person, words):
    provider.person |= person

    assert words in await said(browser, await enter(browser, provider))
    assert (await browser.get("/desk/account")).status_code == 303


async def test_a_disabled_account_stays_outside(browser, office: Office, provider):
    staff = await office.staff()
    gone = StaffChange("Ana", ("agent",), active=False)
    await office.house.database.write(lambda s: change_staff(s, staff["agent"], gone, office.house.clock()))

    assert "have no account here" in await said(browser, await enter(browser, provider))


LIES = {
    "for another client": lambda claims: claims | {"aud": "other"},
    "of another issuer": lambda claims: claims | {"iss": "https://evil.example"},
    "of another sign-in": lambda claims: claims | {"nonce": "other"},
    "without a nonce": lambda claims: {name: value for name, value in claims.items() if name != "nonce"},
    "too old": lambda claims: claims | {"exp": 1_700_000_000},
    "that never ends": lambda claims: {name: value for name, value in claims.items() if name != "exp"},
    "of nobody": lambda claims: {name: value for name, value in claims.items() if name != "sub"},
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
async def test_a_proof_that_is_not_right_lets_nobody_in(browser, provider, lie):
    provider.lie = lie

    assert "let nobody in" in await said(browser, await enter(browser, provider))


async def test_a_proof_signed_by_a_stranger_or_with_our_own_secret_lets_nobody_in(browser, office, provider):
    provider.shown = RSAKey.generate_key(2048, {"kid": "1"})
    assert "let nobody in" in await said(browser, await enter(browser, provider))

    other = office.open()
    provider.key, provider.algorithm = OctKey.import_key(SECRET), "HS256"
    assert "let nobody in" in await said(other, await enter(other, provider))


async def test_a_sign_in_that_another_browser_began_is_not_finished_here(browser, office: Office, provider):
    sent = await browser.get("/desk/sign-in/company")
    back = provider.allow(sent.headers["location"])
    victim = office.open()

    assert "Start again" in await said(victim, await victim.get(back))
    assert (await browser.get(back)).headers["location"] == "/desk/"
    assert "Start again" in await said(victim, await victim.get(back)), "nor with an answer that was used"


async def test_what_takes_longer_than_ten_minutes_begins_again(browser, provider, clock):
    sent = await browser.get("/desk/sign-in/company")
    clock.pass_by(minutes=11)

    assert "Start again" in await said(browser, await browser.get(provider.allow(sent.headers["location"])))


async def test_a_provider_that_calls_itself_something_else_or_is_away_is_told_kindly(browser, provider):
    provider.calls_itself = "https://evil.example"

    assert "does not answer" in await said(browser, await browser.get("/desk/sign-in/company"))


async def test_whoever_says_no_over_there_can_try_again(browser, provider):
    sent = await browser.get("/desk/sign-in/company")
    state = parse_qs(urlsplit(sent.headers["location"]).query)["state"][0]

    answer = await browser.get("/desk/sign-in/company/back", params={"error": "access_denied", "state": state})

    assert "let nobody in" in await said(browser, answer)


async def test_nobody_is_sent_to_another_site_afterwards(browser, provider):
    assert (await enter(browser, provider, "//evil.example")).headers["location"] == "/desk/"


class TestGroupsThatDecideRoles:
    @pytest.fixture
    def oidc(self, oidc: OidcSettings) -> OidcSettings:
        roles = {"it-desk": ("agent",), "it-boss": ("admin", "auditor")}
        return oidc.model_copy(update={"roles": roles, "create": True})

    async def test_who_is_new_gets_an_account_with_the_roles_of_their_groups(self, browser, office, provider):
        provider.person |= {"sub": "u-9", "email": "bia@ipe.example", "name": "Bia", "groups": ["it-desk", "it-boss"]}

        assert (await enter(browser, provider)).headers["location"] == "/desk/account"
        bia = await office.house.database.read(lambda s: find_staff(s, "bia@ipe.example"))
        assert (bia.name, bia.roles) == ("Bia", ["agent", "admin", "auditor"])

    async def test_a_group_that_is_lost_takes_its_role_and_its_sessions_away(self, browser, office, provider):
        provider.person["groups"] = ["it-boss"]
        await enter(browser, provider)
        assert (await browser.get("/desk/staff")).status_code == 200
        provider.person["groups"] = ["it-desk"]
        await enter(office.open(), provider)

        assert (await browser.get("/desk/staff")).status_code == 303, "it ended elsewhere too"

    @pytest.mark.parametrize("groups", [[], ["canteen"], None])
    async def test_who_has_none_of_the_groups_stays_outside(self, browser, provider, groups):
        provider.person["groups"] = groups

        assert "None of your groups" in await said(browser, await enter(browser, provider))
