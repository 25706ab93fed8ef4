"""List pages of the console and the API over a million payments."""
