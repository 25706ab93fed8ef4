"""What a selection holds, and what each action would do to how much of it. Changes nothing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from django.db.models import (
    BooleanField,
    Count,
    ExpressionWrapper,
    Max,
    Q,
    QuerySet,
    Sum,
)

from reconciliation.choices import OPEN_STATES
from reconciliation.models import ExceptionItem
from reconciliation.services.desk.fitting import Look, actions_that_fit

#: So many in one run; what is left stays selected, and the next run takes it.
MOST: Final = 50_000
#: What says which actions fit, as columns: selected rows fall into few groups of the same look.
LOOKS: Final = {
    "reason": "reason",
    "state": "state",
    "placement": "transaction__placement",
    "posting_state": "posting__state",
    "posting_kind": "posting__kind",
}
#: What else says it: marks of each group, as they are annotated below.
MARKS: Final = ("applied", "batched", "lined", "told", "proposed", "changed")
Amounts = dict[str, Decimal]


@dataclass(slots=True)
class Tally:
    """How many, and how much money by currency."""

    number: int = 0
    amounts: Amounts = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, number: int, amount: Decimal, currency: str, reason: str) -> None:
        self.number += number
        self.reasons[reason] += number
        if currency:
            self.amounts[currency] = self.amounts.get(currency, Decimal(0)) + amount


@dataclass(slots=True)
class Preview:
    """The whole selection, and for each action the part that it fits. `upto`: the newest of it."""

    all: Tally = field(default_factory=Tally)
    by_action: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    upto: int = 0


def open_ones(selection: QuerySet[ExceptionItem], upto: int | None = None) -> QuerySet[Any]:
    """What of a selection is open; `upto` leaves out what came after a preview."""
    rows = selection.filter(state__in=OPEN_STATES)
    return rows if upto is None else rows.filter(pk__lte=upto)


def preview(selection: QuerySet[ExceptionItem]) -> Preview:
    """Counted by the database, group by group of what looks the same: one statement."""
    found = Preview()
    for look, number, amount, currency, newest in _groups(open_ones(selection)):
        found.all.add(number, amount, currency, look.reason)
        found.upto = max(found.upto, newest)
        for action in actions_that_fit(look):
            found.by_action[action].add(number, amount, currency, look.reason)
    return found


def _groups(
    rows: QuerySet[ExceptionItem],
) -> Iterable[tuple[Look, int, Decimal, str, int]]:
    found = (
        rows.order_by()
        .annotate(
            applied=_is(Q(posting__draft__applications__0__isnull=False)),
            told=_is(Q(fact__isnull=False)),
            lined=_is(Q(line__isnull=False)),
            batched=_is(Q(batch__isnull=False)),
            proposed=_is(Q(details__proposed_by__isnull=False)),
            changed=_is(Q(details__has_key="changed")),
        )
        .values(
            *LOOKS.values(),
            "applied",
            "batched",
            "lined",
            "told",
            "proposed",
            "changed",
            "currency",
        )
        .annotate(number=Count("pk"), money=Sum("amount"), newest=Max("pk"))
    )
    for row in found:
        look = Look(
            **{name: row[column] for name, column in LOOKS.items()},
            has_applications=row["applied"],
            has_batch=row["batched"],
            has_line=row["lined"],
            has_fact=row["told"],
            is_proposed=row["proposed"],
            is_changed=row["changed"],
        )
        yield look, row["number"], row["money"], row["currency"], row["newest"]


def _is(condition: Q) -> Any:
    return ExpressionWrapper(condition, output_field=BooleanField())
