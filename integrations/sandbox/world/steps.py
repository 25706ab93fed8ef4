"""What a payer does, before it has a number and a moment."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from integrations.sandbox.world.kinds import Kind


class Verb(StrEnum):
    SALE = "sale"
    AUTHORIZATION = "authorization"
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"
    CUSTOMER_REFUND = "customer_refund"


class Result(StrEnum):
    """What the gateway will say, because the payer sees to it."""

    APPROVED = "approved"
    DECLINED = "declined"
    AUTO_VOIDED = "auto_voided"


@dataclass(slots=True, eq=False, kw_only=True)
class Step:
    """One action of a story; `order` (0 to 1) places it within its day or evening."""

    on: date
    order: float
    verb: Verb
    amount: Decimal
    customer_id: str
    vault: bool
    evening: bool = False
    invoice_id: str = ""
    description: str = ""
    result: Result = Result.APPROVED
    invoices: tuple[str, ...] = ()
    planted: Kind | None = None
    dirty: bool = False
    of: "Step | None" = None
