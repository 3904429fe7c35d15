"""What goes wrong on purpose: every fault the emulator can be told to show."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any


@dataclass
class Switches:
    """Named values that a test or a page may change while the emulator runs."""

    def change(self, changes: dict[str, Any]) -> None:
        """Set some switches by name.

        Raises:
            ValueError: an unknown name or a value of another type; nothing is changed then.
        """
        current = asdict(self)
        for name, value in changes.items():
            if name not in current:
                raise ValueError(f"unknown name {name!r}; known: {', '.join(current)}")
            if not _fits(current[name], value):
                raise ValueError(f"{name} must be like {current[name]!r}, not {value!r}")
        for name, value in changes.items():
            setattr(self, name, value)

    def reset(self) -> None:
        """Set everything as it was at first."""
        calm = type(self)()
        for one in fields(self):
            setattr(self, one.name, getattr(calm, one.name))

    def as_json(self) -> dict[str, Any]:
        """Return all switches as data."""
        return asdict(self)


@dataclass
class Faults(Switches):
    """Switches and counters, all off by default.

    The `send_*` counters concern the next N sends, in the order they are listed. `send_lost_answers` accepts the
    message and cuts the connection before the answer is complete (needs real HTTP). Times are seconds.
    """

    token_revoked: bool = False
    send_errors: int = 0
    send_throttled: int = 0
    send_hangs: int = 0
    send_lost_answers: int = 0
    hang_s: float = 60.0
    refuse_by_webhook: bool = False
    status_before_answer: bool = False
    statuses_withheld: bool = False
    webhook_copies: int = 1
    webhook_delay_s: float = 0.0
    webhook_shuffle: bool = False
    webhook_batch: int = 1
    never_read: list[str] = field(default_factory=list)
    clock_shift_s: float = 0.0

    def take(self, counter: str) -> bool:
        """Use up one of a counter's remaining faults; False when none is left."""
        left = int(getattr(self, counter))
        if left > 0:
            setattr(self, counter, left - 1)
        return left > 0


def _fits(current: Any, value: Any) -> bool:
    if isinstance(current, bool) or isinstance(value, bool):
        return isinstance(current, bool) and isinstance(value, bool)
    if isinstance(current, str):
        return isinstance(value, str) and len(value) <= 500
    if isinstance(current, list):
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if isinstance(current, float):
        return isinstance(value, int | float)
    return isinstance(value, int) and 0 <= value <= 100_000
