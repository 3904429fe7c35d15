"""A checkpointer that hands the graph what the turn loaded and keeps what it put: the turn commits it, not we."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import ormsgpack
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    empty_checkpoint,
)
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

LARGEST = 262_144  # bytes; a real one has a few thousand
PLAIN = (str, int, float, bool, type(None))
CHANNELS: dict[str, type] = {
    "phase": str, "slots": dict, "nonce": str, "matter": dict, "draft": dict, "later": list, "pending": str,
    "email": str, "language": str, "language_evidence": str, "turn": int, "noticed": str, "confused": int,
    "done": str, "outages": list,
}  # fmt: skip
"""What is stored, and of which type; anything else in the bytes is not ours."""


class CorruptCheckpointError(Exception):
    """The stored bytes of a conversation are not what this graph wrote; start it afresh."""


class TurnSaver(BaseCheckpointSaver[int]):
    """Checkpoints of the turns in progress, by thread; only the channels' values are kept, never a history."""

    def __init__(self) -> None:
        super().__init__(serde=JsonPlusSerializer(pickle_fallback=False, allowed_msgpack_modules=None))
        self._values: dict[str, dict[str, Any]] = {}

    def load(self, thread: str, checkpoint: bytes | None) -> None:
        """Hand in the bytes of the last turn.

        Raises:
            CorruptCheckpointError: when they are too long, no msgpack, or hold anything but plain values.
        """
        if checkpoint is None:
            return
        if len(checkpoint) > LARGEST:
            raise CorruptCheckpointError(f"a checkpoint of {len(checkpoint)} bytes")
        try:
            # Without an ext_hook an extension type is an error: nothing is ever revived from these bytes.
            values = ormsgpack.unpackb(checkpoint)
        except ormsgpack.MsgpackDecodeError as error:
            raise CorruptCheckpointError("no plain msgpack") from error
        # Bytes that say the same another way, or hold more behind it, were not written here.
        try:
            ours = isinstance(values, dict) and _ours(values) and self.serde.dumps_typed(values)[1] == checkpoint
        except RecursionError:
            ours = False
        if not ours:
            raise CorruptCheckpointError("not a state of this graph")
        self._values[thread] = values

    def take(self, thread: str) -> bytes:
        """Hand out what the graph put, and forget it."""
        values = self._values.pop(thread, {})
        if not _plain(values):
            raise TypeError("the state holds something that is not plain")
        return self.serde.dumps_typed(values)[1]

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """Give the loaded state, every channel at its first version."""
        values = self._values.get(config["configurable"]["thread_id"])
        if values is None:
            return None
        checkpoint = empty_checkpoint()
        checkpoint["channel_values"] = dict(values)
        checkpoint["channel_versions"] = dict.fromkeys(values, 1)
        return CheckpointTuple(config, checkpoint, CheckpointMetadata(step=0), None, [])

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,  # noqa: ARG002 the interface's
        new_versions: ChannelVersions,  # noqa: ARG002 the interface's
    ) -> RunnableConfig:
        """Keep the values; called once a turn, at its end."""
        values = checkpoint["channel_values"]
        self._values[config["configurable"]["thread_id"]] = {k: v for k, v in values.items() if k in CHANNELS}
        return config

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Keep nothing: a turn that fails is run again from its start."""

    async def alist(self, config: RunnableConfig | None, **kwargs: Any) -> AsyncIterator[CheckpointTuple]:  # noqa: ARG002 the interface's
        """List the loaded state only: there is no history."""
        found = await self.aget_tuple(config) if config else None
        if found:
            yield found


def _ours(values: dict[str, Any]) -> bool:
    return all(isinstance(v, CHANNELS.get(k, ())) for k, v in values.items()) and _plain(values)


def _plain(value: object) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) and _plain(item) for key, item in value.items())
    if isinstance(value, list | tuple):
        return all(map(_plain, value))
    return isinstance(value, PLAIN)
