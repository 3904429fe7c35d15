"""Small plays that never took place."""

from typing import Any

from eval.cases.conversation import ConversationCase
from eval.playing import Play
from eval.record import Exchange

PRINTER = {"category": "printing", "title": "Impressora atola"}


def case(turns: tuple[dict[str, Any], ...] = ({"say": "oi"},), **more: Any) -> ConversationCase:
    return ConversationCase.model_validate({"id": "made-up", "turns": turns} | more)


def request(number: int = 1001, category: str = "printing", **more: Any) -> dict[str, Any]:
    known = {
        "number": number, "employee": "E1", "category": category, "title": "Impressora atola", "description": "atola",
        "fields": {}, "status": "new", "queue": "it-field", "priority": "medium", "rating": None, "comments": [],
        "touched": False, "attachments": 0,
    }  # fmt: skip
    return known | more


def play(*exchanges: Exchange, **state: Any) -> Play:
    known = {
        "verified": True, "principal": "E1", "ever_verified": True, "handed_over": False, "language": "pt-BR",
        "given": [], "requests": [], "followers": [], "answers": [], "hand_offs": [],
    }  # fmt: skip
    return Play(exchanges, known | state)


def said(*replies: str, did: str = "oi", **more: Any) -> Exchange:
    return Exchange(did=did, replies=replies, **more)
