"""Call A: what a message means. It sees no article text, and what has consequences is held to the employee's words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from babel.dates import format_date

from graph.language.llm.asking import Question, identity_of
from graph.language.llm.fence import Fence, cleaned
from graph.language.llm.fields import literally, taken, told, told_category
from graph.language.llm.masking import Mask
from graph.language.llm.shapes import FieldSaid, Filled, SaidIntent, Understood, WishSaid
from graph.language.llm.verification import adds_nothing
from graph.language.port import FieldValue, Hearing, Intent, Line, Scored, Understanding, Wish
from prompts.instructions import load
from retrieval.passage import Language
from tools.service_desk import Category

NAME = "llm"
CANDIDATES, WITH_FIELDS = 10, 3  # categories shown, and of how many the fields too
RECENT, LINE = 6, 400  # lines of the conversation before, letters of each
QUERY = 300  # letters
WISHES = 3
TOKENS = 1_200
CONFIDENCE = {"high": 0.95, "medium": 0.7, "low": 0.45}
SCORES = {"sure": 0.9, "likely": 0.5, "possible": 0.3}  # a form is opened unasked from 0.6
NAMED = 3  # categories of a wish that are looked at
OWN_WORDS: frozenset[Intent] = frozenset({"yes", "logout", "erase_data"})
"""What has consequences counts only when the employee's words say it by the embedded rules too."""

INTENTS: dict[SaidIntent, Intent] = {"answers_the_question": "unclear"}
ARTICLE = "📄"  # stands before an article's title in an answer
ANSWERED = "(answered from the article {title})"


@dataclass(frozen=True, slots=True)
class Heard:
    """What call A reported, kept for the form that may be opened in the same turn."""

    text: str
    fields: tuple[FieldSaid, ...]
    categories: frozenset[str]  # whose fields it was shown
    mask: Mask


def spoken(line: Line) -> str:
    """A line as the model may read it: of an answer the article's title only, for its text is not the assistant's."""
    if line.by == "bot" and ARTICLE in line.text:
        title = re.search(rf"{ARTICLE}\s*\*?([^\n*]+)", line.text)
        return ANSWERED.format(title=title[1].strip() if title else "")
    return line.text


def ask_understanding(
    hearing: Hearing, scouted: Understanding, languages: Sequence[Language], mask: Mask
) -> tuple[Question, tuple[Category, ...]]:
    """The question, and the categories whose fields are in it."""
    fence, prompt = Fence(), load()["understand"]
    shown, detailed = _categories(hearing, scouted)
    others = [language for language in languages if language != hearing.language]
    values = {
        "languages": ", ".join(others) or "none",
        "recent": fence.around("\n".join(_recent(hearing, mask))),
        "open_question": _open_question(hearing),
        "categories": "\n".join(told_category(c, hearing, with_fields=c in detailed) for c in shown) or "(none)",
        "message": fence.around(mask.hide(hearing.text)),
    }
    system, user = prompt.filled(today=_today(hearing), **values)
    bare = {key: value.replace(fence.mark, "data") for key, value in values.items()}
    question = Question(
        purpose="understand",
        prompt=prompt.reference,
        system=system,
        user=user,
        shape=Understood,
        most_tokens=TOKENS,
        identity=identity_of(prompt.reference, Understood, **bare),
        by_tool=True,
    )
    return question, detailed


def ask_fields(category: Category, hearing: Hearing, mask: Mask) -> Question:
    """The question for a form whose words call A has not seen."""
    fence, prompt = Fence(), load()["fill"]
    values = {
        "open_question": _open_question(hearing),
        "fields": f"category_id {category.id}\n{told(category.fields, hearing)}",
        "message": fence.around(mask.hide(hearing.text)),
    }
    system, user = prompt.filled(today=_today(hearing), **values)
    bare = {key: value.replace(fence.mark, "data") for key, value in values.items()}
    return Question(
        purpose="fill",
        prompt=prompt.reference,
        system=system,
        user=user,
        shape=Filled,
        most_tokens=TOKENS,
        identity=identity_of(prompt.reference, Filled, **bare),
        by_tool=True,
    )


