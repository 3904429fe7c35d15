"""Language models: whether each that is configured answers."""

import asyncio

from app.doctor.finding import Finding
from app.errors import RecadoError
from app.settings import Settings


def check_model(settings: Settings) -> list[Finding]:
    """Ask every configured model once; without one the embedded engine thinks, which is no trouble."""
    from app.cli_model import look_at  # noqa: PLC0415 -- brings langchain-openai with it

    try:
        found = asyncio.run(look_at(settings))
    except RecadoError as error:
        return [Finding("language model", "trouble", str(error), "Set both, or neither.")]
    if not found:
        return [Finding("language model", "good", "none: the embedded engine thinks alone")]
    silent = [f"{one.model} at {one.provider}: {one.trouble}" for one in found if one.trouble]
    if silent:
        advice = "Check base URL, key and model; until then the embedded engine thinks alone."
        return [Finding("language model", "trouble", "; ".join(silent), advice)]
    return [Finding("language model", "good", "; ".join(f"{one.model} at {one.provider}" for one in found))]
