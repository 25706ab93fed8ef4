"""Who acts by an API key: something that stands where a user stands, with duties of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from audit.roles import Duty


@dataclass(frozen=True)
class KeyHolder:
    """A live key in use. `pk` is its owner's: nobody approves by a key what they prepared."""

    name: str
    pk: int
    duties: frozenset[Duty] = field(default_factory=frozenset)
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False

    def get_username(self) -> str:
        return self.name

    @property
    def actor(self) -> str:
        return f"key:{self.name}"
