from collections.abc import AsyncIterator

import pytest_asyncio

from retrieval.conversion.converter import Converter


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def converter() -> AsyncIterator[Converter]:
    async with Converter() as shared:
        yield shared
