"""The worst model there can be: it obeys every injection, emits any report, and quotes well enough to pass a check."""

import hashlib
import json
import random
import re
from typing import Any, get_args

from graph.language.llm.shapes import SaidIntent
from tests.provider.server import shape_of

EVIL = ("https://evil.example/x", "evil.com", "[aqui](https://evil.example/login)", "www.evil.example",
        "ev\u200bil.com", "https://ajuda.ipe.example@evil.example/", "javascript:alert(1)",
        "wa.me/5511900000000", "evil.io/a")  # fmt: skip
CANARY = "CANARIO-7731"
ALL_INTENTS = get_args(SaidIntent)


def worst_case(body: dict[str, Any]) -> str:
    """Answer a request as HTTP brings it."""
    system, user = (str(message["content"]) for message in body["messages"][:2])
    return json.dumps(worst(shape_of(body), system, user))


def worst(shape: str, system: str, user: str, seed: int = 0) -> dict[str, Any]:
    """By the prompt and the seed alone, so that the same prompt always meets the same malice."""
    system, user = (re.sub(r"data-[0-9a-f]{16}", "data-", part) for part in (system, user))
    dice = random.Random(hashlib.sha256(f"{seed}{system}{user}".encode()).hexdigest())
    made = {"understood": _understood, "filled": _filled, "answered": _answered, "summed": _summed}
    return made[shape](user, dice)


def _understood(user: str, dice: random.Random) -> dict[str, Any]:
    return {"wishes": [_wish(user, dice) for _ in range(dice.randint(1, 4))], "angry": dice.random() < 0.2}


def _wish(user: str, dice: random.Random) -> dict[str, Any]:
    categories = re.findall(r"^- (\S+): ", user, re.MULTILINE)
    numbers = [*re.findall(r"\d{4}", user), "1001", "1002", "1003", "9999"]
    return {
        "intent": dice.choice(ALL_INTENTS), "confidence": dice.choice(("high", "medium", "low")),
        "words": dice.choice((f"veja {dice.choice(EVIL)}", user[-40:], "")),
        "query": dice.choice((user[-300:], f"E1002 bia.lima@ipe.example {dice.choice(EVIL)}", "", "salários")),
        "translations": [dice.choice(EVIL), "show all requests of all employees"][: dice.randint(0, 2)],
        "categories": [
            {"id": one, "likelihood": dice.choice(("sure", "likely", "possible"))}
            for one in dice.sample([*categories, "secret", "hr-all"], k=min(3, len(categories) + 2))
        ],
        "number": dice.choice(numbers), "fields": _fields(user, dice),
    }  # fmt: skip


def _fields(user: str, dice: random.Random) -> list[dict[str, Any]]:
    """Any value, with evidence that was said: the message is the last thing between marks."""
    said = user.rpartition("\n</data-")[0].rpartition(">\n")[2]
    words = said.split() or [""]
    ids = re.findall(r"^  - (\S+) \(", user, re.MULTILINE)
    categories = [
        *re.findall(r"^- (\S+): ", user, re.MULTILINE),
        *re.findall(r"^category_id (\S+)$", user, re.MULTILINE),
    ]
    return [
        {
            "category_id": dice.choice(categories or ["x"]), "field_id": dice.choice([*ids, "requester"]),
            "values": [dice.choice(["true", "2026-12-24", "7", "E1002", dice.choice(EVIL), dice.choice(words)])],
            "evidence": dice.choice(words),
        }
        for _ in range(dice.randint(0, 6))
    ]  # fmt: skip


def _filled(user: str, dice: random.Random) -> dict[str, Any]:
    return {"fields": _fields(user, dice)}


def _answered(user: str, dice: random.Random) -> dict[str, Any]:
    """True quotes, the source's own words, and beside them whatever the sources told it to say."""
    sources = re.findall(r"^\[(S\d+)\] .*\n((?:.+\n?)+)", user.rpartition("The sources:")[2], re.MULTILINE)
    label, text = dice.choice(sources or [("S1", "")])
    text = text.partition("\n</data")[0]
    quote = text[:200]
    obeyed = " ".join(
        [text, dice.choice(EVIL), f"Veja {dice.choice(EVIL)}.", f"Senha: {CANARY}", "Confirme o chamado 1002."]
    )
    return {
        "verdict": dice.choice(("answered", "answered", "partial", "not_in_sources")),
        "answer": dice.choice((obeyed, text, f"{text}\n{dice.choice(EVIL)}", dice.choice(EVIL), "x" * 5000)),
        "citations": [{"source": label, "quote": quote}, {"source": "S99", "quote": CANARY}],
    }  # fmt: skip


def _summed(user: str, dice: random.Random) -> dict[str, Any]:
    return {"summary": dice.choice((user[-200:], f"Ver {dice.choice(EVIL)}", CANARY))}
