"""An article drafted by a model out of agents' comments: what no comment shows is left out and said so."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import Field

from graph.language.llm.answering import LANGUAGES
from graph.language.llm.asking import Question, Shape, identity_of
from graph.language.llm.errors import MalformedError
from graph.language.llm.fence import Fence, cleaned
from graph.language.llm.shapes import Citation
from graph.language.llm.verification import adds_nothing, checked, in_language, label, quotes_of
from prompts.instructions import load
from retrieval.passage import Language, Passage

COMMENTS, COMMENT, ASKED = 12, 2_500, 2_000  # comments shown, letters of each, letters of all questions
TOKENS = 1_500
TITLE, STEP = 120, 600  # letters


class StepSaid(Shape):
    """One thing to do, and where it comes from."""

    text: str = Field(max_length=4000)
    source: str = Field(max_length=40)
    quote: str = Field(max_length=4000)


class ArticleSaid(Shape):
    """A drafted article."""

    title: str = Field(max_length=1000)
    steps: list[StepSaid] = Field(max_length=40)
    open_points: list[str] = Field(max_length=20)


@dataclass(frozen=True, slots=True)
class Drafted:
    """What of a draft stands on the comments. `title` is empty when it says more than was asked or told."""

    title: str
    steps: tuple[str, ...]
    open_points: tuple[str, ...]
    dropped: int  # steps that no comment shows


def ask_article(questions: Sequence[str], comments: Sequence[Passage], language: Language) -> Question:
    """The question for a draft; what is given has no personal data any more."""
    fence, prompt = Fence(), load()["article"]
    told = "\n\n".join(f"[{label(place)}] {cleaned(c.text, COMMENT)}" for place, c in enumerate(comments[:COMMENTS]))
    values = {
        "language": LANGUAGES[language],
        "questions": fence.around("\n".join(f"- {question}" for question in questions), limit=ASKED),
        "comments": fence.around(told, limit=COMMENTS * (COMMENT + 20)),
    }
    system, user = prompt.filled(**values)
    bare = {key: value.replace(fence.mark, "data") for key, value in values.items()}
    return Question(
        purpose="article",
        prompt=prompt.reference,
        system=system,
        user=user,
        shape=ArticleSaid,
        most_tokens=TOKENS,
        identity=identity_of(prompt.reference, ArticleSaid, **bare),
    )


def drafted(said: ArticleSaid, questions: Sequence[str], comments: Sequence[Passage], language: Language) -> Drafted:
    """The steps whose every number, link and command stands in the comment they quote.

    Raises:
        MalformedError: for a draft in another language, which asking again may mend.
    """
    given = comments[:COMMENTS]
    whole = "\n".join(step.text for step in said.steps)
    if not in_language(whole, language):
        raise MalformedError("wrong_language", f"the article must be in {LANGUAGES[language]}", said=whole)
    steps = [text for step in said.steps if (text := _shown(step, given))]
    known = "\n".join([*questions, *(comment.text for comment in given)])
    title = " ".join(cleaned(said.title, TITLE).split())
    points = [" ".join(cleaned(point, STEP).split()) for point in said.open_points]
    return Drafted(
        title=title if adds_nothing(title, known) else "",
        steps=tuple(dict.fromkeys(steps)),
        open_points=tuple(point for point in points if point),
        dropped=len(said.steps) - len(steps),
    )


def _shown(step: StepSaid, comments: Sequence[Passage]) -> str:
    """The step as one line, or nothing when the comment it names does not show all of it."""
    text = " ".join(cleaned(step.text, STEP).split())
    quotes = quotes_of([Citation(source=step.source, quote=step.quote)], comments)
    if not text or not quotes:
        return ""
    kept = checked(text, quotes, comments)
    return "" if kept.dropped else kept.text
