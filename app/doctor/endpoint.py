"""An OpenAI-compatible endpoint: whether it answers, takes the key, knows the model."""

from typing import Any, NamedTuple

import httpx

from app.doctor.finding import Finding
from app.settings import Settings
from app.whatsapp.network import is_loopback

PATIENCE = 10.0  # seconds to connect and to answer
SHOWN = 5  # models named when ours is not among them


class Endpoint(NamedTuple):
    """What is set; `prefix` is that of its settings, such as RECADO_LLM."""

    what: str
    prefix: str
    base_url: str
    api_key: str
    model: str


def check_endpoints(settings: Settings) -> list[Finding]:
    """Ask those the settings name; having none is a way to live."""
    llm, embeddings = settings.llm, settings.embeddings
    model = Endpoint("language model", "RECADO_LLM", llm.base_url, llm.api_key.get_secret_value(), llm.model)
    key = embeddings.api_key.get_secret_value()
    vectors = Endpoint("embeddings", "RECADO_EMBEDDINGS", embeddings.base_url, key, embeddings.model)
    return [
        *check_endpoint(model, "the embedded engine thinks"),
        *check_endpoint(vectors, "the embedded model serves the knowledge base"),
    ]


def check_endpoint(endpoint: Endpoint, without: str) -> list[Finding]:
    """Ask for the list of models, which costs nothing; `without` says what is done when none is set."""
    what, prefix = endpoint.what, endpoint.prefix
    if not endpoint.base_url:
        return [Finding(what, "good", f"none: {without}")]
    if not endpoint.model:
        return [Finding(what, "trouble", "an address and no model", f"Set {prefix}__MODEL.")]
    try:
        answer = _models(endpoint)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        found = f"{endpoint.base_url} does not answer: {type(error).__name__}"
        return [Finding(what, "trouble", found, f"Check {prefix}__BASE_URL and that this machine may reach it.")]
    return [_judged(endpoint, answer)]


def _models(endpoint: Endpoint) -> httpx.Response:
    headers = {"Authorization": f"Bearer {endpoint.api_key}"} if endpoint.api_key else {}
    url = httpx.URL(endpoint.base_url.rstrip("/") + "/models")
    with httpx.Client(timeout=PATIENCE, trust_env=not is_loopback(url.host)) as http:
        return http.get(url, headers=headers)


def _judged(endpoint: Endpoint, answer: httpx.Response) -> Finding:
    what, prefix, status = endpoint.what, endpoint.prefix, answer.status_code
    if status in {401, 403}:
        return Finding(
            what, "trouble", f"{endpoint.base_url} does not take our key ({status})", f"Set {prefix}__API_KEY."
        )
    if status == 404:
        found = f"{endpoint.base_url} answers, and lists no models"
        return Finding(what, "note", found, f"Usual for some gateways; else {prefix}__BASE_URL lacks its /v1.")
    if status != 200:
        return Finding(what, "trouble", f"{endpoint.base_url} answers with {status}", "Ask whoever runs it.")
    known = _names(answer)
    if known and endpoint.model not in known:
        found = f"{endpoint.base_url} has no {endpoint.model}, but {', '.join(sorted(known)[:SHOWN])}"
        return Finding(what, "trouble", found, f"Set {prefix}__MODEL to one it has.")
    return Finding(what, "good", f"{endpoint.model} at {endpoint.base_url}")


def _names(answer: httpx.Response) -> set[str]:
    """Ids of the models; none when it is no such list."""
    try:
        listed: Any = answer.json()["data"]
        return {str(model["id"]) for model in listed}
    except (ValueError, KeyError, TypeError):
        return set()
