"""Roles and duties in words, for the page that explains them."""

from __future__ import annotations

from typing import Final

from audit.roles import Duty, Role

ROLES: Final[dict[Role, str]] = {
    Role.VIEWER: "Looks at everything that is not confidential.",
    Role.OPERATOR: "Works on exceptions and takes in statements, day by day.",
    Role.MAPPER: "Prepares rules: accounts, methods, customers.",
    Role.APPROVER: "Approves what others prepared, and closes.",
    Role.ADMIN: "Looks after connections, alerts and people; touches no money.",
    Role.AUDITOR: "Sees what came in and what was done, and changes nothing.",
}
DUTIES: Final[dict[str, str]] = {
    "view": "See dashboard, transactions, batches, postings and exceptions",
    "work_exceptions": "Work on exceptions, try postings again, check the ERP",
    "upload_statements": "Upload bank statements",
    "edit_rules": "Prepare changes of rules",
    "approve_rules": "Approve changes of rules that somebody else prepared",
    "replay_rules": "See what a past period would have posted under other rules",
    "approve_postings": "Approve postings",
    "close_periods": "Close periods",
    "manage_connections": "Set up connections and their secrets",
    "approve_connections": "Approve changes of connections that somebody else prepared",
    "manage_users": "Invite people, give and take roles, end sessions",
    "manage_keys": "Make and revoke API keys",
    "export": "Take lists away as files (recorded)",
    "view_envelopes": "Open what came in, byte by byte (recorded)",
    "view_audit": "Read the audit log",
    "verify_audit": "Verify the audit log",
    "acknowledge_alerts": "Say that one looks after an alert",
    "manage_alerts": "Decide who is told of alerts, and silence them",
}


def duty_words(duty: Duty) -> str:
    return DUTIES.get(duty.value, duty.value.replace("_", " ").capitalize())
