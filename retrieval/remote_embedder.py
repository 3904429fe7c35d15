"""Embeddings from any OpenAI-compatible endpoint: batched, unit length, and never waited for twice while it is away."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from time import monotonic

import httpx2
import numpy as np
import openai
from langchain_openai import OpenAIEmbeddings
from pydantic import SecretStr

from retrieval.embedder import EmbedderUnavailableError, RemoteModel, Vectors

log = logging.getLogger(__name__)

BATCH = 64  # texts a request; some servers take no more
PAUSE = 30.0  # seconds that nobody asks after a failure
REMEMBERED = 2_000  # questions whose vectors are kept at hand: 6 KB each at 1536 dimensions
BUILD_SECONDS, BUILD_RETRIES = 60.0, 5  # an index can wait; a question cannot
CAUGHT = (openai.OpenAIError, httpx2.HTTPError, OSError, ValueError, TypeError, KeyError, IndexError, AttributeError)


class RemoteEmbedder:
    """`Embedder` over HTTP, for questions or, `patient`, for an index. Nothing is asked before the first text."""

    def __init__(self, remote: RemoteModel, *, patient: bool = False, clock: Callable[[], float] = monotonic) -> None:
        self.id = remote.id
        self.dimension = 0  # known with the first vector
        self._clock, self._patient = clock, patient
        self._away_until = 0.0
        self._known: OrderedDict[str, Vectors] = OrderedDict()
        self._guard = threading.Lock()
        self._client = OpenAIEmbeddings(
            openai_api_base=remote.base_url,
            model=remote.model,
            openai_api_key=SecretStr(remote.api_key or "none"),
            check_embedding_ctx_length=False,  # otherwise tiktoken fetches its tables from the internet
            chunk_size=BATCH,
            max_retries=BUILD_RETRIES if patient else 0,
            request_timeout=BUILD_SECONDS if patient else remote.seconds,
        )

    @classmethod
    def for_index(cls, remote: RemoteModel) -> "RemoteEmbedder":
        """A patient one whose vectors' length is known from the start: all texts of an index may be in the cache."""
        embedder = cls(remote, patient=True)
        embedder.embed(["length"])
        return embedder

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One unit vector per text, in their order.

        Raises:
            EmbedderUnavailableError: when the endpoint fails or failed a moment ago, or its vectors are not alike.
        """
        with self._guard:
            known = {text: self._known[text] for text in texts if text in self._known}
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        if missing:
            known |= dict(zip(missing, self._ask(missing), strict=True))
            self._remember(known)
        return np.array([known[text] for text in texts], np.float32).reshape(len(texts), self.dimension)

    def _ask(self, texts: list[str]) -> Vectors:
        if self._clock() < self._away_until:
            raise EmbedderUnavailableError(f"{self.id} did not answer a moment ago")
        try:
            vectors = np.array(self._client.embed_documents(texts), np.float32)
        except CAUGHT as error:
            self._away_until = self._clock() + PAUSE
            log.warning("%s gives no vectors: %s", self.id, type(error).__name__)
            raise EmbedderUnavailableError(f"{self.id} gives no vectors ({type(error).__name__}).") from None
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True) if vectors.ndim == 2 else np.zeros(1)
        alike = vectors.ndim == 2 and len(vectors) == len(texts) and self.dimension in {0, vectors.shape[1]}
        if not alike or not np.isfinite(vectors).all() or not lengths.all():
            raise EmbedderUnavailableError(f"{self.id} gives vectors that are not alike.")
        self.dimension = int(vectors.shape[1])
        return np.asarray(vectors / lengths, np.float32)

    def _remember(self, known: dict[str, Vectors]) -> None:
        if self._patient:  # an index has a cache of its own on disk
            return
        with self._guard:
            self._known.update(known)
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
