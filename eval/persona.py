"""An employee without a script: says what they want, answers what is asked from what they know, confirms or not."""

import re
from collections.abc import Sequence

from app.emulator.transcript import Choice
from eval.cases.conversation import Persona, Tap
from eval.cases.loose import found_in
from tools.service_desk import Category, Field

ASKS_EMAIL = re.compile(r"e-?mail|correo", re.IGNORECASE)
ASKS_CODE = re.compile(r"c[óo]digo|code", re.IGNORECASE)
CONFIRM = re.compile(r"^(confirm\w*)$", re.IGNORECASE)
OPENS = re.compile(r"^(abrir|open|crear|create)\b.*(chamado|solicitud|request|ticket)?", re.IGNORECASE)
CANCEL = re.compile(r"^cancel", re.IGNORECASE)


class Actor:
    """Plays a persona. After `next`, `taps` is set when the words are to be tapped instead of written."""

    def __init__(self, persona: Persona, categories: Sequence[Category], address: str) -> None:
        self._persona = persona
        self._fields = {field.id: field for category in categories for field in category.fields}
        self._address = address
        self._left = persona.patience
        self.taps: Tap | None = None

    def first(self) -> str:
        """What they come with."""
        return self._persona.wants

    def next(self, said: str, choices: Sequence[Choice], code: str) -> str | None:
        """What they do after the bot's words; None when they have nothing more to say."""
        self._left -= 1
        self.taps = None
        titles = [choice.title for choice in choices]
        if self._left <= 0:
            return None
        ways = (self._confirm, self._tell, self._pick, self._open, lambda *_: self._prove(said, code), self._get_by)
        return next((words for way in ways if (words := way(said, titles)) is not None), None)

    def _confirm(self, _: str, titles: Sequence[str]) -> str | None:
        confirming = next((title for title in titles if CONFIRM.match(title)), None)
        if confirming is None or self._persona.confirms:
            return self._tap(confirming) if confirming else None
        return self._tap(next((title for title in titles if CANCEL.match(title)), confirming))

    def _tell(self, said: str, titles: Sequence[str]) -> str | None:
        answer = self._fact(said)
        fitting = next((title for title in titles if title.casefold() == answer.casefold()), None)
        return self._tap(fitting) if fitting else answer or None

    def _pick(self, _: str, titles: Sequence[str]) -> str | None:
        """What they would choose of what is offered."""
        wanted = next((title for pick in self._persona.picks for title in titles if found_in(pick, title)), None)
        return self._tap(wanted) if wanted else None

    def _open(self, _: str, titles: Sequence[str]) -> str | None:
        opening = next((title for title in titles if OPENS.match(title)), None)
        return self._tap(opening) if opening else None

    def _prove(self, said: str, code: str) -> str | None:
        """Say who they are, when that is asked."""
        if ASKS_CODE.search(said) and code:
            return code
        return self._address if ASKS_EMAIL.search(said) and "@" not in said else None

    def _get_by(self, said: str, titles: Sequence[str]) -> str | None:
        """Asked what they do not know, take what is offered first or say so."""
        if self._asked(said) is None:
            return None
        return self._tap(titles[0]) if titles else self._persona.otherwise

    def _tap(self, title: str) -> str:
        self.taps = Tap(title=title)
        return f"[{title}]"

    def _asked(self, said: str) -> Field | None:
        """The field whose question stands in the bot's words."""
        return next(
            (
                field
                for field in self._fields.values()
                if any(words and words in said for words in field.question.values())
            ),
            None,
        )

    def _fact(self, said: str) -> str:
        """What they know of it: by the field that is asked, or by a word of the question."""
        field = self._asked(said)
        if field is not None and field.id in self._persona.facts:
            return self._persona.facts[field.id]
        last = said.strip().splitlines()[-1].casefold() if said.strip() else ""
        return next((v for k, v in self._persona.facts.items() if k not in self._fields and k.casefold() in last), "")
