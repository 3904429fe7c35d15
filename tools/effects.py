"""What a turn wants done in the world, as data; the app applies them in the turn's one transaction."""

from typing import Annotated, Any, Literal

from pydantic import Field

from tools.service_desk import Draft, Frozen


class IdentityEffect(Frozen):
    """What identity planned: issue a code, count a try, start a session. Opaque to the graph."""

    kind: Literal["identity"] = "identity"
    data: dict[str, Any]


class EndSession(Frozen):
    """The employee said "sair"."""

    kind: Literal["end_session"] = "end_session"
    reason: str


class CreateRequest(Frozen):
    """A confirmed draft; one nonce makes at most one request."""

    kind: Literal["create_request"] = "create_request"
    nonce: str
    draft: Draft


class CommentRequest(Frozen):
    """The employee adds words (and the media of `attachments`, wamids) to their request."""

    kind: Literal["comment_request"] = "comment_request"
    number: str
    text: str
    attachments: tuple[str, ...] = ()


class CloseRequest(Frozen):
    """The employee needs it no more."""

    kind: Literal["close_request"] = "close_request"
    number: str


class ReopenRequest(Frozen):
    """Not solved after all."""

    kind: Literal["reopen_request"] = "reopen_request"
    number: str
    reason: str = ""


class RateRequest(Frozen):
    """How well it went, from 1 to 5."""

    kind: Literal["rate_request"] = "rate_request"
    number: str
    stars: int = Field(ge=1, le=5)
    comment: str = ""


class SwitchNotices(Frozen):
    """Whether they want to hear of a changed status; agents' words always come."""

    kind: Literal["switch_notices"] = "switch_notices"
    wanted: bool


class JoinOutage(Frozen):
    """Me too: told when the outage ends, no request of their own."""

    kind: Literal["join_outage"] = "join_outage"
    outage_id: str


class HandOff(Frozen):
    """The conversation goes to a person; the bot is silent until it is handed back."""

    kind: Literal["hand_off"] = "hand_off"
    reason: Literal["asked", "no_article", "tool_failed", "policy", "codes_failed"]
    summary: str


class HandBack(Frozen):
    """The employee asks for the bot again; nobody has to wait for a person who does not come."""

    kind: Literal["hand_back"] = "hand_back"


class AnswerOutcome(Frozen):
    """What became of a question: kept for the knowledge manager. All outcomes of one question carry its `key`.

    "outside": no article applied, and a source outside answered; `article_id` is then the address of its page.
    """

    kind: Literal["answer_outcome"] = "answer_outcome"
    question: str
    key: str = ""
    article_id: str = ""
    articles: tuple[str, ...] = ()  # ids of what was shown for it, the first being `article_id`
    outcome: Literal["answered", "offered", "outside", "nothing", "resolved", "not_resolved", "request"]
    probability: float = 0.0
    groups: tuple[str, ...] = ()  # the employee's, at that time
    reference: str = ""  # of the request it ended in


class NoticeShown(Frozen):
    """The privacy notice was shown in this version."""

    kind: Literal["notice_shown"] = "notice_shown"
    version: str


class DataRequest(Frozen):
    """The words "apagar meus dados": a person of the privacy team takes it from here."""

    kind: Literal["data_request"] = "data_request"
    wish: Literal["erase", "export"]


Effect = Annotated[
    IdentityEffect | EndSession | CreateRequest | CommentRequest | CloseRequest | ReopenRequest | RateRequest
    | JoinOutage | SwitchNotices | HandOff | HandBack | AnswerOutcome | DataRequest | NoticeShown,
    Field(discriminator="kind"),
]  # fmt: skip
