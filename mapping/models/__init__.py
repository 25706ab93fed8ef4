"""Versioned rule sets of a pair, rates, and the links between gateway and ERP identities."""

from mapping.models.customers import (
    CustomerCandidate,
    CustomerIdentity,
    CustomerPolicy,
    CustomerSource,
    IdentityKey,
)
from mapping.models.links import CustomerLink, CustomerLinkHistory, CustomerMerge
from mapping.models.rates import ExchangeRate
from mapping.models.risks import RiskRule
from mapping.models.rule_import import RuleImport
from mapping.models.rules import (
    AccountRule,
    CurrencyRule,
    CustomerRule,
    FeeRule,
    FieldRule,
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
    "CustomerCandidate",
    "CustomerIdentity",
    "CustomerLink",
    "CustomerLinkHistory",
    "CustomerMerge",
    "CustomerPolicy",
    "CustomerRule",
    "CustomerSource",
    "ExchangeRate",
    "FeeRule",
    "FieldRule",
    "IdentityKey",
    "ItemRule",
    "MethodRule",
    "RiskRule",
    "Rule",
    "RuleImport",
    "RuleSetVersion",
    "StatusRule",
    "TaxRule",
    "ValidationRule",
]
