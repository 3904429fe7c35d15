"""The sources outside that settings name, made ready; what is set wrongly is said and done without."""

import logging

from app.errors import ConfigurationError
from app.metrics import OUTSIDE
from app.settings import Settings, SourceName, SourceSettings
from tools.external.catalogue import ROWS
from tools.external.domains import plain, trouble_with
from tools.external.keeping import Kept
from tools.external.source import Access, Source
from tools.external.sources import OutsideSources, Terms

log = logging.getLogger(__name__)


def open_outside(settings: Settings) -> OutsideSources:
    """All sources named, in their order; none of them is asked before a question needs it."""
    external = settings.external
    sources: list[Source] = []
    for name in dict.fromkeys(external.sources):
        try:
            sources.append(source_of(name, settings))
        except ConfigurationError as error:
            log.error("%s This source is not asked.", error)  # noqa: TRY400 -- the sentence says it all
    seconds, company = external.timeout.total_seconds(), settings.company
    private = (*external.private_words, company.name, *company.link_hosts)
    terms = Terms(seconds, external.fit, private)
    return OutsideSources(sources, terms, Kept(external.keep.total_seconds()), _count)


def source_of(name: SourceName, settings: Settings) -> Source:
    """One source with its access.

    Raises:
        ConfigurationError: when it needs something that is not set, or its address is not one to be asked.
    """
    external, row, group = settings.external, ROWS[name], f"RECADO_EXTERNAL__{name.upper()}__"
    own: SourceSettings = getattr(external, name)
    base_url, key = own.base_url or row.url, own.api_key.get_secret_value()
    if not base_url:
        raise ConfigurationError(f"{group}BASE_URL is not set although {name} is in RECADO_EXTERNAL__SOURCES.")
    if trouble := trouble_with(base_url.replace("{tongue}", "en"), external.private_hosts):
        raise ConfigurationError(f"{group}BASE_URL {trouble}.")
    if row.key == "needed" and not key:
        raise ConfigurationError(f"{group}API_KEY is not set although {name} is in RECADO_EXTERNAL__SOURCES.")
    if not key.isascii() or not key.isprintable():
        raise ConfigurationError(f"{group}API_KEY is not a key.")
    return Source(row, Access(name, base_url, key, own.per_minute or row.per_minute), plain(external.domains))


def _count(source: str, outcome: str) -> None:
    OUTSIDE.labels(source, outcome).inc()
