"""Which links a reply may carry: those of the articles it stands on, and the company's hosts."""

import re
import unicodedata
from collections.abc import Sequence
from urllib.parse import urlsplit

from graph.context import Company
from retrieval.passage import Passage

LINK = re.compile(
    r"\[([^\]\n]*)\]\(\s*<?([^)\s>]+)>?[^)\n]*\)"  # [words](address)
    r"|((?<![a-z0-9])[a-z][a-z0-9+.-]{1,20}://[^\s<>)\]]+|www\.[^\s<>)\]]+"
    r"|(?<![\w@.])(?:[\w-]+\.)+[^\W\d_]{2,24}/[^\s<>)\]]*)",
    re.IGNORECASE,
)
BARE = re.compile(
    r"(?<![\w@./-])((?:[\w-]+\.)+(?:com|net|org|info|biz|io|app|dev|co|me|ai|cloud|online|site|shop|store|top|xyz|link"
    r"|click|live|page|tech|gov|edu|br|pt|es|ar|mx|cl|uy|pe|us|uk|eu|ru|cn|tk|example|test))(?![\w@/-]|\.\w)",
    re.IGNORECASE,
)
"""A host alone: phones make a link of it."""


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
    """Take every other address out of a text, keeping the words it stood behind; a host stands for its subdomains.

    A foreign host alone stays readable without being a link.
    """
    articles = {host_of(passage.url) for passage in passages if passage.url and passage.trust == "kb"}
    hosts = (articles | set(company.link_hosts)) - {""}

    def keep(found: re.Match[str]) -> str:
        url = found[2] or found[3]
        host = host_of(url.rstrip(".,;:!?"))
        known = any(host == kept or host.endswith(f".{kept}") for kept in hosts)
        if found[2]:
            return f"{found[1]} ({url})" if known else found[1]
        return url if known else ""

    def keep_host(found: re.Match[str]) -> str:
        host = host_of(found[1])
        known = any(host == kept or host.endswith(f".{kept}") for kept in hosts)
        return found[1] if known else found[1].replace(".", "[.]")  # readable, and no phone makes a link of it

    seen = "".join(c for c in text if unicodedata.category(c) != "Cf")  # nothing invisible parts an address
    return re.sub(r"(?<=\S) {2,}", " ", BARE.sub(keep_host, LINK.sub(keep, seen)))