def understood(said: Understood, hearing: Hearing, scouted: Understanding, mask: Mask) -> Understanding:
    """The report in the port's words; whatever in it cannot be is replaced by what the embedded engine read."""
    wishes = [_wish(wish, hearing, scouted, mask) for wish in said.wishes[:WISHES]]
    kept = tuple(wish for wish in wishes if wish)
    return scouted.model_copy(update={"wishes": kept or scouted.wishes, "angry": said.angry, "engine": NAME})


def values_for(category: Category, said: Sequence[FieldSaid], hearing: Hearing, mask: Mask) -> tuple[FieldValue, ...]:
    """The fields of one category out of a report."""
    return taken(said, category, hearing, mask)


def _wish(said: WishSaid, hearing: Hearing, scouted: Understanding, mask: Mask) -> Wish | None:
    intent: Intent = INTENTS.get(said.intent, said.intent)  # type: ignore[arg-type]  # the others are the port's own
    beside = next((wish for wish in scouted.wishes if wish.intent == intent), None)
    if intent in OWN_WORDS and beside is None:
        return None
    before = beside or scouted.wishes[0]
    query = cleaned(mask.reveal(said.query), QUERY)
    return Wish(
        intent=intent,
        confidence=CONFIDENCE[said.confidence],
        query=query if query and adds_nothing(query, _all_said(hearing)) else before.query or hearing.text,
        words=literally(mask.reveal(said.words), hearing.text) or hearing.text,
        translations=tuple(filter(None, (cleaned(mask.reveal(text), QUERY) for text in said.translations[:2]))),
        categories=_scored(said, hearing, scouted),
        number=_number(said.number, hearing) or before.number,
    )


def _scored(said: WishSaid, hearing: Hearing, scouted: Understanding) -> tuple[Scored, ...]:
    """The model's categories first, those of the catalogue only; then the embedded engine's, below them."""
    known = {category.id for category in hearing.categories}
    named = {one.id: SCORES[one.likelihood] for one in reversed(said.categories[:NAMED]) if one.id in known}
    chosen = [Scored(id=i, score=score) for i, score in named.items()]
    lowest = min(named.values(), default=1.0)
    ranked = next((wish.categories for wish in scouted.wishes if wish.categories), ())
    rest = [Scored(id=s.id, score=min(s.score, lowest / 2 if chosen else s.score)) for s in ranked if s.id not in named]
    return tuple(sorted([*chosen, *rest], key=lambda scored: -scored.score)[:CANDIDATES])


def _all_said(hearing: Hearing) -> str:
    """What a query may take numbers and addresses from: the message and what was said before it."""
    return "\n".join([hearing.text, *(spoken(line) for line in hearing.recent)])


def _number(said: str, hearing: Hearing) -> str:
    """A request's number only as the employee wrote it in this message."""
    digits = re.sub(r"\D", "", said)
    return digits if digits and re.search(rf"(?<!\d){digits}(?!\d)", hearing.text) else ""


def _categories(hearing: Hearing, scouted: Understanding) -> tuple[list[Category], tuple[Category, ...]]:
    """The ten likeliest, the form's own first; fields are told of that one or of the first three."""
    by_id = {category.id: category for category in hearing.categories}
    ranked = [scored.id for wish in scouted.wishes for scored in wish.categories if scored.id in by_id]
    ids = list(dict.fromkeys([*([hearing.form] if hearing.form in by_id else []), *ranked]))[:CANDIDATES]
    shown = [by_id[i] for i in ids]
    return shown, tuple(shown[:1] if hearing.form in by_id else shown[:WITH_FIELDS])


def _recent(hearing: Hearing, mask: Mask) -> list[str]:
    names = {"employee": "employee", "bot": "assistant", "agent": "agent"}
    return [
        f"{names[line.by]}: {mask.hide(cleaned(spoken(line), LINE))}" for line in hearing.recent[-RECENT:] if line.text
    ]


def _open_question(hearing: Hearing) -> str:
    if hearing.asked is None:
        return "none"
    question = hearing.asked.question.get(hearing.language) or hearing.asked.question["pt-BR"]
    return f"field {hearing.asked.id} of the category {hearing.form or 'in the form'}: {question}"


def _today(hearing: Hearing) -> str:
    return f"{format_date(hearing.now.date(), 'EEEE', locale='en')}, {hearing.now.date().isoformat()}"
