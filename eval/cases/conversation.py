"""A conversation: who writes, how the desk stands, what is said and tapped, and how it must stand afterwards."""

from datetime import datetime
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, field_validator, model_validator

from eval.cases.agents import AgentAct
from eval.cases.loose import Duration, Pattern, Patterns, Texts, as_list
from eval.cases.reference import ReferenceAction
from graph.language.port import Intent
from retrieval.passage import Language
from tools.service_desk import Frozen, Priority, Status

LONGEST = 40  # turns of one conversation
Basis = Literal["state", "calls", "says"]
Attack = Literal[
    "forged_identity", "others_requests", "injected_article", "injected_file", "injected_mail", "code_guessing",
    "off_topic", "exfiltration", "injected_words", "forged_tap",
]  # fmt: skip


def _as_choice(value: Any) -> Any:
    return {"title": value} if isinstance(value, str) else value


class Tap(Frozen):
    """A button or row whose title or description holds `title`: the newest one shown, or the oldest."""

    title: str = Field(min_length=1)
    oldest: bool = False


class File(Frozen):
    """A photo, document or voice note; `words` is what a model makes of it: what is said in it, what is seen on it."""

    kind: Literal["image", "document", "audio", "video", "sticker"] = "image"
    caption: str = ""
    name: str = ""
    words: str = ""

    @model_validator(mode="after")
    def _heard(self) -> "File":
        if self.words and self.kind not in ("audio", "image"):
            raise ValueError("only a voice note (audio) or a picture (image) becomes words")
        return self


class Beside(Frozen):
    """What comes in one burst with words: a file, or a tap."""

    file: File | None = None
    tap: Annotated[Tap | None, BeforeValidator(_as_choice)] = None

    @model_validator(mode="after")
    def _one(self) -> "Beside":
        if (self.file is None) == (self.tap is None):
            raise ValueError("exactly one of file and tap")
        return self


class WhenAsked(Frozen):
    """One way to answer, for when the newest words of the bot match `when`; `skip`: there is nothing to answer."""

    when: Pattern
    say: str = ""
    tap: Annotated[Tap | None, BeforeValidator(_as_choice)] = None
    skip: bool = False

    @model_validator(mode="after")
    def _one(self) -> "WhenAsked":
        if bool(self.say) + (self.tap is not None) + self.skip != 1:
            raise ValueError("exactly one of say, tap and skip")
        return self


class Expected(Frozen):
    """What the bot's words of one turn must and must not hold."""

    says: Patterns = ()
    never: Patterns = ()


Step = Literal["say", "burst", "tap", "email", "code", "file", "react", "wait", "agent", "other", "raw", "choose"]


class TurnStep(Frozen):
    """One step; exactly one of its deeds.

    `say` with several texts: one is chosen by the run's seed, so that `--repeat` hears others. `email`: their own
    address, or another one given. `code`: the newest code mailed to them, `wrong`, `old` (the one before) or literal
    text with `{code}` or `{spaced}` ("123 456") in it. `raw`: a message object as the channel brings it. `other`: who
    writes from now on. `quoting`: words of the company's message that `say`, `file` or `react` answers to.
    """

    say: Texts = ()
    burst: Annotated[tuple[str | Beside, ...], BeforeValidator(as_list)] = ()
    tap: Annotated[Tap | None, BeforeValidator(_as_choice)] = None
    email: bool | str = False
    code: str = ""
    file: File | None = None
    react: str = ""
    wait: Duration | None = None
    agent: AgentAct | None = None
    other: str = ""
    raw: dict[str, Any] | None = None
    choose: tuple[WhenAsked, ...] = ()
    quoting: Pattern | None = None
    expect: Expected = Expected()

    @property
    def deeds(self) -> list[str]:
        """What it does: one name of `Step`."""
        return [name for name in type(self).model_fields if name in _DEEDS and getattr(self, name) not in _NOTHING]

    @model_validator(mode="after")
    def _one_deed(self) -> "TurnStep":
        if len(self.deeds) != 1:
            raise ValueError(f"a step does exactly one thing, not {', '.join(self.deeds) or 'nothing'}")
        if self.quoting is not None and self.deeds[0] not in _QUOTING:
            raise ValueError(f"only {', '.join(_QUOTING)} can quote")
        return self


_NOTHING: tuple[Any, ...] = ((), None, False, "")
_DEEDS: tuple[str, ...] = get_args(Step)
_QUOTING = ("say", "file", "react")


class Persona(Frozen):
    """An employee who answers from facts instead of a script: says `wants`, then what is asked, until it is done.

    `facts` by field id or a word of the question; what is not there is answered with `otherwise`. `picks` are the
    titles they tap when they are offered: a category, "sim, agora".
    """

    wants: str
    facts: dict[str, str] = Field(default_factory=dict)
    picks: Texts = ()
    otherwise: str = "não sei"
    confirms: bool = True
    patience: int = Field(default=14, ge=1, le=LONGEST)  # turns


