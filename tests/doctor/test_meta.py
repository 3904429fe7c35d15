import json
import time

import pytest

from app.doctor.finding import Finding
from app.doctor.meta.graph import Graph
from app.doctor.meta.templates import check_templates
from app.emulator.template import Template

DAY = 86_400


def troubles(findings: list[Finding]) -> dict[str, str]:
    return {finding.what: finding.found for finding in findings if finding.state == "trouble"}


def notes(findings: list[Finding]) -> dict[str, str]:
    return {finding.what: finding.found for finding in findings if finding.state == "note"}


async def test_a_healthy_account_has_nothing_but_good_findings(meta):
    findings = await meta.look()
    assert {finding.what for finding in findings} == {
        "access token", "number", "quality", "display name", "throughput", "sending", "account",
        "business verification", "subscribed app", "app secret", "webhook", "webhook fields", "templates",
    }  # fmt: skip
    assert [finding for finding in findings if finding.state != "good"] == []


# What is changed at Meta, what is found, and a word that its advice must have.
BAD = [
    ({"token_expired": True}, "access token", "190", "system user"),
    ({"token_scopes": ["whatsapp_business_management"]}, "access token", "whatsapp_business_messaging", "system user"),
    ({"token_accounts": ["1"]}, "access token", "may not touch the account", "full control"),
    ({"management_refused": 10}, "account", "10", "whatsapp_business_management"),
    ({"management_refused": 200}, "templates", "200", "whatsapp_business_management"),
    ({"status": "RESTRICTED"}, "number", "RESTRICTED", "Send less"),
    ({"status": "DISCONNECTED"}, "number", "not connected", "register"),
    ({"quality_rating": "RED"}, "quality", "RED", "Send less"),
    ({"name_status": "DECLINED"}, "display name", "declined", "Choose a name"),
    ({"can_send": "BLOCKED", "solution": "Add a payment method"}, "sending: phone number", "BLOCKED", "Add a payment"),
    ({"review": "REJECTED"}, "account", "refused", "review"),
    ({"subscribed": False}, "subscribed app", "no message reaches", "subscribed_apps"),
    ({"webhook_active": False}, "webhook", "switched off", "callback URL"),
    ({"webhook_fields": ["security"]}, "webhook fields", "messages is missing", "subscribe to messages"),
]


@pytest.mark.parametrize(("changes", "what", "said", "advice"), BAD)
async def test_a_trouble_at_meta_is_named_with_its_remedy(meta, changes, what, said, advice):
    meta.account.change(changes)
    (finding,) = [each for each in await meta.look() if each.what == what and each.state == "trouble"]
    assert said in finding.found
    assert advice in finding.advice


DOUBTFUL = [
    ({"status": "FLAGGED"}, "number", "seven days"),
    ({"quality_rating": "YELLOW"}, "quality", "YELLOW"),
    ({"name_status": "PENDING_REVIEW"}, "display name", "pending review"),
    ({"throughput": "HIGH"}, "throughput", "1000 messages a second"),
    ({"account_mode": "SANDBOX"}, "number", "five people"),
    ({"can_send": "LIMITED"}, "sending: phone number", "LIMITED"),
    ({"business_verification": "not_verified"}, "business verification", "not begun"),
    ({"webhook_fields": ["messages"]}, "webhook fields", "account_update"),
]


@pytest.mark.parametrize(("changes", "what", "said"), DOUBTFUL)
async def test_what_is_doubtful_at_meta_is_a_note_and_no_trouble(meta, changes, what, said):
    meta.account.change(changes)
    findings = await meta.look()
    assert said in notes(findings)[what]
    assert troubles(findings) == {}
    assert all(finding.advice for finding in findings if finding.state == "note")


async def test_a_revoked_token_is_said_once_and_nothing_else_is_asked(meta):
    meta.emulator.faults.token_revoked = True
    (finding,) = await meta.look()
    assert (finding.what, finding.state) == ("access token", "trouble")


