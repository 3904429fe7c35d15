"""Open the data request they have a right to: to be forgotten, or to have a copy."""

import re

from graph.state import State, Turn, Update
from tools.effects import DataRequest

COPY = re.compile(
    r"\b(?:c[oó]pi\w*|copy|export\w*|download|baix\w+|descarg\w+|what data|quais dados|qu[eé] (?:dados|datos))\b",
    re.IGNORECASE,
)
ERASE = re.compile(
    r"\bapag|\bexclu|\bdelet|\belimin|\bremov|\bborr|\bsuprim|\beras|\bwipe|\besque[cç]|\bolvid|\bforget", re.IGNORECASE
)


async def erase_data(state: State, runtime: Turn) -> Update:  # noqa: ARG001 every node has the same shape
    """Ask for it as an effect; a person of the privacy team takes it from there. In doubt they decide."""
    said = state.get("said", "")
    wants_copy = COPY.search(said) is not None and ERASE.search(said) is None
    return {"effects": (DataRequest(wish="export" if wants_copy else "erase"),)}
