"""Versioned rule sets of a pair, and the links between gateway and ERP identities."""

from mapping.models.links import CustomerLink
from mapping.models.ruleset import AccountRule, FeeRule, MethodRule, RuleSetVersion, StatusRule

__all__ = [
    "AccountRule",
    "CustomerLink",
    "FeeRule",
    "MethodRule",
    "RuleSetVersion",
    "StatusRule",
]
