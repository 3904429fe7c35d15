"""Personal data out of log lines: a person's number, address, card or code is replaced by what it was."""

import re
from collections.abc import Mapping
from typing import Any

from tools.personal_data import hidden

HIDDEN = "[hidden]"
# Fields whose value is a person's or a secret whatever it looks like.
PERSONAL = frozenset(
    {
        "email",
        "phone",
        "wa_id",
        "bsuid",
        "user_id",
        "cpf",
        "cnpj",
        "card",
        "otp",
        "text",
        "body",
        "words",
        "profile_name",
    }
    | {"password", "token", "access_token", "app_secret", "secret", "pepper", "authorization", "api_key", "payload"}
)
ESCAPED = re.compile(r"(?:\\x[0-9a-f]{2})+|(?:\\u[0-9a-fA-F]{4})+")  # as Python shows bytes and JSON shows letters
LONGEST = 8192  # characters kept of one text; what is longer is no log line


def mask(text: str) -> str:
    """The text without personal data, cut when very long."""
    cut = len(text) > LONGEST
    text = text[: LONGEST + 64]  # so that nothing at the cut is seen by half
    if "\\" in text:
        text = ESCAPED.sub(_unescaped, text)
    text = hidden(text)
    return f"{text[:LONGEST]}…" if cut else text


def _unescaped(match: re.Match[str]) -> str:
    """The letters that were escaped; what is no text stays as it is."""
    if match[0][1] == "u":
        return "".join(chr(int(code, 16)) for code in match[0].split("\\u")[1:])
    try:
        return bytes.fromhex(match[0].replace("\\x", "")).decode()
    except UnicodeDecodeError:
        return match[0]


def mask_value(value: Any, name: str = "") -> Any:
    """The same of data: what is no number, truth value or nothing becomes text, personal fields are hidden whole."""
    if name.lower() in PERSONAL and value not in (None, "", b""):
        return HIDDEN
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        shown = str(value)
        return value if mask(shown) == shown else mask(shown)
    if isinstance(value, Mapping):
        return {mask(str(key)): mask_value(item, str(key)) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [mask_value(item) for item in value]
    return mask(value if isinstance(value, str) else repr(value))
