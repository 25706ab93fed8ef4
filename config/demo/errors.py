class DemoError(Exception):
    """The demo cannot start or go on; the text is a sentence for the person who started it."""
