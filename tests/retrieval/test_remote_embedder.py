"""Embeddings from an endpoint, over real HTTP."""

import asyncio
import json
from collections.abc import Iterator
from threading import Thread

import numpy as np
import pytest

from retrieval.build import build
from retrieval.embedder import EmbedderUnavailableError, RemoteModel
from retrieval.knowledge import KnowledgeBase
from retrieval.remote_embedder import BATCH, RemoteEmbedder
from retrieval.revision import IndexUnusableError, pointed, read_manifest, swap
from tests.provider.server import DIMENSION, Provider, Say, serving, trouble
from tests.retrieval.conftest import ARTICLES


@pytest.fixture
def provider(free_port) -> Iterator[Provider]:
    """A provider in a thread of its own, since embeddings are asked for from threads."""
    provider, ready, loop = Provider(), asyncio.Event(), asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        async with serving(provider, port):
            ready.set()
            await stop.wait()

    port = free_port()
    thread = Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    while not provider.url:
        pass
    yield provider
    loop.call_soon_threadsafe(stop.set)
    thread.join()
    loop.close()


@pytest.fixture
def remote(provider: Provider) -> RemoteModel:
    return RemoteModel(base_url=provider.url, model="text-embedding-x", api_key="k", seconds=2)


@pytest.mark.parametrize("floats", [False, True])
def test_vectors_have_unit_length_whether_they_come_as_base64_or_as_floats(provider, remote, floats):
    provider.embeddings_as_floats = floats

    vectors = RemoteEmbedder(remote).embed(["senha", "vpn", "senha"])

    assert vectors.shape == (3, DIMENSION)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    assert np.array_equal(vectors[0], vectors[2])
    assert provider.embedded == [["senha", "vpn"]]


def test_many_texts_go_in_batches_and_a_question_asked_again_goes_nowhere(provider, remote):
    embedder = RemoteEmbedder(remote)
    embedder.embed([f"pergunta {n}" for n in range(BATCH + 5)])
    embedder.embed(["pergunta 3"])

    assert [len(batch) for batch in provider.embedded] == [BATCH, 5]


def test_an_endpoint_that_is_away_is_not_waited_for_twice(provider, remote):
    now = [0.0]
    embedder = RemoteEmbedder(remote, clock=lambda: now[0])
    provider.embedding_trouble = trouble(503)
    for _ in range(3):
        with pytest.raises(EmbedderUnavailableError):
            embedder.embed(["vpn"])
    assert len(provider.embedded) == 1

    provider.embedding_trouble, now[0] = None, 31.0
    assert embedder.embed(["vpn"]).shape == (1, DIMENSION)


@pytest.mark.parametrize(
    "said",
    [
        Say(raw="<html>busy</html>"),
        Say(raw="{}"),
        Say(raw=json.dumps({"object": "list", "model": "m", "data": []})),
        trouble(401),
        trouble(429, retry_after="60"),
    ],
)
def test_whatever_else_comes_instead_of_vectors_is_one_kind_of_trouble(provider, remote, said):
    provider.embedding_trouble = said

    with pytest.raises(EmbedderUnavailableError):
        RemoteEmbedder(remote).embed(["vpn"])


def indexed(directory, embedder) -> None:
    swap(directory, build(ARTICLES, directory, embedder).revision)


async def test_an_index_by_an_endpoint_is_searched_with_it_and_by_words_while_it_is_away(provider, remote, tmp_path):
    indexed(tmp_path, RemoteEmbedder.for_index(remote))
    base = KnowledgeBase.open(tmp_path, RemoteEmbedder(remote))
    found = await base.search("esqueci minha senha", "pt-BR")
    assert found.passages[0].article_id == "password"
    assert "text-embedding-x@127.0.0.1" in read_manifest(pointed(tmp_path)).embedder
    asked = len(provider.embedded)

    provider.embedding_trouble = trouble(500)
    found = await base.search("minha senha não funciona", "pt-BR")
    assert found.passages[0].article_id == "password"
    assert len(provider.embedded) > asked
    base.close()


async def test_vectors_of_one_model_are_never_compared_with_anothers(provider, remote, tmp_path):
    indexed(tmp_path, RemoteEmbedder.for_index(remote))
    other = RemoteEmbedder(RemoteModel(base_url=provider.url, model="another"))

    with pytest.raises(IndexUnusableError, match="another"):
        KnowledgeBase.open(tmp_path, other)
    base = KnowledgeBase.open(tmp_path, other, strict=False)
    asked = len(provider.embedded)
    assert (await base.search("esqueci minha senha", "pt-BR")).passages[0].article_id == "password"
    assert "by words only" in base.state
    assert len(provider.embedded) == asked
    base.close()


def test_an_unchanged_text_is_embedded_once_by_each_model(provider, remote, tmp_path):
    first = build(ARTICLES, tmp_path, RemoteEmbedder.for_index(remote))
    again = build(ARTICLES, tmp_path, RemoteEmbedder.for_index(remote))
    other = RemoteModel(base_url=provider.url, model="another")
    moved = build(ARTICLES, tmp_path, RemoteEmbedder.for_index(other))
    back = build(ARTICLES, tmp_path, RemoteEmbedder.for_index(remote))

    assert (first.embedded > 0, again.embedded, moved.embedded, back.embedded) == (True, 0, first.embedded, 0)


def test_a_model_changed_behind_its_name_is_noticed_by_its_vectors(provider, remote, tmp_path):
    first = build(ARTICLES, tmp_path, RemoteEmbedder.for_index(remote))
    provider.dimension = DIMENSION * 2
    second = build(ARTICLES, tmp_path, RemoteEmbedder.for_index(remote))

    assert second.embedded == first.embedded
    assert read_manifest(tmp_path / second.revision).dimension == DIMENSION * 2