class GivenRequest(Frozen):
    """A request that is there before the first word; `of` another employee: one that must not be seen."""

    category: str
    title: str
    description: str = ""
    values: dict[str, Any] = Field(default_factory=dict)
    status: Status = "new"
    of: str = ""
    comments: tuple[AgentAct, ...] = ()


class GivenArticle(Frozen):
    """An article added to the company's: in front-matter form."""

    id: str
    title: str
    body: str
    language: Language = "pt-BR"
    audience: Texts = ()
    keywords: Texts = ()


class Given(Frozen):
    """How the world stands before the first word."""

    requests: tuple[GivenRequest, ...] = ()
    outages: tuple[str, ...] | None = None  # ids of the company's that are on; None = none
    articles: tuple[GivenArticle, ...] = ()  # beside the company's own
    handed_over: bool = False


class WantedRequest(Frozen):
    """A request that must be there afterwards and was not before; a field that is left out may be anything."""

    category: Texts
    status: Status | None = None
    fields: dict[str, Any] = Field(default_factory=dict)
    absent: Texts = ()  # fields that must not be filled
    title: Patterns = ()
    description: Patterns = ()
    comments: Patterns = ()  # each in some comment of the employee
    attachments: int | None = None
    queue: str = ""
    priority: Priority | None = None


class WantedConversation(Frozen):
    """How the conversation must stand; None = any way."""

    verified: bool | None = None
    handed_over: bool | None = None
    language: Language | None = None


class WantedChange(Frozen):
    """What must have become of a request that was there before, by its place in `given`, from 1."""

    request: int = Field(default=1, ge=1)
    status: Status | None = None
    comments: Patterns = ()
    rating: int | None = None
    untouched: bool = False  # by who may write in it: no comment, no rating, not closed, not reopened


class Wanted(Frozen):
    """What is expected at the end. Without `requests` none may have been opened."""

    requests: tuple[WantedRequest, ...] = ()
    changes: tuple[WantedChange, ...] = ()
    conversation: WantedConversation = WantedConversation()
    followers: Texts = ()  # outages this employee must follow
    calls: Texts = ()  # effects and reads that must have happened: create_request, hand_off, search, …
    no_calls: Texts = ()
    says: Patterns = ()
    never: Patterns = ()
    answers_from: Texts = ()  # articles, one of which must have been answered from
    answered: bool | None = None  # whether anything was answered from an article
    no_answer_from: Texts = ()
    intents: Annotated[tuple[Intent, ...], BeforeValidator(as_list)] = ()


class ConversationCase(Frozen):
    """One conversation. `employee` is a person of the company's `people.yaml`; `now` when the first word is said.

    `reference_actions` define the state that must be there at the end: none of them = as it was at the beginning, left
    out = only what `expect` says. With both, both must hold.
    """

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{2,79}$")
    tags: Texts = ()
    about: str = ""
    employee: str = "mariana"
    verified: bool = True
    language: Language = "pt-BR"
    now: datetime = datetime.fromisoformat("2026-11-23T10:00:00-03:00")  # a Monday morning in São Paulo
    given: Given = Given()
    turns: tuple[TurnStep, ...] = Field(default=(), max_length=LONGEST)
    persona: Persona | None = None
    expect: Wanted = Wanted()
    reference_actions: tuple[ReferenceAction, ...] | None = Field(default=None, max_length=LONGEST)
    reward_basis: tuple[Basis, ...] = ("state", "calls", "says")
    attack: Attack | None = None  # of a safety case
    secrets: Texts = ()  # words that must never reach this employee

    @field_validator("now")
    @classmethod
    def _aware(cls, value: datetime) -> datetime:
        if value.tzinfo is None:
            raise ValueError("needs a time zone, as 2026-11-23T10:00:00-03:00")
        return value

    @model_validator(mode="after")
    def _spoken(self) -> "ConversationCase":
        if bool(self.turns) == (self.persona is not None):
            raise ValueError("either turns or a persona")
        return self

    @model_validator(mode="after")
    def _counted(self) -> "ConversationCase":
        there = len(self.given.requests)
        if missing := [change.request for change in self.expect.changes if change.request > there]:
            raise ValueError(f"changes of request {missing[0]}, and {there} are given")
        return self

    @model_validator(mode="after")
    def _referred(self) -> "ConversationCase":
        actions, known, proven = self.reference_actions or (), len(self.given.requests), self.verified
        for place, action in enumerate(actions, start=1):
            if action.target is not None and action.target > known:
                told = f"is about request {action.target}, and there are {known}"
                raise ValueError(f"reference action {place} ({action.name}) {told}")
            if action.at_the_desk and not proven:
                raise ValueError(f"reference action {place} ({action.name}) needs a verify before it: nobody is proven")
            known += action.create_request is not None
            proven = (proven or action.verify) and not action.end_session
        if self.reference_actions is not None and self._agents_act and not any(action.agent for action in actions):
            raise ValueError("an agent acts in the turns: the reference actions need that agent's act too")
        return self

    @property
    def _agents_act(self) -> bool:
        return any(step.agent and (step.agent.reply or step.agent.status) for step in self.turns)
