"""What ends the world's run; everything that passes is waited for instead."""


class WorldError(Exception):
    """The world cannot go on; the text says why in a sentence for the person who started it."""
