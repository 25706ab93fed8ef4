"""Settings of the apps above that change by two persons, as connections and pairs do.

An app registers its setting once, at start; proposing, approving, refusing, withdrawing, history
and pages are those of `connection_changes`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from audit.roles import Duty

Values = Mapping[str, Any]
#: Label, what stands, what is to stand; empty where there is nothing.
Lines = Sequence[tuple[str, str, str]]


@dataclass(frozen=True)
class Setting:
    """`key` is which one of its sort it is (a pair's id, say), empty where there is one only.

    standing: what is in force, JSON-plain. put: puts values in force, inside a transaction, for who
    proposed and who approved; raises ValueError with a sentence where they cannot be.
    """

    name: str
    propose: Duty
    approve: Duty
    standing: Callable[[str], dict[str, Any]]
    put: Callable[[str, Values, str, str], None]
    lines: Callable[[Values, Values], Lines]
    page: Callable[[str], str]

    def subject(self, key: str) -> str:
        return f"{self.name}:{key}"


SETTINGS: Final[dict[str, Setting]] = {}


def register(setting: Setting) -> None:
    """Called once, at start, by the app whose setting it is."""
    SETTINGS[setting.name] = setting


def setting_of(subject: str) -> tuple[Setting, str]:
    """The setting that a change is about, and which one of its sort."""
    name, _, key = subject.partition(":")
    return SETTINGS[name], key