@pytest.mark.parametrize(("days", "state"), [(3, "trouble"), (60, "note")])
async def test_a_token_that_expires_is_told_before_it_does(meta, days, state):
    meta.account.token_expires_at = int(time.time()) + days * DAY
    (finding,) = [each for each in await meta.look() if each.what == "access token"]
    assert finding.state == state
    assert "expires on 20" in finding.found


async def test_more_messages_a_second_than_meta_allows_is_a_trouble(meta):
    assert "80 messages" in troubles(await meta.look(messages_per_second=200))["throughput"]


async def test_a_wrong_app_secret_is_told_before_the_first_webhook_is_refused(meta):
    from pydantic import SecretStr

    assert "is not that of app" in troubles(await meta.look(app_secret=SecretStr("wrong")))["app secret"]
    assert troubles(await meta.look(app_secret=SecretStr("next-one,app-secret"))) == {}, "while it is being rotated"


async def test_a_callback_that_is_not_ours_is_told_apart_from_one_that_is_away(meta, free_port):
    meta.account.callback_url = f"{meta.settings.whatsapp.base_url}/phone"
    assert "it is not us" in troubles(await meta.look())["webhook"]
    meta.account.callback_url = f"http://127.0.0.1:{free_port()}/whatsapp/webhook"
    assert "does not answer" in notes(await meta.look())["webhook"]


async def test_a_verify_token_that_meta_would_not_get_through_with_is_told(meta):
    from pydantic import SecretStr

    assert "another verify token" in troubles(await meta.look(verify_token=SecretStr("other")))["webhook"]


async def test_templates_that_cannot_be_sent_are_listed_over_all_pages(meta):
    meta.emulator.templates += [Template(f"t{n}", "es", "{{1}}") for n in range(150)]
    meta.emulator.templates += [
        Template("refused", "es", "x", status="REJECTED", rejected_reason="INVALID_FORMAT"),
        Template("tired", "en", "x", status="PAUSED"),
    ]
    findings = [each for each in await meta.look() if each.what.startswith("template")]
    assert [each.found for each in findings] == [
        "151 approved", "refused (es): REJECTED, INVALID_FORMAT", "tired (en): PAUSED",
    ]  # fmt: skip


async def test_a_template_that_the_settings_name_must_be_there_and_approved(meta):
    meta.emulator.templates.append(Template("agent_replied", "es", "x", status="PAUSED"))
    wanted = [("agent_replied", "pt_BR"), ("agent_replied", "es"), ("agent_replied", "en")]
    async with Graph(meta.settings.whatsapp) as graph:
        findings = await check_templates(graph, wanted)
    assert [each.found.partition(":")[0] for each in findings if each.state == "trouble"] == [
        "agent_replied (en)", "agent_replied (es)",
    ]  # fmt: skip


async def test_without_any_approved_template_it_says_who_cannot_be_reached(meta):
    meta.emulator.templates = []
    assert "silent for 24 hours" in notes(await meta.look())["templates"]


async def test_a_number_of_another_account_is_told(meta):
    meta.emulator.line.__dict__["phone_number_id"] = "1"
    findings = await meta.look()
    assert "is not one of the account" in troubles(findings)["account"]


async def test_without_an_account_id_the_rest_is_still_looked_at(meta):
    findings = await meta.look(waba_id="")
    assert "WABA_ID" in notes(findings)["account"]
    assert {"access token", "number", "quality"} <= {finding.what for finding in findings}


async def test_a_wrong_number_id_is_a_finding_and_no_crash(meta):
    assert "100" in troubles(await meta.look(phone_number_id="123"))["number"]


async def test_an_api_that_is_away_is_one_finding(meta, free_port):
    (finding,) = await meta.look(base_url=f"http://127.0.0.1:{free_port()}")
    assert "RECADO_WHATSAPP__BASE_URL" in finding.advice


async def test_no_finding_shows_the_token_or_the_secret(meta):
    shown = json.dumps([finding._asdict() for finding in await meta.look()])
    assert "the-token" not in shown
    assert "app-secret" not in shown
