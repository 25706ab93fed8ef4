"""A rule set version as plain values: what pure decisions read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from integrations.money import Money
from integrations.targets import TargetField
from mapping.problems import Problem, ProblemKind, Suggestion, UnmappedError
from mapping.rules import accounts as account_rules
from mapping.rules import fees as fee_rules
from mapping.rules import methods as method_rules
from mapping.rules import statuses as status_rules
from mapping.rules.currencies import CurrencyRow
from mapping.rules.customers import CustomerRow
from mapping.rules.fields import FieldRow
from mapping.rules.items import ItemRow
from mapping.rules.risks import RiskRow
from mapping.rules.taxes import TaxRow
from mapping.rules.validations import ValidationRow


@dataclass(frozen=True, slots=True)
class RuleBook:
    """The rules in force. Each look-up answers with the row that fired, or raises UnmappedError."""

    version_id: int
    number: int
    accounts: tuple[account_rules.AccountRow, ...]
    methods: tuple[method_rules.MethodRow, ...]
    statuses: tuple[status_rules.StatusRow, ...]
    fees: tuple[fee_rules.FeeRow, ...]
    deposit_pattern: str
    customers: tuple[CustomerRow, ...] = ()
    validations: tuple[ValidationRow, ...] = ()
    risks: tuple[RiskRow, ...] = ()
    currencies: tuple[CurrencyRow, ...] = ()
    taxes: tuple[TaxRow, ...] = ()
    items: tuple[ItemRow, ...] = ()
    fields: tuple[FieldRow, ...] = ()
    #: The ERP's fields that `fields` may fill, by name.
    targets: Mapping[str, TargetField] = field(default_factory=dict)

    def account(
        self,
        role: str,
        amount: Money,
        *,
        kind: str = "",
        method: str = "",
        location: str = "",
        department: str = "",
    ) -> account_rules.AccountRow:
        row = account_rules.choose(
            self.accounts,
            role,
            kind,
            method,
            currency=amount.currency,
            location=location,
            department=department,
        )
        if row is None:
            raise UnmappedError(
                Problem(
                    ProblemKind.ACCOUNT_UNMAPPED,
                    f"No rule says which account is for {role}"
                    + (f" of a {kind}" if kind else "")
                    + (f" by {method}" if method else "")
                    + ".",
                    amount,
                    (Suggestion("map_account", f"Map an account for {role}", role),),
                    (("role", role), ("kind", kind), ("method", method)),
                )
            )
        return row

    def method(self, method: str, amount: Money) -> method_rules.MethodRow:
        row = method_rules.choose(self.methods, method)
        if row is None:
            raise UnmappedError(
                Problem(
                    ProblemKind.METHOD_UNMAPPED,
                    f"No rule gives the ERP's payment method for {method or 'an unnamed card'}.",
                    amount,
                    (Suggestion("map_method", f"Map {method or 'unnamed cards'}", method),),
                    (("method", method),),
                )
            )
        return row

    def status(self, kind: str, status: str, amount: Money) -> status_rules.StatusRow:
        row = status_rules.choose(self.statuses, kind, status)
        if row is None:
            raise UnmappedError(
                Problem(
                    ProblemKind.ACTION_UNMAPPED,
                    f"No rule says what a {kind} that is {status} leads to.",
                    amount,
                    details=(("kind", kind), ("status", status)),
                )
            )
        return row

    def fee(self, sale: Money, method: str) -> tuple[Money, str]:
        """The contract's fee of one sale and the rule that gave it; no rule, no fee."""
        row = fee_rules.choose(self.fees, method)
        if row is None:
            return Money.zero(sale.currency), "no fee rule"
        return row.fee(sale), row.name
