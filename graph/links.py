"""Which links a reply may carry: those of the articles it stands on, and the company's hosts."""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from graph.context import Company
from retrieval.passage import Passage

LINK = re.compile(
    r"\[([^\]\n]*)\]\(\s*<?([^)\s>]+)>?[^)\n]*\)"  # [words](address)
    r"|((?:https?|ftp)://[^\s<>)\]]+|www\.[^\s<>)\]]+|(?<![\w@.])(?:[\w-]+\.)+[a-z]{2,24}/[^\s<>)\]]*)",
    re.IGNORECASE,
)


def host_of(url: str) -> str:
    """Read the host of an http(s) address; "" for anything else."""
    try:
        parts = urlsplit(url if ":" in url or url.startswith("/") else f"https://{url}")
    except ValueError:
        return ""
    plain = parts.scheme in ("http", "https") and not parts.username
    return (parts.hostname or "").rstrip(".").casefold() if plain else ""


def article_link(passage: Passage, company: Company) -> str:
    """Give an article's address; one from the web only when the company allows its host."""
    host = host_of(passage.url) if passage.url else ""
    return passage.url if host and (passage.trust == "kb" or host in company.link_hosts) else ""


def only_known_links(text: str, passages: Sequence[Passage], company: Company) -> str:
    """Take every other address out of a text, keeping the words it stood behind; a host stands for its subdomains."""
    articles = {host_of(passage.url) for passage in passages if passage.url and passage.trust == "kb"}
    hosts = (articles | set(company.link_hosts)) - {""}

    def keep(found: re.Match[str]) -> str:
        url = found[2] or found[3]
        host = host_of(url.rstrip(".,;:!?"))
        known = any(host == kept or host.endswith(f".{kept}") for kept in hosts)
        if found[2]:
            return f"{found[1]} ({url})" if known else found[1]
        return url if known else ""

    return re.sub(r"(?<=\S) {2,}", " ", LINK.sub(keep, text))
