"""What one person may do alone, by the money it is about; above it a second person is asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from reconciliation.models import DeskLimit
from reconciliation.services.desk.errors import DeskError


@dataclass(frozen=True, slots=True)
class Limit:
    """In major units of any currency. `never_above`: not even with a second person."""

    alone_up_to: Decimal
    never_above: Decimal | None = None


#: What holds until somebody says otherwise.
DEFAULTS: Final[Mapping[str, Limit]] = {
    "dismiss": Limit(Decimal(10_000)),
    "accept": Limit(Decimal(10_000)),
    "link_batch": Limit(Decimal(100)),
    "post_anyway": Limit(Decimal(10_000)),
    "release": Limit(Decimal(10_000)),
    "apply_elsewhere": Limit(Decimal(10_000)),
    "give_back": Limit(Decimal(10_000)),
    "book_at_rate": Limit(Decimal(10), never_above=Decimal(1_000)),
    "correct": Limit(Decimal(1_000)),
    "write_off": Limit(Decimal(5), never_above=Decimal(50)),
}
#: Whatever the limits are changed to, in major units of any currency: more is no small difference.
BOUNDS: Final[Mapping[str, Decimal]] = {"write_off": Decimal(500)}
#: What these are measured by is not the exception's amount: they ask for themselves.
MEASURED_BY_THEMSELVES: Final = frozenset(
    {"link_batch", "apply_elsewhere", "write_off", "correct", "book_at_rate"}
)
#: By currency, the money that a second person saw when they approved; None where nobody has.
_approved: ContextVar[Mapping[str, Decimal] | None] = ContextVar("approved", default=None)


class SecondPersonNeededError(DeskError):
    """Nothing was done: it is above what one person may do alone. It can be asked for.

    `amount` and `currency` are what the limit was compared with.
    """

    def __init__(self, message: str, amount: Decimal, currency: str) -> None:
        super().__init__(message)
        self.amount, self.currency = amount, currency


Approval = AbstractContextManager[None]


@contextmanager
def approved(up_to: Mapping[str, Decimal] | None) -> Iterator[None]:
    """What is done inside has been approved by a second person, up to so much by currency."""
    token = _approved.set(up_to)
    try:
        yield
    finally:
        _approved.reset(token)


def limit_of(action: str) -> Limit | None:
    """The limit of an action; None for one that has none."""
    if action not in DEFAULTS:
        return None
    row = DeskLimit.objects.filter(action=action).first()
    return Limit(row.alone_up_to, row.never_above) if row else DEFAULTS[action]


def needs_second(action: str, amounts: Mapping[str, Decimal]) -> bool:
    """Whether so much, by currency, is more than one person may do alone."""
    limit = limit_of(action)
    return limit is not None and any(held > limit.alone_up_to for held in amounts.values())


def require_for(action: str, amount: Decimal, currency: str) -> None:
    """As `require_within`, of an action that the exception's own amount measures."""
    if action not in MEASURED_BY_THEMSELVES:
        require_within(limit_of(action), amount, currency)


def require_within(limit: Limit | None, amount: Decimal, currency: str) -> None:
    """Raises SecondPersonNeededError, or DeskError above what is ever allowed."""
    if limit is None:
        return
    if limit.never_above is not None and amount > limit.never_above:
        raise DeskError(
            f"{amount:,.2f} {currency} is more than {limit.never_above:,.2f}, which nobody may."
        )
    if amount <= limit.alone_up_to:
        return
    seen = _approved.get()
    if seen is None:
        raise SecondPersonNeededError(
            f"Above {limit.alone_up_to:,.2f} {currency} a second person approves this; "
            f"it is about {amount:,.2f}.",
            amount,
            currency,
        )
    if amount > (approved_of := seen.get(currency, Decimal(0))):
        raise DeskError(
            f"It is about {amount:,.2f} {currency} by now, and {approved_of:,.2f} was approved; "
            "ask for it anew."
        )
