"""The table of sources: how each is asked and where its answer stands; another source is another row."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from retrieval.passage import Language

SHORT: Mapping[Language, str] = {"pt-BR": "pt", "es": "es", "en": "en"}
DOMAINS = "{domains}"  # a value that becomes the list of allowed domains


@dataclass(frozen=True, slots=True)
class Row:
    """One provider's API.

    Values of `params`, `headers` and `body` may hold {query}, {tongue} (the language in the provider's spelling) and
    {key}; they are filled in one pass, so that a question is never expanded again. A parameter that stays empty is left
    out. `results` leads to the list; each field is a choice of dotted paths inside a result.
    """

    site: str  # what people call it
    url: str  # https origin; "" = the operator's own instance
    path: str
    params: Mapping[str, str]
    results: str
    title: tuple[str, ...]
    text: tuple[str, ...]
    link: tuple[str, ...] = ("url",)
    author: tuple[str, ...] = ()
    licence: tuple[str, ...] = ()
    page: str = ""  # address of a page whose link is only its key
    credit: str = ""  # licence named when the result names none
    method: Literal["GET", "POST"] = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, str | int] = field(default_factory=dict)
    tongues: Mapping[Language, str] = field(default_factory=lambda: SHORT)
    key: Literal["needed", "optional", "none"] = "none"
    per_minute: int = 20  # questions, unless the operator sets another number
    full: "Full | None" = None


@dataclass(frozen=True, slots=True)
class Full:
    """A second question, for the answers that a list of results only points at; {ids} joined by ;."""

    path: str
    params: Mapping[str, str]
    id: str  # where a result names its answer
    results: str
    key: str  # where an answer names itself
    text: str
    author: str
    licence: str


ROWS: Mapping[str, Row] = {
    # Needs `search.formats: [html, json]` in its settings.yml, else it answers 403. docs.searxng.org/dev/search_api
    "searxng": Row(
        site="SearXNG",
        url="",
        path="/search",
        params={
            "q": "{query}", "format": "json", "language": "{tongue}", "categories": "it", "safesearch": "1",
            "pageno": "1",
        },
        results="results",
        title=("title",),
        text=("content",),
        tongues={"pt-BR": "pt-BR", "es": "es", "en": "en"},
    ),
    # 300 questions a day and address without a key, 10,000 with one; gzip always. api.stackexchange.com/docs/throttle
    "stack_exchange": Row(
        site="Stack Exchange",
        url="https://api.stackexchange.com",
        path="/2.3/search/advanced",
        params={
            "q": "{query}", "site": "{tongue}", "accepted": "True", "filter": "withbody", "pagesize": "5",
            "order": "desc", "sort": "relevance", "key": "{key}",
        },
        results="items",
        title=("title",),
        text=("body",),
        link=("link",),
        author=("owner.display_name",),
        licence=("content_license",),
        credit="CC BY-SA",
        tongues={"pt-BR": "pt.stackoverflow", "es": "es.stackoverflow", "en": "superuser"},
        key="optional",
        per_minute=10,
        full=Full(
            path="/2.3/answers/{ids}",
            params={"site": "{tongue}", "filter": "withbody", "pagesize": "5", "key": "{key}"},
            id="accepted_answer_id",
            results="items",
            key="answer_id",
            text="body",
            author="owner.display_name",
            licence="content_license",
        ),
    ),
    # What the site's own search page asks; no promise by Microsoft.
    "microsoft_learn": Row(
        site="Microsoft Learn",
        url="https://learn.microsoft.com",
        path="/api/search",
        params={"search": "{query}", "locale": "{tongue}", "$top": "5", "$skip": "0"},
        results="results",
        title=("title",),
        text=("description",),
        tongues={"pt-BR": "pt-br", "es": "es-es", "en": "en-us"},
    ),
    "wikipedia": Row(
        site="Wikipedia",
        url="https://{tongue}.wikipedia.org",
        path="/w/rest.php/v1/search/page",
        params={"q": "{query}", "limit": "5"},
        results="pages",
        title=("title",),
        text=("excerpt", "description"),
        link=("key",),
        page="https://{tongue}.wikipedia.org/wiki/{id}",
        credit="CC BY-SA",
    ),
    # api-dashboard.search.brave.com/app/documentation/web-search
    "brave": Row(
        site="Brave Search",
        url="https://api.search.brave.com",
        path="/res/v1/web/search",
        params={"q": "{query}", "count": "10", "search_lang": "{tongue}"},
        headers={"X-Subscription-Token": "{key}"},
        results="web.results",
        title=("title",),
        text=("description",),
        tongues={"pt-BR": "pt-br", "es": "es", "en": "en"},
        key="needed",
    ),
    # docs.tavily.com/documentation/api-reference/endpoint/search
    "tavily": Row(
        site="Tavily",
        url="https://api.tavily.com",
        path="/search",
        method="POST",
        params={},
        headers={"Authorization": "Bearer {key}"},
        body={"query": "{query}", "max_results": 5, "search_depth": "basic", "include_domains": DOMAINS},
        results="results",
        title=("title",),
        text=("content",),
        key="needed",
    ),
}  # fmt: skip
