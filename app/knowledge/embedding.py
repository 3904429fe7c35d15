"""Which embeddings the knowledge base uses: the endpoint that settings name, or the embedded model."""

from app.errors import ConfigurationError
from app.settings import EmbeddingsSettings
from retrieval.embedder import Embedder, RemoteModel


def remote_model(settings: EmbeddingsSettings) -> RemoteModel | None:
    """The endpoint; None for the embedded model.

    Raises:
        ConfigurationError: when only one of base URL and model is set.
    """
    if not settings.base_url and not settings.model:
        return None
    missing = [name for name, value in (("BASE_URL", settings.base_url), ("MODEL", settings.model)) if not value]
    if missing:
        raise ConfigurationError(f"RECADO_EMBEDDINGS__{missing[0]} is not set although its group is.")
    key, seconds = settings.api_key.get_secret_value(), settings.timeout.total_seconds()
    return RemoteModel(base_url=settings.base_url, model=settings.model, api_key=key, seconds=seconds)


def embedder_for_search(settings: EmbeddingsSettings, embedded: Embedder | None) -> Embedder | None:
    """What a question is embedded with."""
    remote = remote_model(settings)
    return remote_embedder(remote) if remote else embedded


def remote_embedder(remote: RemoteModel) -> Embedder:
    """The endpoint's embedder, for questions."""
    from retrieval.remote_embedder import RemoteEmbedder  # noqa: PLC0415 -- a second of imports, only where it is used

    return RemoteEmbedder(remote)
