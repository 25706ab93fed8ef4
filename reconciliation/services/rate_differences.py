"""What the gateway settled a payment for beside the rate at which a person booked it.

The gateway reports a batch in its own currency, with the payments of other currencies at its own
rate. What its sum and ours differ by is then the difference of the two rates, as long as it could
be one: at most FURTHEST of what those payments were booked at.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from integrations.money import Money
from reconciliation.choices import NOT_PAID, Reason, TransactionKind
from reconciliation.models import SettlementBatch, Transaction
from reconciliation.tieout import Residual, Totals

#: Two rates of one day are not further apart; more is a batch that does not add up.
FURTHEST: Final = Decimal("0.05")


def explained(batch: SettlementBatch, own: Totals) -> str:
    """The difference of the rates in words; empty where there is none, or it explains nothing."""
    rows = at_rates(batch)
    if not rows:
        return ""
    is_refund = TransactionKind.REFUND
    sales = [row for row in rows if row.kind != is_refund]
    refunds = [row for row in rows if row.kind == is_refund]
    told = []
    for side, reported, ours in (
        (sales, batch.reported_sales, own.sales),
        (refunds, batch.reported_refunds, own.refunds),
    ):
        differs = (reported if reported is not None else ours.amount) - ours.amount
        booked = sum((row.amount for row in side), Decimal(0))
        if abs(differs) > booked * FURTHEST:
            return ""
        if differs:
            told.append(_in_words(side, booked, differs, batch.currency))
    return " ".join(told)


def at_rates(batch: SettlementBatch) -> list[Transaction]:
    """The members that a person booked at a rate."""
    rows = batch.transactions.exclude(status__in=NOT_PAID).filter(booked_rate__isnull=False)
    return list(rows.order_by("pk"))


def rate_rows(batch: SettlementBatch, own: Totals) -> list[dict[str, str]]:
    """As a reason of the batch, which its certificate says."""
    said = explained(batch, own)
    if not said:
        return []
    amount = _reported(batch, own) - own.cleared
    return [
        {"reason": Reason.CURRENCY_FOREIGN.value, "message": said, "amount": amount.text},
    ]


def as_rate_difference(batch: SettlementBatch, own: Totals, residual: Residual) -> Residual:
    """The same difference under its own name, where it is exactly that of the rates."""
    said = explained(batch, own)
    if not said or residual.amount != _reported(batch, own) - own.cleared:
        return residual
    return Residual("deposit_differs", said, residual.amount)


def _reported(batch: SettlementBatch, own: Totals) -> Money:
    """What the gateway reports, sales less refunds."""
    sales = batch.reported_sales if batch.reported_sales is not None else own.sales.amount
    refunds = batch.reported_refunds if batch.reported_refunds is not None else own.refunds.amount
    return Money(sales - refunds, batch.currency)


def _in_words(side: list[Transaction], booked: Decimal, differs: Decimal, currency: str) -> str:
    settled = booked + differs
    names = ", ".join(row.vendor_id for row in side[:5]) + (" …" if len(side) > 5 else "")
    currencies = {row.original_currency for row in side}
    rates = ""
    if len(currencies) == 1:
        original = sum((row.original_amount or Decimal(0) for row in side), Decimal(0))
        rates = (
            f" for {Money(original, *currencies)}, a rate of {settled / original:.6f} where "
            f"{booked / original:.6f} was booked"
        )
    return (
        f"The gateway settled {Money(settled, currency)}{rates}; it was booked as "
        f"{Money(booked, currency)} (payment {names}). The rates differ by "
        f"{Money(abs(differs), currency)}."
    )
