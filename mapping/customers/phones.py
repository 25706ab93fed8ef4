"""Telephone numbers as digits, comparable with and without country and trunk prefixes. Pure."""

from __future__ import annotations

import re
from typing import Final

_EXTENSION: Final = re.compile(r"(?:ext|extension|x|durchwahl)[.:\s]*\d+\s*$", re.IGNORECASE)
#: A national number; shorter texts say nothing.
SHORTEST: Final = 7
#: So many digits from the end are the same with and without prefixes.
_COMPARED: Final = 9


def read_phone(text: str) -> str:
    """The last nine digits of a number without its extension; empty where it is too short."""
    digits = re.sub(r"\D", "", _EXTENSION.sub("", text).replace("(0)", ""))
    if len(digits) < SHORTEST or len(set(digits)) <= 2:
        return ""  # 000-000-0000 is what people type who have none
    return digits[-_COMPARED:]
