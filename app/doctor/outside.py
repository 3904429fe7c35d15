"""Sources outside: whether each that is named answers, and what to do when it does not."""

import asyncio

from app.doctor.finding import Finding
from app.errors import ConfigurationError
from app.outside import source_of
from app.settings import Settings, SourceName
from tools.external.errors import OutsideError, RejectedError

PROBE = "excel freeze panes"  # found everywhere, and nobody's secret
NEEDS: dict[str, str] = {
    "searxng": "its settings.yml needs search.formats: [html, json]; a private host belongs in"
    " RECADO_EXTERNAL__PRIVATE_HOSTS.",
    "stack_exchange": "300 questions a day without RECADO_EXTERNAL__STACK_EXCHANGE__API_KEY, 10,000 with one.",
    "microsoft_learn": "it has no promised interface: take it out of RECADO_EXTERNAL__SOURCES if it stays away.",
    "wikipedia": "this machine must reach pt., es. and en.wikipedia.org.",
    "brave": "the key is RECADO_EXTERNAL__BRAVE__API_KEY; a plan may be used up.",
    "tavily": "the key is RECADO_EXTERNAL__TAVILY__API_KEY; credits may be used up.",
}


def check_outside(settings: Settings) -> list[Finding]:
    """Ask each source named one harmless question; none named is a way to live."""
    named = tuple(dict.fromkeys(settings.external.sources))
    if not named:
        return [Finding("sources outside", "good", "none: nothing outside is asked")]
    if not settings.external.domains:
        return [Finding("sources outside", "trouble", "no domain is allowed", "Set RECADO_EXTERNAL__DOMAINS.")]
    return asyncio.run(_all(named, settings))


async def _all(named: tuple[SourceName, ...], settings: Settings) -> list[Finding]:
    return list(await asyncio.gather(*(_look(name, settings) for name in named)))


async def _look(name: SourceName, settings: Settings) -> Finding:
    what = f"outside: {name}"
    try:
        source = source_of(name, settings)
    except ConfigurationError as error:
        return Finding(what, "trouble", str(error), f"Set it, or take {name} out of RECADO_EXTERNAL__SOURCES.")
    seconds = settings.external.timeout.total_seconds()
    try:
        async with asyncio.timeout(seconds):
            found = await source.ask(PROBE, "en")
    except TimeoutError:
        return Finding(what, "trouble", f"no answer within {seconds:g} s", f"Check the network; {NEEDS[name]}")
    except OutsideError as error:
        advice = f"Remember: {NEEDS[name]}" if isinstance(error, RejectedError) else f"If it stays so: {NEEDS[name]}"
        return Finding(what, "trouble", error.reason, advice)
    finally:
        await source.close()
    if not found:
        advice = "Nothing for a common question: look at RECADO_EXTERNAL__DOMAINS."
        return Finding(what, "note", "answers, with no page on an allowed domain", advice)
    left = f", {source.quota} questions left today" if source.quota is not None else ""
    return Finding(what, "good", f"answers ({len(found)} pages on allowed domains{left})")
