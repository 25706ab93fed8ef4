"""What an API key may be used for: scopes, each tied to one duty."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Final

from audit.roles import Duty


class Scope(StrEnum):
    """What a key may be used for: one duty each, so that pages and API ask the same question.

    No scope lets a key approve anything, or change rules, users or keys: those are for people.
    """

    READ = "read"
    WRITE_EXCEPTIONS = "write:exceptions"
    WRITE_STATEMENTS = "write:statements"
    WRITE_CONNECTIONS = "write:connections"


SCOPE_DUTY: Final[dict[Scope, Duty]] = {
    Scope.READ: Duty.VIEW,
    Scope.WRITE_EXCEPTIONS: Duty.WORK_EXCEPTIONS,
    Scope.WRITE_STATEMENTS: Duty.UPLOAD_STATEMENTS,
    Scope.WRITE_CONNECTIONS: Duty.MANAGE_CONNECTIONS,
}
SCOPE_WORDS: Final[dict[Scope, str]] = {
    Scope.READ: "Read everything that a viewer sees",
    Scope.WRITE_EXCEPTIONS: "Work on exceptions, have postings tried again and looked up",
    Scope.WRITE_STATEMENTS: "Upload bank statements",
    Scope.WRITE_CONNECTIONS: "Pause and resume connections",
}


def duties_of_scopes(scopes: Collection[str]) -> frozenset[Duty]:
    """The duties of the scopes there are; a text that is none gives nothing."""
    return frozenset(duty for scope, duty in SCOPE_DUTY.items() if scope.value in scopes)
