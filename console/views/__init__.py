"""The page types that every app builds its pages from."""

from console.views.listing import ListPage
from console.views.theme import ThemeView

__all__ = ["ListPage", "ThemeView"]
