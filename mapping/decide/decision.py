"""What is decided upon, what is known meanwhile, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from integrations.canonical import (
    ApplicationDraft,
    CashReceiptDraft,
    CreditMemoDraft,
    JournalDraft,
    OpenItemRecord,
)
from integrations.money import Money
from mapping.decide.conversion import Conversion
from mapping.problems import Problem
from mapping.references import Reference
from mapping.rules.currencies import Rate
from mapping.rules.risks import History


@dataclass(frozen=True, slots=True)
class Payment:
    """The transaction as it is decided upon. `settlement_ref` names its batch in the ledger.

    `texts` are what the payer typed, as it stands; `captured_at` is aware. They and what follows
    are for field maps alone.
    """

    vendor_id: str
    kind: str
    status: str
    amount: Money
    business_on: date
    settlement_ref: str
    customer_ref: str
    references: tuple[Reference, ...]
    method: str
    parent_id: str = ""
    texts: tuple[str, ...] = ()
    captured_at: datetime | None = None
    payer_name: str = ""
    last4: str = ""
    approval_code: str = ""
    response: str = ""
    #: What its status is called in the ERP, by the rules.
    erp_status: str = ""
    #: Checks that a person has said need not hold for it.
    accepted: frozenset[str] = frozenset()
    #: What the gateway says, and by which rate `amount` was made of it; None: it is as said.
    conversion: Conversion | None = None


@dataclass(frozen=True, slots=True)
class StandingReceipt:
    """A receipt that the ERP holds under the key of a payment that is not decided here.

    That is so where the hub has lost what it knew. `customer_id` is empty for unidentified money.
    `is_replayed`: what stands is held against other rules, whose validations are asked then;
    `asked` is what its invoices asked for when it was decided, None where that is not known.
    """

    customer_id: str
    applications: tuple[ApplicationDraft, ...]
    asked: Money | None = None
    is_replayed: bool = False


#: Fires for a receipt that was decided before, and is taken as it stands.
ALREADY_THERE: Final = "already in the ERP"


@dataclass(slots=True)
class Desk:
    """What is known about customers and invoices while a set of payments is decided in order.

    `available` is what can still be applied to an invoice and falls as payments are decided;
    `paid_by_us` holds the invoices to which an earlier payment of ours was applied; `standing`
    what the ERP has already, by the payment's vendor id.
    """

    company: str
    customers: Mapping[str, str]
    items: Mapping[str, Sequence[OpenItemRecord]]
    available: dict[str, Money]
    paid_by_us: set[str] = field(default_factory=set)
    standing: Mapping[str, StandingReceipt] = field(default_factory=dict)
    #: The customer that stays, by each that is merged into it.
    merged: Mapping[str, str] = field(default_factory=dict)
    #: What the pair posts in, empty where nobody says, and the rates that its rules may ask for.
    currency: str = ""
    rates: Sequence[Rate] = ()
    #: Days in closed periods of the ERP; None: nobody asked it.
    closed_days: frozenset[date] | None = None
    #: What came before each payment, by vendor id, where a risk rule asks for it.
    histories: Mapping[str, History] = field(default_factory=dict)

    def period_is_open(self, day: date) -> bool | None:
        return None if self.closed_days is None else day not in self.closed_days

    def party(self, customer_id: str) -> str:
        """Who a customer is after merges."""
        return self.merged.get(customer_id, customer_id)


@dataclass(frozen=True, slots=True)
class Decision:
    """What is owed, why, and what a person has to look at. No drafts: nothing is posted."""

    action: str
    rules: tuple[str, ...]
    receipt: CashReceiptDraft | None = None
    refund: JournalDraft | None = None
    memo: CreditMemoDraft | None = None
    clearing_account: str = ""
    placement: str = ""
    customer_id: str = ""
    problems: tuple[Problem, ...] = ()
    is_held: bool = False
    #: What the invoices that are named asked for together; None where that is not known.
    asked: Money | None = None
