"""What every knowledge source must do; an adapter's test class inherits it and gives the fixture `place`."""

from typing import Protocol

import pytest

from tools.knowledge_source import Document, KnowledgeSource, Listed, SourceUnavailableError, Unchanged, Unreadable


class Place(Protocol):
    """Where documents are, as their authors see it; refs are what the source calls them."""

    def put(self, name: str, content: bytes) -> str: ...

    def drop(self, name: str) -> None: ...

    def go_away(self) -> None: ...

    def open(self) -> KnowledgeSource: ...


async def listed(source: KnowledgeSource, known: dict[str, str] | None = None) -> dict[str, Listed]:
    found: dict[str, Listed] = {}
    async for one in source.documents(known or {}):
        assert one.ref not in found, "each ref once"
        found[one.ref] = one
    return found


class KnowledgeSourceContract:
    async def test_everything_that_is_there_is_listed_with_its_bytes(self, place: Place):
        refs = [place.put("vpn.md", b"# VPN\n"), place.put("senha.md", "# Senha é\n".encode())]
        found = await listed(place.open())
        assert sorted(found) == sorted(refs)
        documents = [found[ref] for ref in refs]
        assert all(isinstance(one, Document) for one in documents)
        assert [one.content for one in documents] == [b"# VPN\n", "# Senha é\n".encode()]
        assert [len(one.sha256) for one in documents] == [64, 64]

    async def test_what_is_gone_is_not_listed_or_told_to_be_gone(self, place: Place):
        gone, kept = place.put("vpn.md", b"a"), place.put("senha.md", b"b")
        await listed(place.open())
        place.drop("vpn.md")
        found = await listed(place.open())
        assert isinstance(found[kept], Document)
        left = found.get(gone)
        assert left is None or (isinstance(left, Unreadable) and left.gone)

    async def test_a_document_that_is_as_it_was_is_not_told_to_be_different(self, place: Place):
        ref = place.put("vpn.md", b"a")
        before = (await listed(place.open()))[ref]
        known = {ref: before.stamp} if before.stamp else {}
        after = (await listed(place.open(), known))[ref]
        assert isinstance(after, Unchanged) or after == before

    async def test_a_changed_document_is_loaded_whatever_was_known(self, place: Place):
        ref = place.put("vpn.md", b"a")
        before = (await listed(place.open()))[ref]
        place.put("vpn.md", b"b, and longer")
        after = (await listed(place.open(), {ref: before.stamp} if before.stamp else {}))[ref]
        assert isinstance(after, Document)
        assert (after.content, after.sha256 != before.sha256) == (b"b, and longer", True)

    async def test_a_place_that_is_away_is_told_and_not_taken_for_an_empty_one(self, place: Place):
        place.put("vpn.md", b"a")
        place.go_away()
        with pytest.raises(SourceUnavailableError, match=r"[\w)]\.$"):
            await listed(place.open())
