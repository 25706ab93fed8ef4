"""The arithmetic of a settlement batch: pure.

gross − refunds − fees = net = what the bank paid; every difference has a name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from integrations.money import Money, total

#: So many times the contract's fees may be withheld before it is no longer called a fee.
FEE_AT_MOST = 3


@dataclass(frozen=True, slots=True)
class Totals:
    """Magnitudes of a batch as our own books have them; `net` may be negative."""

    sales: Money
    refunds: Money
    fees: Money

    @property
    def net(self) -> Money:
        return self.sales - self.refunds - self.fees

    @property
    def cleared(self) -> Money:
        """What the deposit takes out of the clearing account: gross less refunds."""
        return self.sales - self.refunds


@dataclass(frozen=True, slots=True)
class Residual:
    """A difference with its name. `amount` is signed: what the bank paid less what was due."""

    reason: str
    message: str
    amount: Money


def totals(sales: Sequence[tuple[Money, Money]], refunds: Sequence[Money], currency: str) -> Totals:
    """Add a batch up from its sales (amount, fee) and its refunds."""
    return Totals(
        sales=total((amount for amount, _ in sales), currency),
        refunds=total(refunds, currency),
        fees=total((fee for _, fee in sales), currency),
    )


def name_difference(due: Totals, paid: Money) -> Residual | None:
    """The name of what the bank paid beside what was due; None where they are equal.

    What the processor withheld is a matter of the fee as long as it could be one: not negative,
    and at most FEE_AT_MOST times what the contract says. Anything else is a deposit that differs.
    """
    difference = paid - due.net
    if not difference:
        return None
    withheld = due.cleared - paid
    zero = Money.zero(paid.currency)
    if zero <= withheld <= due.fees * FEE_AT_MOST:
        return Residual(
            "fee_differs",
            f"The bank paid {paid}; by the contract {due.net} was due. The processor withheld "
            f"{withheld} where the fees are {due.fees}.",
            difference,
        )
    return Residual("deposit_differs", f"The bank paid {paid}; {due.net} was due.", difference)


def next_banking_day(day: date) -> date:
    """The first Monday to Friday after `day`."""
    following = day + timedelta(days=1)
    while following.weekday() >= 5:
        following += timedelta(days=1)
    return following


def banking_days_after(day: date, count: int) -> date:
    for _ in range(count):
        day = next_banking_day(day)
    return day
