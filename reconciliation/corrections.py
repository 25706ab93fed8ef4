"""What to do about the receipts of a payment that the gateway changed before it settled. Pure.

A receipt is entered when its payment is captured. What comes before the settlement (a void, a new
amount, a return) is answered from what is owed now and from where each receipt has come to: one
that cannot have reached the ERP is cancelled, one that stands there is reversed whole, and while
that is not known nothing is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from integrations.money import Money
from reconciliation.choices import TransactionKind, TransactionStatus

#: The gateway has the money, or will have it.
PAID: Final = frozenset(
    {
        TransactionStatus.CAPTURED,
        TransactionStatus.SETTLED,
        TransactionStatus.FUNDED,
        TransactionStatus.PARTIALLY_REFUNDED,
        TransactionStatus.REFUNDED,
    }
)
#: Ends without a settlement; after it, what takes the money back is an effect of its own.
NEVER_PAID: Final = frozenset({TransactionStatus.DECLINED, TransactionStatus.VOIDED})


class Place(StrEnum):
    """Where a receipt has come to: surely not sent, perhaps, or surely in the ERP."""

    UNSENT = "unsent"
    IN_DOUBT = "in_doubt"
    STANDING = "standing"


class Step(StrEnum):
    KEEP = "keep"
    OWE = "owe"
    NOTHING = "nothing"
    WAIT = "wait"
    CANCEL = "cancel"
    REVERSE = "reverse"


@dataclass(frozen=True, slots=True)
class Received:
    """A receipt that counts; a transfer only moves the money of another one."""

    amount: Money
    place: Place
    is_transfer: bool = False


def owed_receipt(kind: str, status: str, amount: Money, *, is_settled: bool) -> Money | None:
    """What a payment's receipts have to come to; None where there must not be any."""
    if kind == TransactionKind.REFUND or status in NEVER_PAID:
        return None
    return amount if status in PAID or is_settled else None


def next_step(owed: Money | None, received: Sequence[Received], *, is_taking_back: bool) -> Step:
    """The next step towards what is owed; asked again once it has been carried out.

    `received` are the receipts that are neither cancelled nor reversed; `is_taking_back` says that
    a reversal is still on its way: the invoice is free only once it has arrived.
    """
    if not received:
        if owed is None:
            return Step.NOTHING
        return Step.WAIT if is_taking_back else Step.OWE
    if [one.amount for one in received if not one.is_transfer] == [owed]:
        return Step.KEEP
    places = {one.place for one in received}
    if Place.IN_DOUBT in places:
        return Step.WAIT
    return Step.CANCEL if Place.UNSENT in places else Step.REVERSE
