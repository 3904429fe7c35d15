"""The chat's questions for a page: what asks them is imported with the first preview, in a thread."""

import asyncio
from importlib import import_module

from graph.messages import Reply
from retrieval.passage import Language
from tools.service_desk import Category, Field

PREVIEW = "app.desk.preview"  # brings the graph with it, which pages do not wait for


async def field_preview(category: Category, field: Field, language: Language) -> tuple[Reply, ...]:
    """The question about one field."""
    await asyncio.to_thread(import_module, PREVIEW)
    from app.desk import preview  # noqa: PLC0415 -- imported just now

    return await preview.field_preview(category, field, language)


async def form_preview(category: Category, language: Language) -> tuple[Reply, ...]:
    """The whole form, to the card that is confirmed."""
    await asyncio.to_thread(import_module, PREVIEW)
    from app.desk import preview  # noqa: PLC0415 -- imported just now

    return await preview.form_preview(category, language)
