"""An article's outline out of what people asked and what agents told them: nothing in it is anybody's invention."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from app.knowledge.open_points import point
from app.knowledge.questions import Failed
from app.knowledge.solutions import Solution
from retrieval.passage import Language
from retrieval.words import words

PENDING = "✎"  # begins a line that a person has to write or take out before the article can be published
ALIKE = 78  # token_set_ratio from which two sentences say the same
STEPS, ALSO, SYMPTOMS, TITLE = 12, 5, 4, 90  # lines of each part; characters
GREETING = re.compile(
    r"^\W*(?:(?:oi+|ol[áa]|bom dia|boa (?:tarde|noite)|hola|buen(?:os|as)(?: \w+)?|hi|hello|hey"
    r"|good (?:morning|afternoon)|por favor|please|gente|pessoal|tudo bem)\b[\s,.!?…-]*)+",
    re.IGNORECASE,
)
REMOVED = re.compile(r"\[(?:name|e-mail|phone|card|cpf|cnpj|code|user|secret|hidden)\]")


@dataclass(frozen=True, slots=True)
class Wording:
    """The few words that an outline has of its own."""

    symptoms: str
    steps: str
    also: str
    write_steps: str


WORDINGS: dict[Language, Wording] = {
    "pt-BR": Wording("Quando isto ajuda", "O que fazer", "Também já ajudou", "Escreva aqui o que a pessoa deve fazer."),
    "es": Wording("Cuándo sirve esto", "Qué hacer", "También ha ayudado", "Escribe aquí lo que la persona debe hacer."),
    "en": Wording("When this helps", "What to do", "This has helped too", "Write here what the person should do."),
}


@dataclass(frozen=True, slots=True)
class Written:
    """A draft's text. `open_points` are for the person who reviews it (`app.knowledge.open_points`)."""

    title: str
    body: str
    open_points: tuple[str, ...]
    requests: tuple[str, ...]
    made_by: str = "outline"


def outline(questions: Sequence[Failed], found: Sequence[Solution], language: Language) -> Written:
    """Questions, most typical first, and solutions to a title, symptoms and steps, as far as there are any."""
    own = [solution for solution in found if solution.language == language]
    main, steps, also = _steps(own)
    wording = WORDINGS[language]
    lines = [f"## {wording.symptoms}", "", *(f"- {said}" for said in symptoms(questions, language)), ""]
    lines += [f"## {wording.steps}", ""]
    lines += [f"{place}. {step}" for place, step in enumerate(steps, 1)] or [f"{PENDING} {wording.write_steps}"]
    if also:
        lines += ["", f"## {wording.also}", "", *(f"- {sentence}" for sentence in also)]
    body = "\n".join(lines)
    points = _open_points(found, own, main, body)
    return Written(title_of(questions, language), body, tuple(points), tuple(s.number for s in own))


def title_of(questions: Sequence[Failed], language: Language) -> str:
    """The most typical question in this language (or in any) as a title."""
    own = [q for q in questions if q.language == language] or list(questions)
    text = " ".join(GREETING.sub("", REMOVED.sub("", own[0].text)).split()) if own else ""
    if len(text) > TITLE:
        text = text[:TITLE].rpartition(" ")[0] + "…"
    return (text[:1].upper() + text[1:]).strip(" .,;:-") or "?"


def symptoms(questions: Sequence[Failed], language: Language) -> list[str]:
    """Different questions as they were asked, most typical first."""
    shown: list[str] = []
    for question in questions:
        said = " ".join(GREETING.sub("", question.text).split())[:200]
        new = all(fuzz.token_set_ratio(said.casefold(), other.casefold()) < ALIKE for other in shown)
        if question.language == language and said and new:
            shown.append(said[:1].upper() + said[1:])
    return shown[:SYMPTOMS] or [question.text[:200] for question in questions[:1]]


def _steps(own: Sequence[Solution]) -> tuple[Solution | None, list[str], list[str]]:
    """The solution that others agree with most, and what only the others say."""
    if not own:
        return None, [], []
    main = max(own, key=lambda one: (_agreed(one, own), -int(one.number)))
    steps = _different(main.sentences)[:STEPS]
    others = [sentence for solution in own if solution is not main for sentence in solution.sentences]
    also = [sentence for sentence in _different(others) if not _said(sentence, steps)]
    return main, steps, also[:ALSO]


def _agreed(one: Solution, own: Sequence[Solution]) -> float:
    """How much of it others say too, what stood in a list, and a little for saying more."""
    supported = sum(_said(s, other.sentences) for s in one.sentences for other in own if other is not one)
    return supported * 2 + len(one.listed) + min(len(one.sentences), 6) / 2


def _different(sentences: Sequence[str]) -> list[str]:
    kept: list[str] = []
    for sentence in sentences:
        if not _said(sentence, kept):
            kept.append(sentence)
    return kept


def _said(sentence: str, among: Sequence[str]) -> bool:
    folded = " ".join(words(sentence))
    return any(fuzz.token_set_ratio(folded, " ".join(words(other))) >= ALIKE for other in among)


def _open_points(found: Sequence[Solution], own: Sequence[Solution], main: Solution | None, body: str) -> list[str]:
    points = []
    if main is None:
        points.append(point("no_solution"))
    elif len(own) == 1:
        points.append(point("one_request", main.number))
    foreign = [f"#{solution.number} ({solution.language})" for solution in found if solution not in own]
    if foreign:
        points.append(point("other_language", ", ".join(foreign[:5])))
    if REMOVED.search(body):
        points.append(point("brackets"))
    if main is not None:
        points.append(point("people"))
    return points
