"""Take the conversation back from the person it was handed to, because the employee asks for it."""

from graph.speech import settle
from graph.state import State, Turn, Update
from tools.effects import HandBack


async def take_back(state: State, runtime: Turn) -> Update:  # noqa: ARG001 every node has the same shape
    """Answer here again; what the employee wrote to the person stays theirs."""
    return settle() | {"effects": (HandBack(),)}
