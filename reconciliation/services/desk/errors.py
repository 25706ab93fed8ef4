"""What the desk says when an action cannot be done."""


class DeskError(Exception):
    """The action was refused and nothing has changed; the message is for the person who asked."""
