"""What the desk says when an action cannot be done."""


class DeskError(Exception):
    """The action was refused and nothing has changed; the message is for the person who asked."""


class AccountMissingError(DeskError):
    """The rules in force name no account; `version_id` is the version that lacks it."""

    def __init__(self, message: str, version_id: int) -> None:
        super().__init__(message)
        self.version_id = version_id
