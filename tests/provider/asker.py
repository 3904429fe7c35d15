"""A model without a network: it says what it is told to, or what a function makes of the question."""

from collections.abc import Callable
from dataclasses import dataclass, field

from graph.language.llm.asking import Completion, Question, Shape
from graph.language.llm.errors import ModelError

Said = str | Shape | ModelError


@dataclass
class ScriptedAsker:
    """`Asker`: the script first, then `mind`."""

    script: list[Said] = field(default_factory=list)
    mind: Callable[[Question], Said] | None = None
    asked: list[Question] = field(default_factory=list)
    model: str = "gpt-scripted"
    provider: str = "nowhere"

    async def ask(self, question: Question, *, seconds: float) -> Completion:
        self.asked.append(question)
        said = self.script.pop(0) if self.script else self.mind(question) if self.mind else "{}"
        if isinstance(said, ModelError):
            raise said
        text = said if isinstance(said, str) else said.model_dump_json()
        return Completion(text=text, model=self.model, tokens_in=100, tokens_out=20, tokens_cached=50)
