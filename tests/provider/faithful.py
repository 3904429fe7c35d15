"""A faithful model of small talent: it reads the prompt as a model would and answers by the embedded engine."""

import json
import re
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import app.demo
from app.desk.company_files import read_company
from graph.language.offline.engine import OfflineEngine
from graph.language.offline.tongue import identify
from graph.language.port import FieldValue, Hearing, Wish
from retrieval.passage import Language, Passage
from tests.provider.server import shape_of
from tools.service_desk import Category

COMPANY = Path(app.demo.__file__).parent / "company"
BLOCK = re.compile(r"<(data-[0-9a-f]+)>\n(.*?)\n</\1>", re.DOTALL)
SOURCE = re.compile(r"^\[(S\d+)\] (.*)$", re.MULTILINE)
LANGUAGES: dict[str, Language] = {"Brazilian Portuguese": "pt-BR", "Spanish": "es", "English": "en"}
LEVELS = ((0.8, "high"), (0.55, "medium"), (0.0, "low"))


@cache
def categories() -> tuple[Category, ...]:
    return read_company(COMPANY).categories


@cache
def engine() -> OfflineEngine:
    made = OfflineEngine()
    made.warm(categories())
    return made


def faithful(body: dict[str, Any]) -> str:
    """Answer a request in its shape."""
    user = str(body["messages"][1]["content"])
    made = {"understood": _understand, "filled": _fill, "answered": _answer, "summed": _sum, "pictured": _picture}
    return json.dumps(made[shape_of(body)](user), ensure_ascii=False)


def block(user: str, number: int = -1) -> str:
    """What stands between the data marks; the last of them is the message."""
    found = BLOCK.findall(user)
    return str(found[number][1]) if found else ""


def _hearing(text: str, user: str) -> Hearing:
    asked = re.search(r"The open question: field (\S+) of the category (\S+):", user)
    category = next((c for c in categories() if asked and c.id == asked[2]), None)
    field = next((f for f in category.fields if asked and f.id == asked[1]), None) if category else None
    form = category.id if category else ""
    return Hearing(
        text=text, language=identify(text)[0], categories=categories(), asked=field, form=form,
        now=datetime(2026, 11, 23, 11, 0, tzinfo=UTC),
    )  # fmt: skip


def _understand(user: str) -> dict[str, Any]:
    text = block(user)
    heard = engine()._understand(_hearing(text, user))
    shown = re.findall(r"^- (\S+): ", user, re.MULTILINE)
    return {
        "wishes": [_wish(wish, len(heard.wishes), text, user, shown) for wish in heard.wishes],
        "angry": heard.angry,
    }


def _wish(wish: Wish, many: int, text: str, user: str, shown: list[str]) -> dict[str, Any]:
    intent = {"resend_code": "unclear", "change_email": "unclear"}.get(wish.intent, wish.intent)
    level = next(name for least, name in LEVELS if wish.confidence >= least)
    named = [
        {
            "id": scored.id,
            "likelihood": "sure" if scored.score >= 0.6 else "likely" if scored.score >= 0.55 else "possible",
        }
        for scored in wish.categories
        if scored.id in shown
    ][:3]
    fields = [value for one in named[:1] for value in _values(one["id"], text, user)]
    return {
        "intent": intent, "confidence": level, "words": text if many == 1 else wish.query,
        "query": wish.query if intent in ("ask", "request") else "",
        "translations": [], "categories": named, "number": wish.number, "fields": fields,
    }  # fmt: skip


def _values(category_id: str, text: str, user: str) -> list[dict[str, Any]]:
    from graph.language.offline.filling import fill_fields

    category = next(c for c in categories() if c.id == category_id)
    return [_said(category_id, value) for value in fill_fields(category.fields, _hearing(text, user))]


def _said(category_id: str, value: FieldValue) -> dict[str, Any]:
    values = value.value if isinstance(value.value, list) else [value.value]
    words = [str(v).lower() if isinstance(v, bool) else str(v) for v in values]
    return {"category_id": category_id, "field_id": value.field_id, "values": words, "evidence": value.evidence}


def _fill(user: str) -> dict[str, Any]:
    found = re.search(r"^category_id (\S+)$", user, re.MULTILINE)
    return {"fields": _values(found[1], block(user), user) if found else []}


def _answer(user: str) -> dict[str, Any]:
    from graph.language.offline.extract import extract

    language = LANGUAGES[user.partition("Answer in ")[2].partition(".")[0]]
    pieces = SOURCE.split(block(user))
    passages = tuple(
        Passage(
            id=label, article_id=label, language=language, title=title, heading="", text=text.strip(), url="",
            score=1 / place,
        )
        for place, (label, title, text) in enumerate(zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True), 1)
    )  # fmt: skip
    text, verdict, quotes = extract(block(user, 0), passages, language)
    quoted = [{"source": quote.passage_id, "quote": quote.text[:300]} for quote in quotes]
    return {"verdict": verdict, "answer": text, "citations": quoted}


def _sum(user: str) -> dict[str, Any]:
    said = [line.partition(": ")[2] for line in block(user).splitlines() if line.startswith("employee: ")]
    return {"summary": " / ".join(said)[:500]}


def _picture(user: str) -> dict[str, Any]:
    return {"description": "Tela do Outlook com uma mensagem de erro.", "visible_text": "0x800CCC0E"}
