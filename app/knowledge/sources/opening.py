"""The adapter of each kind of source."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from app.knowledge.sources.folder import FolderSource
from app.knowledge.sources.git import GitSource
from app.knowledge.sources.pages import open_pages
from app.knowledge.sources.terms import Terms
from tools.knowledge_source import KnowledgeSource


@asynccontextmanager
async def open_source(terms: Terms) -> AsyncIterator[KnowledgeSource]:
    """The source that these terms describe, open until the end of the block."""
    options = terms.options
    match terms.kind:
        case "folder":
            yield FolderSource(Path(terms.location), options.url_template)
        case "git":
            yield GitSource(Path(terms.location), options.url_template, pull=options.pull)
        case _:
            async with open_pages(terms) as pages:
                yield pages
