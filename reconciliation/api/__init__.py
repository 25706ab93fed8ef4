"""The books and the desk for other software."""
