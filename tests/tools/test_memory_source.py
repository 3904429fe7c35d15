import pytest

from tests.tools.knowledge_source_contract import KnowledgeSourceContract, listed
from tools.memory_source import MemorySource


class MemoryPlace:
    def __init__(self, stamps: bool):
        self.source = MemorySource(stamps=stamps)

    def put(self, name: str, content: bytes) -> str:
        self.source.files[name] = content
        return name

    def drop(self, name: str) -> None:
        del self.source.files[name]

    def go_away(self) -> None:
        self.source.away = "The shelf is locked."

    def open(self) -> MemorySource:
        return self.source


class TestMemorySource(KnowledgeSourceContract):
    @pytest.fixture(params=[True, False], ids=["stamps", "no stamps"])
    def place(self, request):
        return MemoryPlace(request.param)

    async def test_only_what_is_different_is_loaded_when_documents_have_stamps(self):
        place = MemoryPlace(stamps=True)
        place.put("vpn.md", b"a")
        known = {ref: one.stamp for ref, one in (await listed(place.open())).items()}
        await listed(place.open(), known)
        assert place.source.loaded == ["vpn.md"]
