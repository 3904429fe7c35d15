"""Whatever the business posts, the Cloud API answers in Meta's words and never falls over."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.emulator.refusal import Refusal
from app.emulator.switchboard import Emulator
from app.emulator.template import Template

ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
PARAMETERS = [{"type": "text", "text": "#1"}]
BODIES: list[dict[str, Any]] = [
    {"type": "text", "text": {"body": "oi"}, "context": {"message_id": "wamid.x"}},
    {"type": "reaction", "reaction": {"message_id": "wamid.x", "emoji": "👍"}},
    {"type": "location", "location": {"latitude": 1, "longitude": 2, "name": "x"}},
    {"type": "image", "image": {"link": "https://example.com/a.png", "caption": "x"}},
    {
        "type": "interactive",
        "interactive": {
            "type": "button",
            "header": {"type": "text", "text": "x"},
            "body": {"text": "x"},
            "footer": {"text": "x"},
            "action": {"buttons": [{"type": "reply", "reply": {"id": "a", "title": "A"}}]},
        },
    },
    {
        "type": "interactive",
        "interactive": {
            "type": "list",
            "body": {"text": "x"},
            "action": {"button": "x", "sections": [{"title": "x", "rows": [{"id": "a", "title": "A"}]}]},
        },
    },
    {
        "type": "template",
        "template": {
            "name": "agent_replied",
            "language": {"code": "en"},
            "components": [
                {"type": "body", "parameters": PARAMETERS},
                {"type": "button", "sub_type": "quick_reply", "index": "0", "parameters": [{"payload": "p"}]},
            ],
        },
    },
]


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(path for key, each in inner for path in paths(each, (*at, key)))]


@st.composite
def spoiled(draw: st.DrawFn) -> dict[str, Any]:
    body = {"messaging_product": "whatsapp", "to": "+5511987654321"} | copy.deepcopy(draw(st.sampled_from(BODIES)))
    for _ in range(draw(st.integers(0, 2))):
        path = draw(st.sampled_from(paths(body)[1:]))
        holder: Any = body
        for key in path[:-1]:
            holder = holder[key]
        if isinstance(holder, dict) and draw(st.booleans()):
            del holder[path[-1]]
        else:
            holder[path[-1]] = draw(ANY)
    return body


@pytest.mark.parametrize("templates", [(), (Template("agent_replied", "en", "About {{1}}", ("Go on",)),)])
@given(body=spoiled())
async def test_a_spoiled_body_is_taken_or_refused(templates: tuple[Template, ...], body: dict[str, Any]) -> None:
    emulator = Emulator("s", "t", "1", "2", templates=templates)
    emulator.chat("ana").opened_at = emulator.now()
    try:
        message = emulator.accept(body).message
    except Refusal:
        return
    assert isinstance(message.as_json()["text"], str)
    assert all(choice.id for choice in message.choices)
