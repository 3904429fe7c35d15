"""What an employee hears once an effect has been carried out, refused, or could not be."""

import re
from datetime import datetime

from graph.choices import Option, ask, cut
from graph.messages import Reply, Text
from graph.moments import spelled
from prompts.texts import say
from retrieval.passage import Language
from tools.effects import (
    CloseRequest,
    CommentRequest,
    CreateRequest,
    DataRequest,
    Effect,
    HandOff,
    RateRequest,
    ReopenRequest,
    SwitchNotices,
)
from tools.service_desk import Change, DeskRefusedError, DeskUnavailableError, Outage, Receipt, Status

LONGEST_REASON = 3_500  # characters of what an agent says when it is solved: one message ahead of the buttons
Outcome = Receipt | datetime | DeskRefusedError | DeskUnavailableError | None
"""A receipt for a created request; a moment when a person is there only from then on; an error; None = done."""

DONE = {
    "create_request": "created_later",
    "comment_request": "commented", "close_request": "closed", "reopen_request": "reopened", "rate_request": "rated",
    "join_outage": "outage_joined", "hand_back": "taken_back", "data_request": "data_requested",
    "end_session": "logged_out",
}  # fmt: skip


def announce(effect: Effect, outcome: Outcome, language: Language, timezone: str) -> tuple[Reply, ...]:
    """Tell what became of an effect; the quiet ones (identity, answer outcome) say nothing."""
    if isinstance(outcome, DeskUnavailableError | DeskRefusedError):
        return _failed(effect, outcome, language)
    match effect:
        case CreateRequest() if isinstance(outcome, Receipt):
            return request_created(outcome, language, timezone)
        case HandOff():
            return _handed_over(outcome, language, timezone)
        case CommentRequest() | CloseRequest() | ReopenRequest() | RateRequest():
            key = "commented_files" if isinstance(effect, CommentRequest) and effect.attachments else DONE[effect.kind]
            return (Text(body=say(language, key, number=effect.number)),)
    key = _key_of(effect)
    return _text(language, key) if key else ()


def _key_of(effect: Effect) -> str:
    """The text that needs nothing but its key; "" for the quiet ones."""
    match effect:
        case SwitchNotices():
            return "notices_on" if effect.wanted else "notices_off"
        case DataRequest(wish="export"):
            return "data_copy_requested"
        case _:
            return DONE.get(effect.kind, "")


def _failed(effect: Effect, error: DeskUnavailableError | DeskRefusedError, language: Language) -> tuple[Reply, ...]:
    if effect.kind not in DONE:
        return ()
    return _text(language, "unavailable" if isinstance(error, DeskUnavailableError) else "refused")


def request_created(receipt: Receipt, language: Language, timezone: str) -> tuple[Reply, ...]:
    """Give the number, the queue, what was promised, and whether somebody is there now."""
    lines = [
        say(language, "created", number=receipt.number, queue=receipt.queue),
        say(
            language,
            "promises",
            first=spelled(receipt.first_response_due, language, timezone),
            solved=spelled(receipt.resolution_due, language, timezone),
        ),
    ]
    if receipt.now_open:
        lines.append(say(language, "desk_open"))
    elif receipt.opens_at:
        lines.append(say(language, "desk_opens", when=spelled(receipt.opens_at, language, timezone)))
    else:
        lines.append(say(language, "desk_closed"))
    return (Text(body="\n".join(lines)),)


def request_changed(change: Change, language: Language) -> tuple[Reply, ...]:
    """Carry an agent's word or a new status to the requester; solved asks how well it went."""
    number = change.number
    match change.kind:
        case "comment":
            body = say(language, "agent_wrote", author=change.author, number=number, text=change.text)
        case "attachment":
            body = say(language, "agent_attached", author=change.author, number=number)
        case "merged":
            body = say(language, "merged", number=number, other=change.text)
        case "status" if change.status:
            return _moved_on(change, change.status, language)
        case _:
            return ()
    return (Text(body=body),)


def _moved_on(change: Change, status: Status, language: Language) -> tuple[Reply, ...]:
    number = change.number
    if status == "solved":
        body = _with_words("solved", number, cut(change.text, LONGEST_REASON), language)
        options = [
            Option("rating", number, say(language, "button_rate")),
            Option("reopen", number, say(language, "button_reopen")),
        ]
        return ask(body, options, nonce="", button=say(language, "button_choose"))
    if status == "waiting":
        return (Text(body=_with_words("waiting_for_you", number, change.text, language)),)
    body = say(language, "status_changed", number=number, status=say(language, f"status_{status}"))
    return (Text(body="\n\n".join(filter(None, (body, change.text)))),)


def _with_words(name: str, number: str, text: str, language: Language) -> str:
    """A phrase around an agent's words; without any it has no gap and announces nothing."""
    told = say(language, name, number=number, text=text).strip()
    return told if text.strip() else re.sub(r"(:?)\n\s*\n", lambda gap: "." * len(gap[1]) + "\n\n", told)


def outage_over(outage: Outage, language: Language) -> tuple[Reply, ...]:
    """Tell who said "me too" that it is over."""
    return (Text(body=say(language, "outage_over", title=outage.title.get(language) or outage.title["pt-BR"])),)


def _handed_over(outcome: Outcome, language: Language, timezone: str) -> tuple[Reply, ...]:
    if isinstance(outcome, datetime):
        return (Text(body=say(language, "handed_over_later", when=spelled(outcome, language, timezone))),)
    return _text(language, "handed_over")


def _text(language: Language, key: str) -> tuple[Reply, ...]:
    return (Text(body=say(language, key)),)
