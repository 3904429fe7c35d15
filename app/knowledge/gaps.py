"""Gaps of the knowledge base: failed questions about one thing, with an id that lasts, a state, and what is nearest."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, cast

from sqlalchemy import delete, exists, insert, select
from sqlalchemy.orm import Session

from app.db.engine import Database, one_at_a_time
from app.errors import RecadoError
from app.knowledge.articles import audiences
from app.knowledge.gap_models import GapDraft, GapQuestion, GapRow
from app.knowledge.questions import Failed, counted, failed_questions
from graph.context import Knowledge
from retrieval.clusters import Cluster, cluster
from retrieval.embedder import Embedder
from retrieval.gist import Said
from retrieval.passage import Retrieval

State = Literal["open", "draft", "published", "dismissed"]
Trend = Literal["new", "rising", "steady", "falling"]
Verdict = Literal["", "missing", "unfound", "unhelpful", "answered", "closed"]
DAYS = 30
RECENT = timedelta(days=7)
STEEP = 1.5  # times as many a day as before are rising, and the other way round
TYPICAL = 12  # questions of a gap whose place is kept: its examples
SEARCHED, LOOKED_AT = 3, 200  # questions of a gap searched again, gaps looked at: seconds of searching
REGROUPING = "knowledge_gaps"


class GapError(RecadoError):
    """What was asked of a gap cannot be done.

    `reason` names the sentence in the pages' wording (errors.yaml, "gap"); the message says it in English.
    """

    def __init__(self, reason: str, sentence: str) -> None:
        self.reason = reason
        super().__init__(sentence)


@dataclass(frozen=True, slots=True)
class Gap:
    """A gap as the manager sees it; counts are of the days asked for, `by_kind` counts a question in each of its ways.

    `verdict`: missing (no article), unfound (one is near but does not get through), unhelpful (one is shown and does
    not help), answered (one would be shown now: it is new, or they did not ask), closed (one is there that the askers
    may not read).
    """

    id: int
    name: str
    state: State
    reason: str
    verdict: Verdict
    article_key: str
    article_title: str
    probability: float
    questions: int
    people: int  # conversations
    by_kind: dict[str, int]
    by_language: dict[str, int]
    last_7_days: int
    last_30_days: int
    by_day: tuple[int, ...]  # questions of each of the last 30 days, today last
    trend: Trend
    first_at: datetime
    last_at: datetime
    reopened: int
    examples: tuple[str, ...]


async def refresh(
    database: Database, knowledge: Knowledge, embedder: Embedder | None, now: datetime, *, days: int = DAYS
) -> None:
    """Bring the questions of the last days together again and look what is nearest to each gap."""
    since = now - timedelta(days=days)
    failed = await database.read(lambda session: failed_questions(session, since))
    said = [Said(question.text, question.language) for question in failed]
    clusters = await asyncio.to_thread(cluster, said, embedder)
    await database.write(lambda session: regroup(session, failed, clusters, now))
    await _look_around(database, knowledge, failed)


def regroup(session: Session, failed: Sequence[Failed], clusters: Sequence[Cluster], now: datetime) -> None:
    """Write clusters over the gaps: a cluster is the gap that it shares most questions with, or a new one."""
    one_at_a_time(session, REGROUPING)
    before = {row.record_id: (row.gap_id, row.place) for row in session.execute(select(GapQuestion.__table__))}
    gaps = {gap.id: gap for gap in session.scalars(select(GapRow))}
    groups = [[failed[place] for place in found.members] for found in clusters]
    heirs = _heirs([[before.get(question.record_id, (0, 0))[0] for question in group] for group in groups])
    moved: list[dict[str, int]] = []
    for found, group, (heir, parent) in zip(clusters, groups, heirs, strict=True):
        gap = gaps.get(heir) or _new_gap(session, gaps.get(parent), now)
        gap.name = " · ".join(found.words) or group[0].text[:60]
        _reopen(gap, group, now)
        for place, question in enumerate(group):
            where = gap.id, min(place, TYPICAL)
            if before.get(question.record_id) != where:
                moved.append({"record_id": question.record_id, "gap_id": where[0], "place": where[1]})
    session.flush()
    ids = [row["record_id"] for row in moved]
    for start in range(0, len(ids), 500):
        session.execute(delete(GapQuestion).where(GapQuestion.record_id.in_(ids[start : start + 500])))
    if moved:
        session.execute(insert(GapQuestion), moved)
    _drop_empty(session)


def _heirs(parents: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    """For each cluster the gap it goes on as (0 = none), and the gap that most of its questions were in.

    A gap goes on as one cluster only, the one that took most of it.
    """
    shared = [Counter(gap for gap in group if gap) for group in parents]
    claims = sorted((-times, gap, place) for place, counts in enumerate(shared) for gap, times in counts.items())
    heir: dict[int, int] = {}
    for _, gap, place in claims:
        if place not in heir and gap not in heir.values():
            heir[place] = gap
    found = []
    for place, (counts, group) in enumerate(zip(shared, parents, strict=True)):
        gap, times = counts.most_common(1)[0] if counts else (0, 0)
        found.append((heir.get(place, 0), gap if times * 2 > len(group) else 0))
    return found


def _new_gap(session: Session, parent: GapRow | None, now: datetime) -> GapRow:
    """What split from a dismissed gap is dismissed with it."""
    gap = GapRow(name="", state="open", reason="", changed_at=now, created_at=now)
    if parent is not None and parent.state == "dismissed":
        gap.state, gap.reason, gap.changed_by = parent.state, parent.reason, parent.changed_by
    session.add(gap)
    session.flush()
    return gap


def _reopen(gap: GapRow, questions: Sequence[Failed], now: datetime) -> None:
    """A published gap has come back when a question failed since; a request that nobody searched for proves nothing."""
    since = gap.published_at
    if gap.state == "published" and since and any(q.at > since and q.kinds - {"request"} for q in questions):
        gap.state, gap.changed_at, gap.changed_by = "open", now, ""
        gap.reopened += 1


def _drop_empty(session: Session) -> None:
    used = exists().where(GapQuestion.gap_id == GapRow.id), exists().where(GapDraft.gap_id == GapRow.id)
    session.execute(delete(GapRow).where(GapRow.state == "open", ~used[0], ~used[1]))


async def _look_around(database: Database, knowledge: Knowledge, failed: Sequence[Failed]) -> None:
    """Search for the most typical questions of the largest gaps."""
    places = await database.read(lambda session: session.execute(select(GapQuestion.__table__)).all())
    everyone = tuple(sorted(frozenset().union(*(await database.read(audiences)).values())))
    by_gap = _by_gap(failed, {row.record_id: (row.gap_id, row.place) for row in places})
    largest = sorted(by_gap.items(), key=lambda item: (-len(item[1]), item[0]))[:LOOKED_AT]
    found = {gap: await _nearest(knowledge, questions[:SEARCHED], everyone) for gap, questions in largest}
    await database.write(lambda session: _note_nearest(session, found))


async def _nearest(
    knowledge: Knowledge, questions: Sequence[Failed], everyone: tuple[str, ...]
) -> tuple[Verdict, Retrieval]:
    """What the middle one of these questions finds, and what that says of the gap."""
    found = [await _nearest_to(knowledge, question, everyone) for question in questions]
    return sorted(found, key=lambda one: one[1].probability)[len(found) // 2]


async def _nearest_to(knowledge: Knowledge, question: Failed, everyone: tuple[str, ...]) -> tuple[Verdict, Retrieval]:
    seen = await knowledge.search(question.text, question.language, groups=question.groups, limit=1)
    if seen.band == "answer" and seen.passages:
        return "unhelpful" if "not_helped" in question.kinds else "answered", seen
    if everyone:
        open_to_all = await knowledge.search(question.text, question.language, groups=everyone, limit=1)
        if open_to_all.band == "answer":
            return "closed", open_to_all
    return "unfound" if seen.band == "offer" and seen.passages else "missing", seen


def _note_nearest(session: Session, found: dict[int, tuple[Verdict, Retrieval]]) -> None:
    for gap in session.scalars(select(GapRow).where(GapRow.id.in_(found))):
        gap.verdict, seen = found[gap.id]
        passage = seen.passages[0] if seen.passages else None
        gap.article_key = f"{passage.article_id}@{passage.language}" if passage else ""
        gap.article_title, gap.probability = passage.title if passage else "", seen.probability


def gaps(session: Session, now: datetime, *, days: int = DAYS, states: Sequence[str] = ()) -> list[Gap]:
    """Gaps with a question in the last days, in these states (none = all), those most people ask about first."""
    failed = failed_questions(session, now - timedelta(days=max(days, DAYS)))
    places = {row.record_id: (row.gap_id, row.place) for row in session.execute(select(GapQuestion.__table__))}
    rows = {row.id: row for row in session.scalars(select(GapRow))}
    found = []
    for gap_id, questions in _by_gap(failed, places).items():
        within = [question for question in questions if question.at >= now - timedelta(days=days)]
        row = rows.get(gap_id)
        if row and within and (not states or row.state in states):
            found.append(summed(row, within, questions, now))
    return sorted(found, key=lambda gap: (-gap.people, -gap.questions, gap.id))


def _by_gap(failed: Sequence[Failed], places: dict[int, tuple[int, int]]) -> dict[int, list[Failed]]:
    """The questions of each gap, the most typical first."""
    by_gap: dict[int, list[Failed]] = defaultdict(list)
    for question in failed:
        if question.record_id in places:
            by_gap[places[question.record_id][0]].append(question)
    for questions in by_gap.values():
        questions.sort(key=lambda question: (places[question.record_id][1], question.record_id))
    return by_gap


def summed(row: GapRow, within: list[Failed], month: list[Failed], now: datetime) -> Gap:
    """A gap's counts: of the questions `within` the days asked for, and of those of the last month or more."""
    dates = [question.at for question in within or month] or [row.created_at]
    return Gap(
        id=row.id,
        name=row.name,
        state=cast("State", row.state),
        reason=row.reason,
        verdict=cast("Verdict", row.verdict),
        article_key=row.article_key,
        article_title=row.article_title,
        probability=row.probability,
        questions=len(within),
        people=len({question.conversation_id for question in within}),
        by_kind=counted(within),
        by_language=dict(sorted(Counter(question.language for question in within).items())),
        last_7_days=sum(question.at >= now - RECENT for question in month),
        last_30_days=sum(question.at >= now - timedelta(days=DAYS) for question in month),
        by_day=by_day([question.at for question in month], now),
        trend=trend_of([question.at for question in month], now),
        first_at=min(dates),
        last_at=max(dates),
        reopened=row.reopened,
        examples=tuple(dict.fromkeys(question.text for question in within))[:5],
    )


