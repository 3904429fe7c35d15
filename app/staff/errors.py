"""What is refused about staff accounts, one class per reaction."""

from app.errors import RecadoError


class StaffRefusedError(RecadoError):
    """An account cannot be made or changed like this.

    `reason` names the sentence in the pages' wording (errors.yaml, "staff"); the message says it in English.
    """

    def __init__(self, reason: str, sentence: str) -> None:
        self.reason = reason
        super().__init__(sentence)


class OidcError(StaffRefusedError):
    """The company's sign-in lets nobody in; `reason` is unreachable, refused, expired, no_account, email or groups."""


class WeakPasswordError(StaffRefusedError):
    """The password is too short, too long or too easy to guess."""
