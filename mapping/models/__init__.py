"""Versioned rule sets of a pair, rates, and the links between gateway and ERP identities."""

from mapping.models.links import CustomerLink
from mapping.models.rates import ExchangeRate
from mapping.models.rules import (
    AccountRule,
    CurrencyRule,
    CustomerRule,
    FeeRule,
    ItemRule,
    MethodRule,
    Rule,
    StatusRule,
    TaxRule,
    ValidationRule,
)
from mapping.models.ruleset import RuleSetVersion

__all__ = [
    "AccountRule",
    "CurrencyRule",
    "CustomerLink",
    "CustomerRule",
    "ExchangeRate",
    "FeeRule",
    "ItemRule",
    "MethodRule",
    "Rule",
    "RuleSetVersion",
    "StatusRule",
    "TaxRule",
    "ValidationRule",
]
