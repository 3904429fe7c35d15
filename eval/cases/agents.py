"""What an agent of the desk does in the middle of a conversation."""

from tools.service_desk import Frozen, Status


class AgentAct(Frozen):
    """What a help-desk agent does meanwhile with a request: the newest of this employee, or that `number`."""

    reply: str = ""
    note: str = ""
    status: Status | None = None
    number: str = ""
    author: str = "Bianca"
