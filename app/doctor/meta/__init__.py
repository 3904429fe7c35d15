"""How the company stands at Meta: token, number, account, app and templates, asked with the token we send with."""

import asyncio

from app.doctor.finding import Finding
from app.doctor.meta.account import check_account
from app.doctor.meta.graph import Graph
from app.doctor.meta.number import check_number
from app.doctor.meta.subscription import check_subscription
from app.doctor.meta.templates import check_templates
from app.doctor.meta.token import check_token
from app.errors import ConfigurationError
from app.settings import Settings, WhatsAppSettings

__all__ = ["check_meta"]

NO_ACCOUNT = "RECADO_WHATSAPP__WABA_ID is not set: the account, its app and its templates were not looked at"


def check_meta(settings: Settings) -> list[Finding]:
    """Ask Meta about everything between us and an employee's phone."""
    try:
        return asyncio.run(_ask(settings.whatsapp))
    except ConfigurationError as error:
        return [Finding("WhatsApp", "trouble", str(error), "Check the access token, the number's id and the base URL.")]


async def _ask(settings: WhatsAppSettings) -> list[Finding]:
    async with Graph(settings) as graph:
        findings, token = await check_token(graph)
        if token is None:  # every other call would be refused for the same reason
            return findings
        findings += await check_number(graph)
        if not settings.waba_id:
            return [*findings, Finding("account", "note", NO_ACCOUNT, "Set it: see WhatsApp Manager, Account tools.")]
        findings += await check_account(graph)
        findings += await check_subscription(graph, token.app_id)
        return findings + await check_templates(graph, _templates(settings))


def _templates(settings: WhatsAppSettings) -> list[tuple[str, str]]:
    """Those the settings name, in every language they are sent in."""
    name = settings.reopen_template
    return [(name, language) for language in settings.reopen_languages.values()] if name else []
