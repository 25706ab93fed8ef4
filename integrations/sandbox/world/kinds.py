"""What can go wrong in the world on purpose, and what an honest hub says about it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """One sort of abnormal story."""

    PARTIAL = "partial"
    MULTI = "multi"
    OVERPAID = "overpaid"
    DIRTY = "dirty"
    DECLINED = "declined"
    AUTO_VOIDED = "auto_voided"
    VOIDED = "voided"
    REFUNDED = "refunded"
    REFUND_UNLINKED = "refund_unlinked"
    SECOND_CHARGE = "second_charge"
    INVOICE_NOT_FOUND = "invoice_not_found"
    CUSTOMER_UNKNOWN = "customer_unknown"
    SEVERAL_CUSTOMERS = "several_customers"
    CARD_NUMBER = "card_number_removed"
    LATE_CAPTURE = "late_capture"
    DROPPED_SALE = "dropped_sale"
    UNREADABLE_RECORD = "unreadable_record"
    READ_FAULT = "read_fault"
    ERP_UNKNOWN = "erp_unknown"
    ERP_REFUSED = "erp_refused"
    ERP_DEADLOCK = "erp_deadlock"
    FEE_DIFFERS = "fee_differs"
    DEPOSIT_MISSING = "deposit_missing"
    DEPOSIT_UNMATCHED = "deposit_unmatched"
    UNREADABLE_LINE = "unreadable_statement_line"
    UNREADABLE_HINT = "unreadable_hint"
    STOCK_SHORT = "stock_short"
    ORDER_SUMS = "order_sums"
    ORDER_CHANGED = "order_changed"
    ORDER_PAYMENT = "order_payment"


#: What is wrong with a shop's orders, where the world has a shop.
ORDERS: Final = frozenset(
    {Kind.STOCK_SHORT, Kind.ORDER_SUMS, Kind.ORDER_CHANGED, Kind.ORDER_PAYMENT}
)
# The kinds that a person must be shown, under a reason of the kind's own name. All others have to
# be got over without anybody.
SHOWN: Final = frozenset(
    {
        Kind.OVERPAID,
        Kind.REFUND_UNLINKED,
        Kind.SECOND_CHARGE,
        Kind.INVOICE_NOT_FOUND,
        Kind.CUSTOMER_UNKNOWN,
        Kind.SEVERAL_CUSTOMERS,
        Kind.CARD_NUMBER,
        Kind.UNREADABLE_RECORD,
        Kind.FEE_DIFFERS,
        Kind.DEPOSIT_MISSING,
        Kind.DEPOSIT_UNMATCHED,
        Kind.UNREADABLE_LINE,
        Kind.UNREADABLE_HINT,
        *ORDERS,
    }
)
# The rest are shown under a reason of the kind's own name.
REASONS: Final = {Kind.UNREADABLE_HINT: "unreadable_record"}
# Shown first and gone by itself: the next reading is clean.
HEALED: Final = frozenset({Kind.UNREADABLE_RECORD, Kind.UNREADABLE_LINE})


@dataclass(frozen=True, slots=True)
class Planted:
    """One planted fault and where it stands in the gateway's and the bank's own words.

    reason: the reason code under which the hub has to show it; None when nobody must be asked.
    At most one of `transaction_id`, `batch_number`, `line` (a bank line's reference) and `order`
    (its number at the shop) is set.
    """

    kind: Kind
    note: str
    transaction_id: str = ""
    batch_number: str = ""
    line: str = ""
    order: str = ""

    @property
    def reason(self) -> str | None:
        return REASONS.get(self.kind, self.kind.value) if self.kind in SHOWN else None

    @property
    def healed(self) -> bool:
        return self.kind in HEALED
