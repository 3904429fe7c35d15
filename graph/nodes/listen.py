"""Take in what arrived: the words, the tap, the files, or a sign that is neither."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Literal

from graph.choices import read_tap
from graph.language.port import Wish
from graph.messages import Incoming
from graph.state import State, Turn, Update, phase_of

LONGEST = 6_000  # characters of one turn's words
YES = frozenset("👍👌✅🙏❤💯🆗👏😀😃😄😊🙂😍🎉")
NO = frozenset("👎❌🚫🙅😠😡")
QUIET = frozenset({"revoke", "system"})
TONES = re.compile("[\U0001f3fb-\U0001f3ff\ufe0f\u200d]")


async def listen(state: State, runtime: Turn) -> Update:
    """Count the turn and sort what came; a sign of the hand is a yes or a no only when something was asked."""
    burst = state["burst"]
    said = "\n".join(filter(None, (clean(m.text) for m in burst if m.kind not in ("tap", "reaction"))))[:LONGEST]
    tap = next((read_tap(m.payload or m.text) for m in burst if m.kind == "tap"), None)
    heard: Update = {
        "turn": state.get("turn", 0) + 1,
        "said": said,
        "tap": tap,
        "files": tuple(m.id for m in burst if m.media and m.kind != "sticker"),
        "signal": "" if tap else _signal(burst, said),
        "language": state.get("language") or _first_language(runtime),
    }
    hand = _hand(burst, said)
    if not hand:
        return heard
    if hand == "quiet" or not _answers(state, runtime, burst):
        return heard | {"said": "", "signal": "emoji" if said else "quiet"}
    return heard | {"said": "", "signal": "hand", "wish": Wish(intent=hand, confidence=1.0, query="")}


def _first_language(runtime: Turn) -> str:
    """Before anything was read: the language of their record, or the company's."""
    principal = runtime.context.principal
    return principal.language if principal else runtime.context.company.default_language


def clean(text: str) -> str:
    """Drop control, zero-width and direction characters; keep line feeds."""
    kept = (c if c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co") else " " if c in "\t\r" else ""
            for c in unicodedata.normalize("NFC", text))  # fmt: skip
    return "".join(kept).strip()


def _signal(burst: Sequence[Incoming], said: str) -> str:
    """Name what came when there are no words: the last thing decides."""
    if said and re.search(r"\w", said) and any(m.text for m in burst if m.kind not in ("location", "contacts")):
        return ""
    last = burst[-1]
    if last.kind in QUIET:
        return "quiet"
    if last.kind == "audio" and last.media and last.media.voice:
        return "voice"
    if last.kind in ("image", "video", "document", "audio"):
        return "file"
    if last.kind == "text":
        return ("emoji" if any(unicodedata.category(c) == "So" for c in said) else "puzzled") if said else "blank"
    return last.kind


def _hand(burst: Sequence[Incoming], said: str) -> Literal["", "yes", "no", "quiet"]:
    """Read 👍 and 👎, sent as a reaction or alone in a message."""
    sign = said or next((m.text for m in reversed(burst) if m.kind == "reaction"), "")
    kind = burst[-1].kind
    if kind == "reaction" or (said and not re.search(r"\w", said)):
        signs = set(TONES.sub("", sign).strip())
        if signs and signs <= YES:
            return "yes"
        if signs and signs <= NO:
            return "no"
        return "quiet" if kind == "reaction" else ""
    return ""


def _answers(state: State, runtime: Turn, burst: Sequence[Incoming]) -> bool:
    """Say whether the sign is about what was asked last; a confirmation wants that to be certain."""
    last, sent = burst[-1], runtime.context.last_sent
    if phase_of(state) == "idle":
        return False
    if last.kind != "reaction":
        return True
    return last.quoted in sent if sent else phase_of(state) != "summary"
