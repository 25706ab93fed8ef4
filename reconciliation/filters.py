"""What the lists of the books and the desk can be filtered by. Only what an index answers."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import django_filters
from django import forms
from django.db.models import Q, QuerySet

from console.filters import (
    ListFilter,
    amount_limit,
    choice,
    exact,
    from_day,
    from_moment,
    search,
    to_day,
    to_moment,
)
from integrations.choices import PostingState
from integrations.clock import business_now, wall_now
from integrations.last_digits import ending_in
from integrations.models import Connection, Posting
from mapping.impact import Change
from mapping.models import RuleSetVersion
from reconciliation.choices import (
    OPEN_STATES,
    BankLineState,
    BatchState,
    EffectKind,
    ExceptionState,
    ImpactState,
    ReadBack,
    Reason,
    RunItemState,
    RunState,
    TransactionKind,
    TransactionStatus,
)
from reconciliation.models import SettlementBatch, Transaction
from reconciliation.questions import in_transit
from reconciliation.words import NOT_READ

#: So much of an id is looked for as its beginning; less has to be the whole.
LEAST_OF_ID: Final = 6


def amount_in(text: str) -> Decimal | None:
    """`1,467.41`, `139.12 USD` or `−50` as a magnitude; None when the text is no amount."""
    bare = text.upper().removesuffix("USD").replace(",", "").replace("−", "-").strip(" $-")
    try:
        amount = Decimal(bare)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and -12 < amount.adjusted() < 12 else None


def id_like(text: str) -> Q:
    """Payments whose id is the text, or begins with it if it is long enough to tell some apart.

    A shorter beginning fits a hundred thousand ids, which may all be of last year: whoever looks
    for the newest of them would read every payment since.
    """
    return Q(vendor_id__startswith=text) if len(text) >= LEAST_OF_ID else Q(vendor_id=text)


def is_last_four(text: str) -> bool:
    """Whether it can be what stands last on a card."""
    return len(text) == 4 and text.isascii() and text.isdecimal()


class TransactionFilter(ListFilter):
    q = search("Search", "Id, reference, amount or last four", "by_words")
    status = choice("Status", TransactionStatus.choices)
    kind = choice("Kind", TransactionKind.choices)
    since = from_moment("captured_at")
    until = to_moment("captured_at")
    batch = exact("Batch", method="by_batch")
    customer = exact("Customer", field_name="customer_id")

    def by_words(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        value = value.strip()
        wanted = id_like(value) | Q(payer_ref__startswith=value)
        if is_last_four(value):
            wanted |= Q(last4=value)
        amount = amount_in(value)
        return queryset.filter(wanted if amount is None else wanted | Q(amount=amount))

    def by_batch(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """By both columns of the index: a number alone is known to every gateway.

        The gateways' ids are fetched first: joined, they make PostgreSQL read every payment.
        """
        gateways = list(Connection.objects.order_by().values_list("pk", flat=True))
        return queryset.filter(connection__in=gateways, batch_ref=value)


class BatchFilter(ListFilter):
    q = search("Search", "Batch number or net amount", "by_words")
    state = choice("State", BatchState.choices)
    bank = choice("Money at the bank", (("no", "Not yet"), ("yes", "Arrived")), method="by_arrival")
    since = from_day("closed_on")
    until = to_day("closed_on")

    def by_words(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        value = value.strip()
        wanted = Q(vendor_ref__startswith=value)
        amount = amount_in(value)
        return queryset.filter(wanted if amount is None else wanted | Q(net_amount=amount))

    def by_arrival(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        if value == "yes":
            return queryset.filter(bank_amount__isnull=False)
        return in_transit(queryset)


class BankLineFilter(ListFilter):
    q = search("Search", "Reference, description or amount", "by_words")
    state = choice("State", BankLineState.choices)
    since = from_day("booked_on")
    until = to_day("booked_on")

    def by_words(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        value = value.strip()
        wanted = Q(reference__startswith=value) | Q(description__startswith=value)
        amount = amount_in(value)
        if amount is not None:
            wanted |= Q(amount__in=(amount, -amount))
        return queryset.filter(wanted)


#: Ageing: name -> words, from so many days on, and below so many.
AGEING: Final[dict[str, tuple[str, int, int | None]]] = {
    "0": ("Up to 1 day", 0, 2),
    "2": ("2 to 3 days", 2, 4),
    "4": ("4 to 7 days", 4, 8),
    "8": ("8 to 30 days", 8, 31),
    "31": ("Over 30 days", 31, None),
}
AGE_LABELS: Final = tuple((name, label) for name, (label, _, _) in AGEING.items())


def of_age(name: str, today: date) -> Q:
    """Exceptions whose business day lies so many days back; what lies ahead is of today."""
    _, least, below = AGEING[name]
    found = Q(business_on__lte=today - timedelta(days=least)) if least else Q()
    return found if below is None else found & Q(business_on__gt=today - timedelta(days=below))


class ExceptionFilter(ListFilter):
    """Open items unless others are asked for."""

    q = search("Search", "Transaction, batch or amount", "by_words")
    reason = choice("Reason", Reason.choices)
    age = choice("Age", AGE_LABELS, method="by_age")
    state = choice(
        "State", (*ExceptionState.choices, ("late", "Late"), ("any", "Any")), method="by_state"
    )
    owner = exact("Owner", method="by_owner")
    since = from_day("business_on")
    until = to_day("business_on")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["state"].extra["empty_label"] = "Not closed"

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        found: QuerySet[Any] = super().filter_queryset(queryset)
        return found if self.form.cleaned_data.get("state") else found.filter(state__in=OPEN_STATES)

    @property
    def qs(self) -> QuerySet[Any]:
        found: QuerySet[Any] = super().qs
        return found if self.is_bound else found.filter(state__in=OPEN_STATES)

    def by_age(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(of_age(value, business_now().date()))

    def by_owner(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """A team by its name, a person by theirs."""
        return queryset.filter(owner__in=(value.strip(), f"user:{value.strip()}"))

    def by_state(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        if value == "late":
            today = business_now().date()
            return queryset.filter(state__in=OPEN_STATES, due_on__lt=today)
        return queryset if value == "any" else queryset.filter(state=value)

    def by_words(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """By payments and batches that are looked up first: joined, all of them would be read."""
        value = value.strip()
        wanted = Q(transaction__in=Transaction.objects.filter(id_like(value)).values("pk"))
        wanted |= Q(batch__in=SettlementBatch.objects.filter(vendor_ref=value).values("pk"))
        amount = amount_in(value)
        return queryset.filter(wanted if amount is None else wanted | Q(amount=amount))


#: Hours -> words.
AGES: Final = (
    ("1", "More than an hour"),
    ("24", "More than a day"),
    ("72", "More than three days"),
    ("168", "More than a week"),
)


class PostingFilter(ListFilter):
    q = search("Search", "ERP document, key or amount", "by_words")
    state = choice("State", PostingState.choices)
    kind = choice("Kind", EffectKind.choices, field_name="effect__kind")
    code = exact("Reason code", field_name="code")
    target = django_filters.ModelChoiceFilter(
        label="ERP", queryset=Connection.objects.order_by("name"), empty_label="All"
    )
    age = choice("Owed for", AGES, method="by_age")
    #: Reached from a rule set's page; the list says which one it is.
    version = django_filters.ModelChoiceFilter(
        label="Rule set",
        field_name="effect__version",
        queryset=RuleSetVersion.objects.select_related("pair"),
        widget=forms.HiddenInput,
    )

    def by_age(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(created_at__lt=wall_now() - timedelta(hours=int(value)))

    def by_words(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        value = value.strip()
        wanted = Q(document_no=value) | Q(batch_ref=value) | Q(key__startswith=value)
        amount = amount_in(value)
        return queryset.filter(wanted if amount is None else wanted | Q(amount=amount))


def numbered(typed: str, others: Q) -> QuerySet[Posting]:
    """Postings whose document's number ends in what was typed, and those that the rest names."""
    alike = ending_in(typed, Posting.objects.exclude(document_no=""), "document_no")
    return Posting.objects.filter(others | Q(pk__in=alike))


