"""A model's answers recorded once and replayed free and offline.

One JSON line a call, by the question's identity; the first line says with which prompts and model it was made. What is
recorded was masked before it was asked, and a key is in a header, which is never looked at.
"""

import json
from pathlib import Path
from typing import Any, TextIO

from graph.language.llm.asking import Asker, Completion, Question
from graph.language.llm.errors import UnavailableError
from prompts.instructions import versions

FORMAT = 1


class StaleRecordingError(Exception):
    """The recording cannot be replayed; the sentence says what to do."""


class Recorder:
    """`Asker` that writes down every answer it passes on."""

    def __init__(self, asker: Asker, file: Path) -> None:
        self._asker, self._file = asker, file
        self._known = {line["question"] for line in _lines(file)[1:]} if file.exists() else set()
        if file.exists():
            _hold(file, _lines(file))
        else:
            _begin(file, asker.model)

    @property
    def model(self) -> str:
        """The model's name."""
        return self._asker.model

    @property
    def provider(self) -> str:
        """The host that answers."""
        return self._asker.provider

    async def ask(self, question: Question, *, seconds: float) -> Completion:
        """Ask, and keep what was said; a failure is not kept."""
        said = await self._asker.ask(question, seconds=seconds)
        if question.identity not in self._known:
            self._known.add(question.identity)
            with self._file.open("a", encoding="utf8") as stream:
                _write(stream, {"question": question.identity, "purpose": question.purpose, "said": said.model_dump()})
        return said


class Player:
    """`Asker` out of a recording; it never calls anybody."""

    provider = "recording"

    def __init__(self, file: Path) -> None:
        lines = _lines(file)
        _hold(file, lines)
        self._file = file
        self.model = str(lines[0]["model"])
        self._said = {line["question"]: Completion.model_validate(line["said"]) for line in lines[1:]}

    async def ask(self, question: Question, *, seconds: float) -> Completion:  # noqa: ARG002 -- the port's
        """What was said then; raises `UnavailableError` for a question that was not asked then."""
        try:
            return self._said[question.identity]
        except KeyError:
            raise UnavailableError("not_recorded", f"{question.purpose} is not in {self._file.name}") from None


def _begin(file: Path, model: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf8") as stream:
        _write(stream, {"format": FORMAT, "model": model, "prompts": versions()})


def _write(stream: TextIO, line: dict[str, Any]) -> None:
    stream.write(json.dumps(line, ensure_ascii=False) + "\n")


def _lines(file: Path) -> list[dict[str, Any]]:
    try:
        return [json.loads(line) for line in file.read_text("utf8").splitlines() if line]
    except (OSError, ValueError) as error:
        raise StaleRecordingError(f"The recording {file} cannot be read: {type(error).__name__}.") from None


def _hold(file: Path, lines: list[dict[str, Any]]) -> None:
    """Refuse a recording that was made with other prompts than today's."""
    if not lines or not isinstance(lines[0], dict) or lines[0].get("format") != FORMAT:
        raise StaleRecordingError(f"{file} is no recording of this version; record again.")
    then, now = lines[0].get("prompts", {}), versions()
    changed = [
        f"{name} was {then.get(name, 'absent')} and is {now[name]}" for name in now if then.get(name) != now[name]
    ]
    if changed:
        raise StaleRecordingError(f"The recording {file} is stale: {'; '.join(changed)}. Record again.")
