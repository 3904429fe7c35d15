"""The knowledge base at the pages' side: the worker's own, or a copy that is opened for the first question."""

import asyncio
import shutil

import pytest

from app.container import open_house
from app.settings import Settings
from app.study import Study


@pytest.fixture
def data_dir(founded, tmp_path):
    shutil.copytree(founded, tmp_path / "data")
    return tmp_path / "data"


async def test_a_process_without_a_worker_opens_the_index_at_the_first_question_and_closes_it(data_dir):
    async with open_house(Settings(data_dir=data_dir)) as house:
        study = Study(house)
        assert study.faculties() is None
        async with asyncio.timeout(60):
            while (opened := study.faculties()) is None:
                await asyncio.sleep(0.05)
        assert study.faculties() is opened
        found = await opened.knowledge.search("a vpn cai toda hora", "pt-BR")
        assert found.passages
    assert opened.knowledge.revision == ""


async def test_where_a_worker_is_expected_its_own_is_waited_for(data_dir):
    async with open_house(Settings(data_dir=data_dir)) as house:
        house.presence.works = True
        study = Study(house)
        assert study.faculties() is None
        await asyncio.sleep(0)
        assert [task.get_name() for task in asyncio.all_tasks() if task.get_name() == "study"] == []
        house.presence.faculties = marker = object()
        assert study.faculties() is marker
