"""What is wrong with a setting that somebody wants."""


class SettingRefusedError(Exception):
    """A setting cannot be as asked; `reason` names the sentence, `values` fill it, `place` is the field of the form."""

    def __init__(self, reason: str, *, place: str = "", **values: str | int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.place = place
        self.values = values
