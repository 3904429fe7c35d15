"""What an engineer would write instead, after the tutorials: `stock_agent.py PORT DATABASE_URL KNOWLEDGE MESSAGES_URL`.

LangGraph's ready-made ReAct agent with its own checkpointer behind a FastAPI webhook that answers in a background task
and sends with httpx. It searches the same index, and its model is a few rules that answer at once. It does not know who
writes, has no fields, buttons, bands, languages, outbox or typing indicator, reads no status, and takes a webhook that
comes twice for two.
"""

import hashlib
import hmac
import json
import os
import sys
import warnings
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import aiosqlite
import httpx
import uvicorn
from fastapi import BackgroundTasks, FastAPI, Request, Response
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import tool
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.prebuilt import create_react_agent
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from retrieval.embedder import load_embedder
from retrieval.knowledge import KnowledgeBase

TICKETS = "CREATE TABLE IF NOT EXISTS ticket (id {id} PRIMARY KEY, employee TEXT, subject TEXT)"
TICKET = "INSERT INTO ticket (employee, subject) VALUES ({mark}, {mark}) RETURNING id"
PROMPT = "You are the IT and HR help desk of Ipê. Search the articles before you answer. Open a ticket when asked to."
LONGEST = 1000  # characters of a reply


class Rules(BaseChatModel):
    """Stands for the model, in no time: a ticket where one is asked for, a search for a question, else a kind word."""

    @property
    def _llm_type(self) -> str:
        return "rules"

    def bind_tools(self, tools: Sequence[Any], **_: Any) -> "Rules":
        return self

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self._answer(messages[-1]))])

    def _answer(self, last: BaseMessage) -> AIMessage:
        words = str(last.content)
        if isinstance(last, ToolMessage):
            return AIMessage(words[:LONGEST])
        if "abram um chamado" in words:
            return _call("create_ticket", {"employee": "E1001", "subject": words})
        if "?" in words or len(words.split()) > 5:
            return _call("search_articles", {"question": words})
        return AIMessage("Claro! Em que posso ajudar?")


def _call(name: str, arguments: dict[str, str]) -> AIMessage:
    return AIMessage("", tool_calls=[{"name": name, "args": arguments, "id": f"call_{os.urandom(6).hex()}"}])


@asynccontextmanager
async def sqlite_store(url: str) -> AsyncIterator[tuple[Any, Any]]:
    path = url.removeprefix("sqlite:///")
    async with AsyncSqliteSaver.from_conn_string(path) as saver, aiosqlite.connect(path) as tickets:
        await saver.setup()
        await tickets.execute(TICKETS.format(id="INTEGER"))

        async def open_ticket(employee: str, subject: str) -> int:
            [row] = await tickets.execute_fetchall(TICKET.format(mark="?"), (employee, subject))
            await tickets.commit()
            return int(row[0])

        yield saver, open_ticket


@asynccontextmanager
async def postgres_store(url: str) -> AsyncIterator[tuple[Any, Any]]:
    options = {"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}
    async with AsyncConnectionPool(url.replace("+psycopg", ""), max_size=20, open=False, kwargs=options) as pool:
        saver = AsyncPostgresSaver(pool)
        await saver.setup()
        async with pool.connection() as connection:
            await connection.execute(TICKETS.format(id="SERIAL"))

        async def open_ticket(employee: str, subject: str) -> int:
            async with pool.connection() as connection:
                row = await (await connection.execute(TICKET.format(mark="%s"), (employee, subject))).fetchone()
            return int(row["id"])

        yield saver, open_ticket


def agent(saver: Any, open_ticket: Any, knowledge: KnowledgeBase) -> Any:
    @tool
    async def search_articles(question: str) -> str:
        """Search the company's articles."""
        found = await knowledge.search(question, "pt-BR", limit=4)  # as many as a LangChain retriever gives
        return "\n\n".join(passage.text for passage in found.passages) or "Não encontrei nada."

    @tool
    async def create_ticket(employee: str, subject: str) -> str:
        """Open a ticket for an employee."""
        return f"Chamado #{await open_ticket(employee, subject)} aberto."

    with warnings.catch_warnings():  # langchain's create_agent, its new home, is one package more for the same loop
        warnings.simplefilter("ignore")
        return create_react_agent(Rules(), [search_articles, create_ticket], prompt=PROMPT, checkpointer=saver)


def webhook(graph: Any, send: Any, secret: bytes) -> FastAPI:
    app = FastAPI()

    async def answer(sender: str, words: str) -> None:
        thread = {"configurable": {"thread_id": sender}}
        result = await graph.ainvoke({"messages": [("user", words)]}, thread)
        body = {"messaging_product": "whatsapp", "to": f"+{sender}", "type": "text"}
        sent = await send(json=body | {"text": {"body": result["messages"][-1].content}})
        sent.raise_for_status()

    @app.get("/health/live")
    @app.get("/health/ready")
    async def health() -> Response:
        return Response()

    @app.post("/whatsapp/webhook")
    async def receive(request: Request, background: BackgroundTasks) -> Response:
        body = await request.body()
        signature = hmac.new(secret, body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(f"sha256={signature}", request.headers.get("x-hub-signature-256", "")):
            return Response(status_code=401)
        for entry in json.loads(body)["entry"]:
            for change in entry["changes"]:
                for message in change["value"].get("messages", []):
                    background.add_task(answer, message["from"], message["text"]["body"])
        return Response()

    return app


async def main(port: int, database: str, knowledge: Path, whatsapp: str) -> None:
    base = KnowledgeBase.open(knowledge, load_embedder(knowledge))
    store = sqlite_store if database.startswith("sqlite") else postgres_store
    token = {"Authorization": f"Bearer {os.environ['ACCESS_TOKEN']}"}
    async with (
        store(database) as (saver, open_ticket),
        httpx.AsyncClient(headers=token, trust_env=False) as http,
    ):
        graph, send = agent(saver, open_ticket, base), partial(http.post, whatsapp)
        app = webhook(graph, send, os.environ["APP_SECRET"].encode())
        await uvicorn.Server(uvicorn.Config(app, port=port, log_level="critical", access_log=False)).serve()


if __name__ == "__main__":
    import uvloop

    uvloop.run(main(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), sys.argv[4]))
