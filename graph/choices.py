"""Buttons and list rows: the grammar of their ids (`verb|arg|nonce`) and the channel's limits."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from graph.messages import Buttons, Choice, Menu, Reply, Text

BUTTON_TITLE, ROW_TITLE, ROW_DESCRIPTION, MENU_BUTTON = 20, 24, 72, 20  # UTF-16 units, Cloud API
BUTTONS_BODY, TEXT_BODY, ROWS = 1024, 4096, 10
ARGUMENT = 120  # of the 200 units of a row's id


@dataclass(frozen=True, slots=True)
class Tap:
    """What a tapped button asks for; `nonce` ties it to the question it was part of."""

    verb: str
    arg: str = ""
    nonce: str = ""


class Option(NamedTuple):
    """A choice before it has an id."""

    verb: str
    arg: str
    title: str
    description: str = ""


def read_tap(payload: str) -> Tap:
    """Read the id of a tapped choice; one that is not ours has an unknown verb and so no effect."""
    verb, _, rest = payload.partition("|")
    arg, _, nonce = rest.rpartition("|")
    return Tap(verb=verb, arg=arg, nonce=nonce)


def write_tap(verb: str, arg: str = "", nonce: str = "") -> str:
    """Write a choice's id; `nonce` holds no bar, `arg` may."""
    return f"{verb}|{arg[:ARGUMENT]}|{nonce}"


def moment(*parts: object) -> str:
    """Derive a nonce from what it stands for, so that the same turn run again gives the same one."""
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()[:12]


def units(text: str) -> int:
    """Count UTF-16 units, as WhatsApp does."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, limit: int) -> str:
    """Shorten to `limit` UTF-16 units, an ellipsis in place of what is gone."""
    if units(text) <= limit:
        return text
    kept = text[:limit]
    while units(kept) > limit - 1:
        kept = kept[:-1]
    return kept.rstrip() + "…"


def ask(body: str, options: Sequence[Option], *, nonce: str, button: str) -> tuple[Reply, ...]:
    """Ask with buttons when three short titles suffice, else with a list; a long body goes ahead as plain words."""
    ahead, question = _split(body)
    before: tuple[Reply, ...] = (Text(body=cut(ahead, TEXT_BODY)),) if ahead else ()
    if _fit_on_buttons(options):
        buttons = tuple(Choice(id=write_tap(o.verb, o.arg, nonce), title=o.title) for o in options)
        return (*before, Buttons(body=question, choices=buttons))
    rows = tuple(
        Choice(
            id=write_tap(o.verb, o.arg, nonce),
            title=cut(o.title, ROW_TITLE),
            description=cut(o.description or (o.title if units(o.title) > ROW_TITLE else ""), ROW_DESCRIPTION),
        )
        for o in options[:ROWS]
    )
    return (*before, Menu(body=question, button=cut(button, MENU_BUTTON), choices=rows))


def _fit_on_buttons(options: Sequence[Option]) -> bool:
    titles = [option.title for option in options]
    return (
        len(options) <= 3
        and all(units(title) <= BUTTON_TITLE for title in titles)
        and len(set(titles)) == len(titles)
        and not any(option.description for option in options)
    )


def _split(body: str) -> tuple[str, str]:
    """Keep the last paragraph with the choices when the whole is too long for them."""
    if units(body) <= BUTTONS_BODY:
        return "", body
    ahead, _, question = body.rpartition("\n\n")
    return (ahead, cut(question, BUTTONS_BODY)) if ahead else (body, "…")
