"""Call B: an answer out of passages. It has no tools, and only what its sources show of it is sent."""

import re
from collections.abc import Sequence

from graph.language.llm.asking import Question, identity_of
from graph.language.llm.errors import MalformedError
from graph.language.llm.fence import Fence, cleaned
from graph.language.llm.masking import Mask
from graph.language.llm.shapes import Answered, Summed
from graph.language.llm.understanding import spoken
from graph.language.llm.verification import checked, in_language, label, quotes_of
from graph.language.offline.whatsapp import to_whatsapp
from graph.language.port import Answer, Line
from prompts.instructions import load
from retrieval.passage import Language, Passage

NAME = "llm"
SOURCES, SOURCE, ASKED = 8, 2_500, 1_000  # passages shown, letters of each, letters of the question
TOKENS = 900
LONGEST = 1_500  # letters of an answer
MARKDOWN = re.compile(r"\*\*|__|^#|\]\(|^\||^```", re.MULTILINE)  # some models cannot do without
MOSTLY = 0.5  # of the answer's letters must be left after the check
LANGUAGES: dict[Language, str] = {"pt-BR": "Brazilian Portuguese", "es": "Spanish", "en": "English"}


def ask_answer(question: str, passages: Sequence[Passage], language: Language, mask: Mask) -> Question:
    """The question with its sources."""
    fence, prompt = Fence(), load()["answer"]
    values = {
        "language": LANGUAGES[language],
        "question": fence.around(mask.hide(question), limit=ASKED),
        "passages": fence.around("\n\n".join(map(_told, range(SOURCES), passages)), limit=SOURCES * (SOURCE + 300)),
    }
    system, user = prompt.filled(**values)
    bare = {key: value.replace(fence.mark, "data") for key, value in values.items()}
    return Question(
        purpose="answer",
        prompt=prompt.reference,
        system=system,
        user=user,
        shape=Answered,
        most_tokens=TOKENS,
        identity=identity_of(prompt.reference, Answered, **bare),
    )


def ask_summary(lines: Sequence[Line], language: Language, limit: int, mask: Mask) -> Question:
    """The question for a note."""
    fence, prompt = Fence(), load()["summarise"]
    names = {"employee": "employee", "bot": "assistant", "agent": "agent"}
    told = "\n".join(f"{names[line.by]}: {mask.hide(spoken(line))}" for line in lines if line.text)
    values = {"language": LANGUAGES[language], "limit": str(limit), "lines": fence.around(told)}
    system, user = prompt.filled(**values)
    bare = {key: value.replace(fence.mark, "data") for key, value in values.items()}
    return Question(
        purpose="summarise",
        prompt=prompt.reference,
        system=system,
        user=user,
        shape=Summed,
        most_tokens=TOKENS,
        identity=identity_of(prompt.reference, Summed, **bare),
    )


def answered(said: Answered, passages: Sequence[Passage], language: Language, mask: Mask) -> Answer | None:
    """The answer that stands on its sources; None when too little of it does.

    Raises:
        MalformedError: for an answer in another language, which asking again may mend.
    """
    given = passages[:SOURCES]
    if said.verdict == "not_in_sources":
        return Answer(verdict="not_in_sources", text="", engine=NAME)
    if not in_language(said.answer, language):
        raise MalformedError("wrong_language", f"the answer must be in {LANGUAGES[language]}", said=said.answer)
    text = cleaned(mask.reveal(said.answer), LONGEST * 4)
    quotes = quotes_of(said.citations, given)
    if not text or not quotes or len(text) > LONGEST:
        return None
    kept = checked(to_whatsapp(text) if MARKDOWN.search(text) else text, quotes, given)
    if len(kept.text) < MOSTLY * len(text):
        return None
    return Answer(verdict="partial" if kept.dropped else said.verdict, text=kept.text, quotes=quotes, engine=NAME)


def _told(number: int, passage: Passage) -> str:
    where = " > ".join(filter(None, (passage.title, passage.heading)))
    return f"[{label(number)}] {cleaned(where, 300)}\n{cleaned(passage.text, SOURCE)}"
