"""Checkpoints: small, plain, and never trusted."""

import os
import pickle
from asyncio import gather
from pathlib import Path

import ormsgpack
import pytest
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from graph.checkpoint import CHANNELS, LARGEST, CorruptCheckpointError, TurnSaver
from graph.state import State
from tests.graph.people_and_parts import Phone

MARK = "recado-was-here"  # made in the working directory by a payload that runs


class Bomb:
    def __reduce__(self):
        return os.mkdir, (MARK,)


def ext(kind: int, module: str, name: str, value: object) -> bytes:
    return ormsgpack.packb(
        {"slots": ormsgpack.Ext(kind, ormsgpack.packb((module, name, value)))}, option=ormsgpack.OPT_NON_STR_KEYS
    )


HOSTILE = [
    b"", b"\xc1", b"not msgpack", pickle.dumps(Bomb()), ormsgpack.packb([1, 2]), ormsgpack.packb("text"),
    ormsgpack.packb({"replies": []}), ormsgpack.packb({"unheard of": 1}),
    ormsgpack.packb({"phase": 5}), ormsgpack.packb({"slots": {"a": b"bytes"}}),
    *(ext(kind, "os", "system", f"mkdir {MARK}") for kind in range(8)),
    ext(0, "pathlib", "Path", "/etc/passwd"), ext(2, "graph.turn", "Thought", {"replies": ()}),
    JsonPlusSerializer().dumps_typed({"slots": {"a": {1, 2}}})[1], b"\x81" * 100_000, b"x" * (LARGEST + 1),
]  # fmt: skip


@pytest.mark.parametrize("raw", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_bytes_are_refused_and_run_nothing(raw):
    with pytest.raises(CorruptCheckpointError):
        TurnSaver().load("t", raw)
    assert not Path(MARK).exists()


async def test_a_conversation_with_hostile_bytes_is_refused_by_the_agent(phone):
    phone.checkpoint = ext(0, "os", "system", "true")

    with pytest.raises(CorruptCheckpointError):
        await phone.say("oi")


async def test_the_same_input_gives_the_same_thought_and_the_same_bytes(phone):
    await phone.say("a impressora do andar 7 está quebrada")
    message = phone.message("text", "Toner")

    first = await phone.agent.think(phone.checkpoint, [message], phone.context())
    again = await phone.agent.think(phone.checkpoint, [message], phone.context())

    assert first == again


async def test_two_conversations_at_once_do_not_mix(agent):
    phones = [Phone(agent, conversation_id=f"c{n}") for n in range(8)]
    await gather(*(p.say(f"impressora quebrada no andar {n + 1}") for n, p in enumerate(phones)))
    await gather(*(p.say("Toner") for p in phones))
    await gather(*(p.tap("Confirmar") for p in phones))

    assert [p.created()[0].draft.values["floor"] for p in phones] == list(range(1, 9))
    assert len({p.created()[0].nonce for p in phones}) == 8


async def test_only_what_outlives_a_turn_is_stored(phone):
    await phone.say("a impressora do andar 7 está quebrada")

    values = ormsgpack.unpackb(phone.checkpoint)
    assert values.keys() <= CHANNELS.keys()
    assert len(phone.checkpoint) < 2_000


def test_every_stored_channel_is_a_key_of_the_state():
    assert State.__annotations__.keys() >= CHANNELS.keys()
