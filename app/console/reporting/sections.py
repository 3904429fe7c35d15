"""The sections of the reports, in the order of their tabs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.console.chart import Series, lines, stacked
from app.console.reporting import tiles
from app.console.reporting.section import Pair, Section, Shown, Telling, Tile
from app.console.sheet import Column, Sheet
from app.console.wording import LANGUAGES
from app.reports import assistant, breakdown, hand_offs, promises, satisfaction, spending, volume
from app.reports.breakdown import Part
from app.reports.choice import Choice
from app.reports.numbers import Share
from app.reports.promises import STEPS, Measure, Promises, Step
from app.reports.satisfaction import STARS, Satisfaction

DAY = Column("day", "day")


def _look_at_volume(session: Session, choice: Choice, now: datetime) -> dict[str, Any]:
    return {
        "volume": volume.volume(session, choice, now),
        "queue": breakdown.by_queue(session, choice),
        "location": breakdown.by_location(session, choice),
        "language": breakdown.by_language(session, choice),
    }


def _show_volume(pair: Pair, telling: Telling) -> Shown:
    found, before, names, words = pair.now["volume"], pair.before["volume"], telling.names, telling.words
    days = telling.choice.period.days
    flow = [_series(telling, "opened", "info", found.opened), _series(telling, "solved", "good", found.solved)]
    columns = (DAY, Column("opened"), Column("solved"), Column("cancelled"), Column("reopened"), Column("backlog"))
    rows = list(zip(days, found.opened, found.solved, found.cancelled, found.reopened, found.backlog, strict=True))
    spoken = [Part(LANGUAGES.get(part.name, part.name), part.count, part.before) for part in pair.now["language"]]
    named = [Part(names.queue(part.name), part.count, part.before) for part in pair.now["queue"]]
    placed = [Part(part.name or words("reports.nowhere"), part.count, part.before) for part in pair.now["location"]]
    return Shown(
        tiles=tiles.of_volume(pair),
        charts={
            "flow": lines(days, flow),
            "backlog": lines(days, [_series(telling, "backlog", "plain", found.backlog)]),
        },
        sheets=(
            Sheet("days", columns, rows),
            _parts("queues", "queue", named),
            _parts("locations", "location", placed),
            _parts("languages", "language", spoken),
        ),
        more={"reopened_before": sum(before.reopened)},
    )


def _show_promises(pair: Pair, telling: Telling) -> Shown:
    found: Promises = pair.now
    columns = (
        Column("part", "text"), Column("kept", "share"), Column("interval", "text"), Column("judged"), Column("broken"),
        Column("running"), Column("median_hours", "hours"), Column("most_hours", "hours"),
    )  # fmt: skip
    sheets = []
    for step in STEPS:
        by_priority = [(_priority(name, telling), measures[step]) for name, measures in _ordered(found.by_priority)]
        by_queue = [(telling.names.queue(name), measures[step]) for name, measures in found.by_queue.items()]
        whole = [(telling.words("reports.all"), found.whole[step])]
        rows = [_measured(name, measure, telling) for name, measure in [*whole, *by_priority, *by_queue]]
        sheets.append(Sheet(step, columns, rows))
    sheets.append(_broken(found, telling))
    return Shown(tiles=tiles.of_promises(pair), sheets=tuple(sheets), more={"broken": len(found.broken)})


def _priority(name: str, telling: Telling) -> str:
    key = f"reports.priority.{name}"
    return telling.words(key) if key in telling.words else name


def _ordered(by_priority: dict[str, dict[Step, Measure]]) -> list[tuple[str, dict[Step, Measure]]]:
    order = ("urgent", "high", "medium", "low")
    place = {name: number for number, name in enumerate(order)}
    return sorted(by_priority.items(), key=lambda item: place.get(item[0], len(order)))


def _measured(name: str, measure: Measure, telling: Telling) -> tuple[Any, ...]:
    share = measure.share
    low, high = share.interval
    said = telling.words("reports.from_to", low=round(low * 100), high=round(high * 100)) if share.of else ""
    return (
        name,
        share.value,
        said,
        share.of,
        share.of - share.hits,
        measure.running,
        measure.median_hours,
        measure.most_hours,
    )


def _broken(found: Promises, telling: Telling) -> Sheet:
    columns = (
        Column("request", "request"), Column("step", "text"), Column("category", "text"), Column("queue", "text"),
        Column("due", "moment"), Column("done", "moment"), Column("late", "hours"),
    )  # fmt: skip
    rows = [
        (
            one.number, telling.words(f"reports.step.{step}"), telling.names.category(one.category),
            telling.names.queue(one.queue), one.due, one.done_at,
            ((one.done_at or telling.now) - one.due).total_seconds() / 3600,
        )
        for step, one in found.broken
    ]  # fmt: skip
    return Sheet("broken", columns, rows)


STYLES: dict[assistant.Fate, str] = {
    "confirmed": "good", "assumed": "info", "reopened": "warn", "passed_on": "plain", "abandoned": "bad",
    "too_early": "faint",
}  # fmt: skip


def _show_assistant(pair: Pair, telling: Telling) -> Shown:
    found: assistant.Assistant = pair.now
    days, words = telling.choice.period.days, telling.words
    series = [Series(words(f"reports.fate.{fate}"), STYLES[fate], found.by_day[fate]) for fate in assistant.FATES]
    by_day = Sheet(
        "fates_by_day",
        (DAY, *(Column(f"fate_{fate}") for fate in assistant.FATES)),
        list(zip(days, *(found.by_day[fate] for fate in assistant.FATES), strict=True)),
    )
    asked, asked_before = found.asked, pair.before.asked
    counts, before = found.counts, pair.before.counts
    known = asked - counts["too_early"]
    rows = [
        (words(f"reports.fate.{fate}"), counts[fate], _share(counts[fate], known) if fate != "too_early" else None,
         before[fate]) for fate in assistant.FATES
    ]  # fmt: skip
    fates = Sheet("fates", (Column("fate", "text"), Column("count"), Column("share", "share"), Column("before")), rows)
    tongues = Sheet(
        "fates_by_language",
        (Column("language", "text"), *(Column(f"fate_{fate}") for fate in assistant.FATES)),
        [(LANGUAGES.get(code, code), *(cells[fate] for fate in assistant.FATES))  # type: ignore[call-overload]
         for code, cells in found.by_language.items()],
    )  # fmt: skip
    return Shown(
        tiles=[Tile("asked", "count", asked, asked_before), *tiles.of_assistant(pair)],
        charts={"fates": stacked(days, series)},
        sheets=(fates, by_day, tongues),
        more={"fates": [(fate, STYLES[fate], counts[fate], _share(counts[fate], known)) for fate in assistant.FATES],
              "known": known, "conversations": found.conversations},
    )  # fmt: skip


def _show_hand_offs(pair: Pair, telling: Telling) -> Shown:
    found: hand_offs.HandOffs = pair.now
    days = telling.choice.period.days
    columns = (
        Column("reason", "text"), Column("count"), Column("still_waiting"), Column("unattended"),
        Column("median_minutes", "minutes"), Column("most_minutes", "minutes"), Column("before"),
    )  # fmt: skip
    rows = [
        (_reason(reason, telling), one.count, one.waiting, one.unattended, one.median_minutes, one.most_minutes,
         pair.before.by_reason[reason].count if reason in pair.before.by_reason else 0)
        for reason, one in found.by_reason.items()
    ]  # fmt: skip
    by_day = Sheet("hand_offs_by_day", (DAY, Column("count")), list(zip(days, found.by_day, strict=True)))
    return Shown(
        tiles=tiles.of_hand_offs(pair),
        charts={"hand_offs": stacked(days, [_series(telling, "hand_offs", "info", found.by_day)])},
        sheets=(Sheet("reasons", columns, rows), by_day),
    )


def _reason(reason: str, telling: Telling) -> str:
    key = f"reports.reason.{reason}"
    return telling.words(key) if key in telling.words else reason


def _show_satisfaction(pair: Pair, telling: Telling) -> Shown:
    found: Satisfaction = pair.now
    rated = found.answered.hits
    stars = Sheet(
        "stars", (Column("stars", "number"), Column("count"), Column("share", "share"), Column("before")),
        [(star, found.stars[star], _share(found.stars[star], rated), pair.before.stars[star])
         for star in reversed(STARS)],
    )  # fmt: skip
    by_queue = Sheet(
        "stars_by_queue",
        (Column("queue", "text"), Column("solved"), Column("rated"), Column("response_rate", "share"),
         Column("mean", "number"), Column("content", "share")),
        [(telling.names.queue(name), one.answered.of, one.answered.hits, one.answered.value, one.mean.value,
          one.content.value) for name, one in found.by_queue.items()],
    )  # fmt: skip
    comments = Sheet(
        "comments",
        (Column("request", "request"), Column("stars", "number"), Column("comment", "text"), Column("queue", "text"),
         Column("solved_at", "moment")),
        [(one.number, one.stars, one.text, telling.names.queue(one.queue), one.at) for one in found.comments],
    )  # fmt: skip
    return Shown(
        tiles=tiles.of_satisfaction(pair),
        sheets=(stars, by_queue, comments),
        more={"comments": found.comments, "rated": rated, "stars": found.stars},
    )


def _look_at_cost(session: Session, choice: Choice, now: datetime) -> dict[str, Any]:
    return {"spending": spending.spending(session, choice), "assistant": assistant.assistant(session, choice, now)}


def _show_cost(pair: Pair, telling: Telling) -> Shown:
    found: spending.Spending = pair.now["spending"]
    days = telling.choice.period.days
    by_day = Sheet(
        "cost_by_day", (DAY, Column("cost", "money"), Column("calls")),
        list(zip(days, found.by_day, found.calls_by_day, strict=True)),
    )  # fmt: skip
    purposes = Sheet(
        "purposes",
        (Column("model", "text"), Column("purpose", "text"), Column("calls"), Column("failed"), Column("tokens_in"),
         Column("tokens_out"), Column("cost", "money")),
        [(one.model, one.purpose, one.calls, one.failed, one.tokens_in, one.tokens_out, one.cost)
         for one in found.purposes],
    )  # fmt: skip
    engines = Sheet(
        "engines", (Column("engine", "text"), Column("turns"), Column("cost", "money")),
        [(engine, turns, 0.0 if engine == "offline" else None) for engine, turns in found.turns.items()],
    )  # fmt: skip
    return Shown(
        tiles=tiles.of_cost(pair),
        charts={"cost": stacked(days, [_series(telling, "cost", "info", found.by_day)])},
        sheets=(by_day, purposes, engines),
        more={"calls": found.calls},
    )


def _share(hits: int, of: int) -> float | None:
    return Share(hits, of).value


def _series(telling: Telling, name: str, style: str, values: Sequence[float]) -> Series:
    return Series(telling.words(f"reports.column.{name}"), style, values)


def _parts(name: str, column: str, parts: Sequence[Part]) -> Sheet:
    rows = [(part.name, part.count, part.before, part.count - part.before) for part in parts]
    return Sheet(name, (Column(column, "text"), Column("count"), Column("before"), Column("change", "change")), rows)


VOLUME = Section("volume", _look_at_volume, _show_volume)
PROMISES = Section("promises", promises.promises, _show_promises)
ASSISTANT = Section("assistant", assistant.assistant, _show_assistant)
HAND_OFFS = Section("hand-offs", lambda session, choice, _: hand_offs.hand_offs(session, choice), _show_hand_offs)
SATISFACTION = Section(
    "satisfaction", lambda session, choice, _: satisfaction.satisfaction(session, choice), _show_satisfaction
)
COST = Section("cost", _look_at_cost, _show_cost)
