"""What an API key may be used for: scopes, each tied to one duty."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Final

from audit.roles import Duty


class Scope(StrEnum):
    """What a key may be used for: one duty each, so that pages and API ask the same question.

    A key that approves does so for its owner: nothing that the owner, or another key of theirs, had
    a part in. No scope changes users or keys: those are for people.
    """

    READ = "read"
    READ_AUDIT = "read:audit"
    READ_ENVELOPES = "read:envelopes"
    WRITE_EXCEPTIONS = "write:exceptions"
    WRITE_STATEMENTS = "write:statements"
    WRITE_CONNECTIONS = "write:connections"
    WRITE_ALERTS = "write:alerts"
    WRITE_RULES = "write:rules"
    REPLAY_RULES = "replay:rules"
    APPROVE_RULES = "approve:rules"
    APPROVE_POSTINGS = "approve:postings"
    EXPORT = "export"


SCOPE_DUTY: Final[dict[Scope, Duty]] = {
    Scope.READ: Duty.VIEW,
    Scope.READ_AUDIT: Duty.VIEW_AUDIT,
    Scope.READ_ENVELOPES: Duty.VIEW_ENVELOPES,
    Scope.WRITE_EXCEPTIONS: Duty.WORK_EXCEPTIONS,
    Scope.WRITE_STATEMENTS: Duty.UPLOAD_STATEMENTS,
    Scope.WRITE_CONNECTIONS: Duty.MANAGE_CONNECTIONS,
    Scope.WRITE_ALERTS: Duty.ACKNOWLEDGE_ALERTS,
    Scope.WRITE_RULES: Duty.EDIT_RULES,
    Scope.REPLAY_RULES: Duty.REPLAY_RULES,
    Scope.APPROVE_RULES: Duty.APPROVE_RULES,
    Scope.APPROVE_POSTINGS: Duty.APPROVE_POSTINGS,
    Scope.EXPORT: Duty.EXPORT,
}
SCOPE_WORDS: Final[dict[Scope, str]] = {
    Scope.READ: "Read everything that a viewer sees",
    Scope.READ_AUDIT: "Read the audit log",
    Scope.READ_ENVELOPES: "Open envelopes: what came in, without card data",
    Scope.WRITE_EXCEPTIONS: "Work on exceptions, have postings tried again and looked up",
    Scope.WRITE_STATEMENTS: "Upload bank statements",
    Scope.WRITE_CONNECTIONS: "Pause and resume connections",
    Scope.WRITE_ALERTS: "Acknowledge alerts",
    Scope.WRITE_RULES: "Draft rule sets, take their files and hand them in",
    Scope.REPLAY_RULES: "Replay rule sets over past periods",
    Scope.APPROVE_RULES: "Put rule sets in force that its owner had no part in",
    Scope.APPROVE_POSTINGS: "Approve bulk runs that its owner did not ask for",
    Scope.EXPORT: "Take the files of rule sets",
}


def duties_of_scopes(scopes: Collection[str]) -> frozenset[Duty]:
    """The duties of the scopes there are; a text that is none gives nothing."""
    return frozenset(duty for scope, duty in SCOPE_DUTY.items() if scope.value in scopes)
