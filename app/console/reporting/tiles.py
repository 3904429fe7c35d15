"""The numbers that stand first, section by section."""

from collections.abc import Callable, Mapping
from typing import Any

from app.console.reporting.section import Pair, Tile
from app.reports.numbers import Share
from app.reports.promises import STEPS


def of_volume(pair: Pair) -> list[Tile]:
    """Opened, solved, open now."""
    now, before = pair.now["volume"], pair.before["volume"]
    return [
        Tile("opened", "count", sum(now.opened), sum(before.opened)),
        Tile("solved", "count", sum(now.solved), sum(before.solved)),
        Tile("reopened", "count", sum(now.reopened), sum(before.reopened)),
        Tile("backlog", "count", now.backlog[-1], before.backlog[-1]),
    ]


def of_promises(pair: Pair) -> list[Tile]:
    """How many promises were kept, and how long it took."""
    made = [
        _share(f"{step}_kept", pair.now.whole[step].share, pair.before.whole[step].share, lower_is_better=False)
        for step in STEPS
    ]
    for step in STEPS:
        now, before = pair.now.whole[step], pair.before.whole[step]
        about = "reports.nine_of_ten" if now.most_hours is not None else ""
        said = {"hours": now.most_hours, "count": now.done}
        made.append(Tile(f"{step}_hours", "hours", now.median_hours, before.median_hours, about, said))
    return made


def of_assistant(pair: Pair) -> list[Tile]:
    """Confirmed, assumed and what came back, never added up."""
    known, was_known = (one.asked - one.counts["too_early"] for one in pair)
    names = {"confirmed": False, "assumed": None, "reopened": True}
    return [
        _share(
            "reopened_fate" if fate == "reopened" else fate,
            Share(pair.now.counts[fate], known),
            Share(pair.before.counts[fate], was_known),
            lower_is_better=lower,
            about="reports.of_questions",
        )
        for fate, lower in names.items()
    ]


def of_hand_offs(pair: Pair) -> list[Tile]:
    """How many, and how long."""
    now, before = pair.now.whole, pair.before.whole
    said = {"minutes": now.most_minutes, "count": now.count - now.waiting - now.unattended}
    about = "reports.nine_of_ten_minutes" if now.most_minutes is not None else ""
    return [
        Tile("hand_offs", "count", now.count, before.count),
        Tile("hand_off_minutes", "minutes", now.median_minutes, before.median_minutes, about, said),
        Tile("hand_offs_waiting", "count", now.waiting),
    ]


def of_satisfaction(pair: Pair) -> list[Tile]:
    """The mean with its interval, those content, those who answered."""
    now, before = pair.now, pair.before
    mean = {"low": now.mean.low, "high": now.mean.high, "count": now.mean.of}
    about = "reports.few_ratings" if now.mean.value is None else "reports.mean_interval"
    interval = now.mean.low, now.mean.high
    return [
        Tile(
            "mean", "number", now.mean.value, before.mean.value, about, mean, lower_is_better=False, interval=interval
        ),
        _share("content", now.content, before.content, lower_is_better=False),
        _share("response_rate", now.answered, before.answered, lower_is_better=False, about="reports.of_solved"),
    ]


def of_cost(pair: Pair) -> list[Tile]:
    """All of it, and by what it brought."""
    now, before = pair.now["spending"], pair.before["spending"]
    helped, helped_before = (one["assistant"].counts["confirmed"] + one["assistant"].counts["assumed"] for one in pair)
    by_talk = _ratio(now.cost, now.conversations), _ratio(before.cost, before.conversations)
    by_help = _ratio(now.cost, helped), _ratio(before.cost, helped_before)
    return [
        Tile("cost", "money", now.cost, before.cost),
        Tile("cost_per_conversation", "money", *by_talk, "reports.conversations", {"count": now.conversations}),
        Tile("cost_per_resolved", "money", *by_help, "reports.resolved", {"count": helped}),
    ]


def _share(
    name: str, now: Share, before: Share, *, lower_is_better: bool | None, about: str = "reports.of_interval"
) -> Tile:
    low, high = now.interval
    said: Mapping[str, Any] = {"hits": now.hits, "of": now.of, "low": round(low * 100), "high": round(high * 100)}
    told = about if now.value is not None else "reports.of_few"
    return Tile(name, "share", now.value, before.value, told, said, lower_is_better, (low, high))


def _ratio(cost: float, count: int) -> float | None:
    return cost / count if count else None


BY_SECTION: Mapping[str, Callable[[Pair], list[Tile]]] = {
    "volume": of_volume,
    "promises": of_promises,
    "assistant": of_assistant,
    "satisfaction": of_satisfaction,
    "hand-offs": of_hand_offs,
    "cost": of_cost,
}
