"""What agents are refused at the desk, by a word that pages have a sentence for."""

from tools.service_desk import DeskRefusedError


class ActRefusedError(DeskRefusedError):
    """An act cannot be; `reason` names the sentence (`errors.request.REASON`), `values` fill it."""

    def __init__(self, reason: str, **values: str | int) -> None:
        super().__init__(" ".join((reason, *(f"{name}={value}" for name, value in values.items()))))
        self.reason = reason
        self.values = values