def by_day(dates: Sequence[datetime], now: datetime) -> tuple[int, ...]:
    """How many in each of the last 30 times 24 hours, the newest last."""
    counts = Counter((now - at).days for at in dates)
    return tuple(counts[ago] for ago in reversed(range(DAYS)))


def trend_of(dates: Sequence[datetime], now: datetime) -> Trend:
    """The last week against the three before it, by the day."""
    recent = sum(at >= now - RECENT for at in dates)
    older = sum(now - timedelta(days=28) <= at < now - RECENT for at in dates)
    if not older:
        return "new" if recent else "falling"
    ratio = (recent / 7) / (older / 21)
    return "rising" if ratio >= STEEP else "falling" if ratio <= 1 / STEEP else "steady"


def gap_row(session: Session, gap_id: int, *, to_change: bool = False) -> GapRow:
    """One gap, when it is to be changed ours until the transaction ends; raises GapError."""
    row = session.get(GapRow, gap_id, with_for_update=to_change)
    if row is None:
        raise GapError("unknown", f"There is no gap {gap_id}.")
    return row


def dismiss(session: Session, gap_id: int, reason: str, *, by: str, now: datetime) -> None:
    """Say that no article is wanted, and why; it stays dismissed whatever is asked."""
    if not reason.strip():
        raise GapError("no_reason", "Say why: a dismissed gap keeps the reason.")
    move(gap_row(session, gap_id, to_change=True), "dismissed", by, now, reason.strip()[:500])


def reopen(session: Session, gap_id: int, *, by: str, now: datetime) -> None:
    """Take it up again."""
    move(gap_row(session, gap_id, to_change=True), "open", by, now)


def move(row: GapRow, state: State, by: str, now: datetime, reason: str = "") -> None:
    """Bring a gap into a state."""
    row.state, row.changed_by, row.changed_at, row.reason = state, by, now, reason
