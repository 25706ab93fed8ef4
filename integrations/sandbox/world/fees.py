"""The bank's own copy of what the processor's contract says about fees. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Rates:
    """A share of each sale and a fixed amount a sale; refunds get nothing back."""

    share: Decimal
    each: Decimal

    def fee(self, sale: Decimal) -> Decimal:
        """Rounded half up for every sale by itself."""
        return (sale * self.share + self.each).quantize(CENT, rounding=ROUND_HALF_UP)

    def net(self, sales: Iterable[Decimal], refunds: Iterable[Decimal]) -> Decimal:
        """What the bank pays for a batch; negative when it takes instead."""
        gross = sum(((sale - self.fee(sale)) for sale in sales), Decimal(0))
        return gross - sum(refunds, Decimal(0))


CONTRACT = Rates(Decimal("0.029"), Decimal("0.30"))
# What a bank charges that mixes its customers up.
OVERCHARGED = Rates(Decimal("0.035"), Decimal("0.35"))
