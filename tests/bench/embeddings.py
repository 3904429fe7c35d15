"""An embeddings endpoint on loopback whose model costs next to nothing, and which counts what it is asked to read."""

import base64
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

from retrieval.embedder import RemoteModel, Vectors
from tests.bench.retrieval_at_scale import DIMENSION


class WordSums:
    """A text's vector is the sum of its words' own: near when words are shared."""

    dimension = DIMENSION

    def __init__(self, words: Sequence[str], id_: str) -> None:
        self.id = id_
        self._numbers = {word: number for number, word in enumerate(words, start=1)}
        self._rows = np.random.default_rng(1).normal(size=(len(words) + 1, DIMENSION)).astype(np.float32)
        self._rows[0] *= 1e-3  # words it does not know

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One unit vector per text."""
        numbers = [[self._numbers.get(word, 0) for word in text.split()] or [0] for text in texts]
        sums = np.stack([self._rows[one].sum(axis=0) for one in numbers])
        return np.asarray(sums / np.linalg.norm(sums, axis=1, keepdims=True), np.float32)


class Endpoint:
    """The model behind HTTP; `read` holds every text it was asked for since it was last cleared."""

    def __init__(self, words: Sequence[str], port: int) -> None:
        self.remote = RemoteModel(base_url=f"http://127.0.0.1:{port}/v1", model="word-sums", api_key="none")
        self.model = WordSums(words, self.remote.id)
        self.read: list[str] = []

    def answer(self, body: bytes) -> bytes:
        """What an OpenAI-compatible endpoint says."""
        texts = json.loads(body)["input"]
        self.read += texts
        data = [
            {"object": "embedding", "index": number, "embedding": base64.b64encode(vector.tobytes()).decode()}
            for number, vector in enumerate(self.model.embed(texts))
        ]
        usage = {"prompt_tokens": 0, "total_tokens": 0}
        return json.dumps({"object": "list", "data": data, "model": "word-sums", "usage": usage}).encode()


@contextmanager
def endpoint(words: Sequence[str]) -> Iterator[Endpoint]:
    """Listens in a thread until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            said = there.answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    there = Endpoint(words, server.server_port)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield there
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
