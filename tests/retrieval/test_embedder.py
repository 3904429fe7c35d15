import ast
import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import retrieval
from retrieval import embedder
from retrieval.embedder import MiniLM, ModelUnusableError, Remembering, load_embedder
from retrieval.vector_cache import VectorCache


def test_meaning_is_near_whatever_the_words(model: MiniLM) -> None:
    one, same, other = model.embed(["I cannot log in", "Unable to sign in to my account", "Lunch is at noon"])
    assert one @ same > 0.6 > one @ other


def test_vectors_do_not_depend_on_their_neighbours(model: MiniLM) -> None:
    texts = ["short", "a much longer text about printers " * 60, ""]
    together = model.embed(texts)
    alone = np.concatenate([model.embed([text]) for text in texts])
    assert together.dtype == np.float32
    assert np.abs(together - alone).max() < 1e-5
    assert np.allclose(np.linalg.norm(together, axis=1), 1.0, atol=1e-5)


def test_a_missing_model_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedder, "PACKAGE", "no_such_package")
    assert load_embedder(tmp_path) is None


def test_foreign_weights_are_refused(model: MiniLM, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedder, "WEIGHTS_SHA256", "0" * 64)
    with pytest.raises(ModelUnusableError, match="not the published model"):
        load_embedder(tmp_path)
    assert list(tmp_path.rglob("*.onnx")) == []


def test_a_damaged_graph_is_written_again_and_two_builders_do_no_harm(model: MiniLM, tmp_path: Path) -> None:
    models = tmp_path / "models"
    models.mkdir()
    graph, weights = (models / f"{MiniLM.id}.graph.{kind}" for kind in ("onnx", "weights"))
    graph.write_bytes(b"not a graph")
    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(load_embedder, [tmp_path, tmp_path])
    assert one is not None
    assert other is not None
    assert {file.name for file in models.iterdir()} == {graph.name, weights.name}


def test_damaged_weights_are_written_again(model: MiniLM, tmp_path: Path) -> None:
    assert load_embedder(tmp_path) is not None
    [weights] = tmp_path.rglob("*.weights")
    size = weights.stat().st_size
    for damage in (b"", b"short", None):
        weights.unlink()
        if damage is not None:
            weights.write_bytes(damage)
        again = load_embedder(tmp_path)
        assert again is not None
        assert weights.stat().st_size == size
        assert np.array_equal(again.embed(["senha"]), model.embed(["senha"]))


def test_the_published_hash_is_the_whole_hash() -> None:
    assert len(embedder.WEIGHTS_SHA256) == hashlib.sha256().digest_size * 2
    assert embedder.WEIGHTS_SHA256.startswith("53aa5117")
    assert embedder.WEIGHTS_SHA256.endswith("128d9db")


def test_a_text_is_embedded_once(tmp_path: Path, model: MiniLM) -> None:
    cache = VectorCache(tmp_path / "vectors.db", model)
    first = cache.embed(["a", "b", "a"])
    assert cache.computed == 2
    assert np.array_equal(cache.embed(["b", "a"]), first[[1, 0]])
    assert cache.computed == 0
    cache.close()


def _imports(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
    return found


def test_only_one_file_imports_chroma() -> None:
    root = Path(next(iter(retrieval.__path__))).parent
    rooms = ("app", "graph", "tools", "retrieval", "prompts", "eval")
    files = [file for room in rooms for file in (root / room).rglob("*.py")]
    importers = {file.relative_to(root).as_posix() for file in files if "chromadb" in _imports(file)}
    assert importers == {"retrieval/vectors.py"}


def test_the_same_words_are_read_by_the_model_once(model: MiniLM) -> None:
    asked: list[list[str]] = []

    class Counting(MiniLM):
        def __init__(self) -> None:
            """Nothing of its own."""

        def embed(self, texts):
            asked.append(list(texts))
            return model.embed(texts)

    remembering = Remembering(Counting())
    first = remembering.embed(["a senha", "o crachá"])
    again = remembering.embed(["o crachá", "a vpn"])
    assert asked == [["a senha", "o crachá"], ["a vpn"]]
    assert np.array_equal(first[1], again[0])
    assert np.array_equal(again[1], model.embed(["a vpn"])[0])
