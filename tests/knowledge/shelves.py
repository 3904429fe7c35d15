"""Folders of articles, and workers that search them."""

from dataclasses import dataclass
from pathlib import Path

from app.db.engine import Database
from app.knowledge.copies import PrivateCopy
from retrieval.embedder import Embedder
from retrieval.knowledge import KnowledgeBase
from retrieval.revision import FOLDER


def write(folder: Path, name: str, title: str, body: str, **front: str) -> None:
    folder.mkdir(exist_ok=True)
    head = {"id": name, "title": title, "language": "pt", **front}
    lines = "\n".join(f"{key}: {value}" for key, value in head.items())
    (folder / f"{name}.md").write_text(f"---\n{lines}\n---\n{body}\n", "utf-8")


@dataclass
class Worker:
    """What a worker process has of the knowledge base: a folder, the index open, and its keeper."""

    root: Path
    knowledge: KnowledgeBase
    copy: PrivateCopy

    @classmethod
    async def begin(cls, database: Database, data_dir: Path, model: Embedder | None = None) -> "Worker":
        root = data_dir / FOLDER
        knowledge = KnowledgeBase.open(root, model, strict=False)
        worker = cls(root, knowledge, PrivateCopy(database, root, knowledge))
        await worker.copy.begin()
        return worker

    async def titles(self, question: str) -> list[str]:
        found = await self.knowledge.search(question, "pt-BR", limit=20)
        return [passage.title for passage in found.passages]

    @property
    def said(self) -> str:
        return f"{self.knowledge.trouble} {self.copy.trouble}".strip()