class DocumentFilter(ListFilter):
    """ERP documents: rows are effects."""

    q = search("Search", "Number, its last digits, or amount", "by_words")
    kind = choice("Kind", [one for one in EffectKind.choices if one[0] != "erp_batch_post"])
    state = choice("State", PostingState.choices, field_name="posting__state")
    read = choice("Read back", (*ReadBack.choices, ("never", NOT_READ)), method="by_reading")
    target = django_filters.ModelChoiceFilter(
        label="ERP",
        field_name="posting__target",
        queryset=Connection.objects.order_by("name"),
        empty_label="All",
    )
    company = exact("Company", field_name="pair__company")
    since = from_day("business_on")
    until = to_day("business_on")
    least = amount_limit("Least amount", "posting__amount", "gte")
    most = amount_limit("Most amount", "posting__amount", "lte")

    def by_reading(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        if value == "never":
            return queryset.filter(posting__reading__isnull=True)
        return queryset.filter(posting__reading__verdict=value)

    def by_words(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """By what stands on the posting, asked of the postings first: an index answers each."""
        value = value.strip()
        wanted = Q(document_no=value) | Q(batch_ref=value)
        amount = amount_in(value)
        if amount is not None:
            wanted |= Q(amount=abs(amount))
        return queryset.filter(posting__in=numbered(value, wanted).values("pk"))


class ReplayFilter(ListFilter):
    version = django_filters.ModelChoiceFilter(
        label="Rule set", queryset=RuleSetVersion.objects.select_related("pair")
    )
    state = choice("State", ImpactState.choices)


class ReplayRowFilter(ListFilter):
    change = choice("Change", [(one.value, one.value) for one in Change if one != Change.SAME])


class CensusFilter(ListFilter):
    pair = exact("Payment route", field_name="pair__slug")
    since = from_moment("started_at")
    until = to_moment("started_at")


class RunFilter(ListFilter):
    state = choice("State", RunState.choices)
    actor = exact("Begun by", method="by_actor")

    def by_actor(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """A person by their name, a key by `key:` and its name."""
        wanted = value.strip()
        return queryset.filter(actor=wanted if wanted.startswith("key:") else f"user:{wanted}")


class RunItemFilter(ListFilter):
    state = choice("End", RunItemState.choices)
