"""How employees rated what was solved: stars, how many answered, and the words of those who were not content."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.desk.models import RequestRow
from app.reports.choice import Choice
from app.reports.numbers import Mean, Share, mean

STARS = (1, 2, 3, 4, 5)
CONTENT = 4  # stars from which somebody is content
COMMENTS = 100


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody who gave few stars wrote."""

    number: int
    stars: int
    text: str
    queue: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Satisfaction:
    """Of the requests solved in the period: their stars, their mean, who answered; comments under `CONTENT` stars."""

    stars: dict[int, int]
    mean: Mean
    content: Share  # `CONTENT` stars or more, of those who rated
    answered: Share  # rated, of those solved
    by_queue: dict[str, "Satisfaction"]
    comments: tuple[Comment, ...]


def satisfaction(session: Session, choice: Choice) -> Satisfaction:
    """Read it; a request that was taken up again has no rating until it is solved again."""
    row, period = RequestRow, choice.period
    wanted = (row.solved_at >= period.begins, row.solved_at < period.ends, *choice.of_requests)
    counted = select(row.queue, row.rating, func.count()).where(*wanted).group_by(row.queue, row.rating)
    cells = [(queue, rating, count) for queue, rating, count in session.execute(counted)]
    told = (
        select(row.number, row.rating, row.rating_comment, row.queue, row.solved_at)
        .where(*wanted, row.rating < CONTENT, row.rating_comment != "")
        .order_by(row.solved_at.desc())
        .limit(COMMENTS)
    )
    comments = tuple(
        Comment(number, stars or 0, text, queue, solved_at)
        for number, stars, text, queue, solved_at in session.execute(told)
        if solved_at is not None
    )
    return weighed(cells, comments)


def weighed(cells: Sequence[tuple[str, int | None, int]], comments: tuple[Comment, ...] = ()) -> Satisfaction:
    """From counts by queue and rating (None = not rated); knows no SQL."""
    queues = sorted({queue for queue, _, _ in cells})
    by_queue = {name: weighed([("", *cell[1:]) for cell in cells if cell[0] == name]) for name in queues if name}
    counts: Counter[int | None] = Counter()
    for _, rating, count in cells:
        counts[rating] += count
    stars = {star: counts[star] for star in STARS}
    rated = sum(stars.values())
    return Satisfaction(
        stars=stars,
        mean=mean([star for star in STARS for _ in range(stars[star])], STARS[0], STARS[-1]),
        content=Share(sum(count for star, count in stars.items() if star >= CONTENT), rated),
        answered=Share(rated, rated + counts[None]),
        by_queue=by_queue,
        comments=comments,
    )
