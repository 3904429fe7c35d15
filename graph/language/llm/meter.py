"""What a turn may spend on a model, and the record of what it spent."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic, perf_counter

from opentelemetry import trace

from graph.language.ledger import Ledger, ModelCall, Prices
from graph.language.llm.asking import Asker, Completion, Question, parsed
from graph.language.llm.errors import ModelError, SpentError

LEAST_SECONDS = 1.0  # with less left no call is begun
tracer = trace.get_tracer("recado.model")


@dataclass(frozen=True, slots=True)
class Allowance:
    """One turn's share. `until` is a moment of the monotonic clock; tokens count both ways."""

    calls: int
    tokens: int
    until: float
    tokens_today: int  # what the contact has left of the day's


@dataclass(frozen=True, slots=True)
class Meter:
    """`Asker` that keeps within an allowance and writes every call into the turn's ledger."""

    asker: Asker
    allowance: Allowance
    ledger: Ledger
    prices: Prices = field(default_factory=dict)
    clock: Callable[[], float] = monotonic

    @property
    def model(self) -> str:
        """The model's name."""
        return self.asker.model

    @property
    def provider(self) -> str:
        """The host that answers."""
        return self.asker.provider

    async def ask(self, question: Question, *, seconds: float) -> Completion:
        """Ask if the turn can still afford it; raises `SpentError` if not, or what the call raised."""
        seconds = min(seconds, self._left(question))
        started, said = perf_counter(), None
        with tracer.start_as_current_span(f"chat {self.model}") as span:
            span.set_attributes({"gen_ai.operation.name": "chat", "gen_ai.request.model": self.model})
            span.set_attributes({"server.address": self.provider, "recado.purpose": question.purpose})
            try:
                said = await self.asker.ask(question, seconds=seconds)
                parsed(question.shape, said.text)  # an answer of another shape is written down as none
            except ModelError as error:
                span.set_attribute("error.type", error.reason)
                self._note(question, started, said, outcome=error.reason)
                raise
            span.set_attributes({"gen_ai.usage.input_tokens": said.tokens_in})
            span.set_attributes({"gen_ai.usage.output_tokens": said.tokens_out})
        self._note(question, started, said)
        return said

    def _left(self, question: Question) -> float:
        """Seconds that a call may take."""
        allowed, used = self.allowance, self.ledger.tokens
        if len(self.ledger.calls) >= allowed.calls:
            raise SpentError("calls_used_up")
        if used + question.size > allowed.tokens:
            raise SpentError("tokens_used_up")
        if used + question.size > allowed.tokens_today:
            raise SpentError("day_used_up")
        left = allowed.until - self.clock()
        if left < LEAST_SECONDS:
            raise SpentError("time_used_up")
        return left

    def _note(self, question: Question, started: float, said: Completion | None = None, *, outcome: str = "ok") -> None:
        call = ModelCall(
            purpose=question.purpose,
            prompt=question.prompt,
            model=self.model,
            provider=self.provider,
            outcome=outcome,
            tokens_in=said.tokens_in if said else 0,
            tokens_out=said.tokens_out if said else 0,
            tokens_cached=said.tokens_cached if said else 0,
            milliseconds=round((perf_counter() - started) * 1000, 1),
        )
        self.ledger.calls.append(call.priced(self.prices))
