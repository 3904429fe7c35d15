"""Finding requests by what people type: the words of a request are kept without case and accents beside it."""

from collections.abc import Iterator, Sequence

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.desk.models import RequestRow, RequestWords
from app.desk.views import number_in
from app.knowledge.spelling import bare
from tools.service_desk import Employee

LONGEST = 1200  # characters of a request's words; what comes later is rarely what it is known by
MOST_WORDS = 6  # of a search
MOST_FOUND = 5_000  # requests by their words, before other filters choose among them


def keep_words(session: Session, row: RequestRow, employee: Employee | None) -> None:
    """Keep what the request can be found by; to be repeated whenever its title or description is another."""
    kept = session.get(RequestWords, row.number)
    if kept is None:
        kept = RequestWords(number=row.number)
        session.add(kept)
    kept.words, kept.person = words_of(row.title, row.description, employee)


def words_of(title: str, description: str, employee: Employee | None) -> tuple[str, str]:
    """What is kept of a request and of its requester."""
    person = bare(f"{employee.name} {employee.email}") if employee else ""
    return bare(f"{title}\n{description}")[:LONGEST], person


def found_by(session: Session, words: str, *, people: bool) -> Iterator[ColumnElement[bool]]:
    """Conditions for requests that hold every word, or have this number; with `people` their names count too."""
    number, wanted = number_in(words), bare(words).split()[:MOST_WORDS]
    if number is not None and words.strip().startswith("#"):
        yield RequestRow.number == number
    elif number is not None:
        yield or_(RequestRow.number == number, RequestRow.number.in_(_holding(session, wanted, people=people)))
    elif wanted:
        yield RequestRow.number.in_(_holding(session, wanted, people=people))


def _holding(session: Session, words: Sequence[str], *, people: bool) -> Select[int]:
    """The newest that hold all the words: common ones are found at once, rare ones in a single pass."""
    columns = (RequestWords.words, RequestWords.person) if people else (RequestWords.words,)
    holding = (or_(*(_holds(session, column, word) for column in columns)) for word in words)
    return select(RequestWords.number).where(*holding).order_by(RequestWords.number.desc()).limit(MOST_FOUND)


def _holds(session: Session, column: InstrumentedAttribute[str], word: str) -> ColumnElement[bool]:
    """Both stores look for a piece of a text several times faster than they match a LIKE."""
    place = func.strpos if session.get_bind().dialect.name == "postgresql" else func.instr
    return place(column, word) > 0
