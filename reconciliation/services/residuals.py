"""The named causes why a batch does not tie out, as rows of the batch and as exceptions."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Sum

from integrations.money import Money
from reconciliation.choices import NOT_PAID, Reason
from reconciliation.models import BankLine, SettlementBatch
from reconciliation.services.desk_open import Wanted
from reconciliation.services.rate_differences import as_rate_difference, explained, rate_rows
from reconciliation.tieout import Residual, Totals, name_difference


def reason_row(residual: Residual) -> dict[str, str]:
    return {
        "reason": residual.reason,
        "message": residual.message,
        "amount": residual.amount.text,
    }


def residual_wanted(batch: SettlementBatch, line: BankLine | None, residual: Residual) -> Wanted:
    return Wanted(
        reason=residual.reason,
        subject=f"batch:{batch.pk}",
        connection=batch.connection,
        message=residual.message,
        business_on=line.booked_on if line else batch.closed_on,
        amount=residual.amount.amount,
        currency=batch.currency,
        batch=batch,
        line=line,
        suggestions=[{"action": "dismiss", "label": "Accept the difference", "value": ""}],
    )


def not_as_reported(batch: SettlementBatch, own: Totals, here: int) -> str:
    """How the members of a batch differ from what the gateway reports; empty where they do not."""
    if here != batch.reported_count:
        return f"The gateway reports {batch.reported_count} transaction(s), {here} are here."
    is_same = (own.sales.amount, own.refunds.amount) == (
        *(batch.reported_sales, batch.reported_refunds),
    )
    if not is_same and not explained(batch, own):
        return (
            f"The gateway reports sales {batch.reported_sales} and refunds "
            f"{batch.reported_refunds}; its transactions come to {own.sales.text} and "
            f"{own.refunds.text}."
        )
    return ""


def at_stake(batch: SettlementBatch) -> Decimal:
    """What a batch is about at most, as reported or by our own books: its limits are measured so.

    A figure that is missing or too small never makes what is asked of a person smaller.
    """
    own = batch.transactions.exclude(status__in=NOT_PAID).order_by().values("kind")
    held = own.annotate(held=Sum("amount")).values_list("held", flat=True)
    figures = (
        *(batch.reported_sales, batch.reported_refunds),
        *(batch.sales_amount, batch.refunds_amount),
    )
    return max(abs(Decimal(each or 0)) for each in (*figures, *held))


def figures_row(batch: SettlementBatch, own: Totals, differs: str) -> dict[str, str]:
    """The gateway's own figures are others than those of the members, and the batch is paid."""
    reported = (batch.reported_sales or 0) - (batch.reported_refunds or 0)
    return {
        "reason": Reason.FIGURES_CHANGED.value,
        "message": differs,
        "amount": (own.cleared - Money.parse(reported, batch.currency)).text,
    }


def accepted_rows(batch: SettlementBatch) -> list[dict[str, str]]:
    """What a person accepted stays a reason: the certificate says it."""
    if not batch.accepted:
        return []
    return [
        {"reason": Reason.BATCH_INCOMPLETE.value, "message": batch.accepted, "amount": ""},
    ]


def named_difference(batch: SettlementBatch, own: Totals, paid: Money) -> Residual | None:
    """What the bank paid beside what was due, by its name; None where they are equal."""
    residual = name_difference(own, paid)
    return as_rate_difference(batch, own, residual) if residual else None


def standing_rows(batch: SettlementBatch, own: Totals) -> list[dict[str, str]]:
    """What is said of a batch whatever the bank pays: what was accepted, and rates that differ."""
    return [*accepted_rows(batch), *rate_rows(batch, own)]
