"""What is asked of each list: its pages, each filter by itself, all pairs of filters, each sort.

Which filters a list has, with which choices, is read from the list itself: a new one is measured
without anybody thinking of it. What is searched for is taken from the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations
from typing import Any, Final
from urllib.parse import urlencode

from django.db.models import Count
from django.forms import Form
from django.urls import resolve
from django.utils import timezone

from console.keyset import Order, fetch_page
from console.views import ListPage
from integrations.models import Envelope, Posting
from reconciliation.models import BankLine, SettlementBatch, Transaction

CONSOLE: Final = (
    *("/transactions/", "/batches/", "/bank-lines/", "/postings/", "/exceptions/"),
    *("/documents/", "/envelopes/", "/audit/", "/alerts/", "/censuses/"),
)
API: Final = tuple(
    f"/api/v1/{name}"
    for name in ("transactions", "batches", "bank-lines", "postings", "exceptions", "documents")
)
#: So far into the rows, in hundredths, lie the deep pages.
DEPTHS: Final = (50, 99)


@dataclass(frozen=True, slots=True)
class Asked:
    """One address of one list (or other page); `is_part` asks for the fragment that htmx wants."""

    page: str
    query: str = ""
    is_part: bool = False

    @property
    def url(self) -> str:
        return f"{self.page}?{self.query}" if self.query else self.page

    def __str__(self) -> str:
        return f"{self.url} (fragment)" if self.is_part else self.url


@dataclass(frozen=True, slots=True)
class Words:
    """Texts that some rows carry: often, seldom, and never."""

    customer: str
    customer_of_few: str
    sale: Transaction
    refund: Transaction | None
    batch: SettlementBatch
    busy_batch: SettlementBatch
    line: BankLine
    posting: Posting
    statement: str

    @classmethod
    def found(cls) -> Words:
        rows = Transaction.objects.order_by("id")
        middle = rows.filter(pk__gte=rows.count() // 2, batch__isnull=False, payer_ref__gt="")
        sales = middle.filter(kind="sale").exclude(customer_id="")
        sale = sales[0]
        customers = sales.values("customer_id").order_by("customer_id")[:20000]
        by_number = Counts.of(row["customer_id"] for row in customers)
        busy = SettlementBatch.objects.annotate(number=Count("transactions")).order_by("-number")[0]
        lines = BankLine.objects.exclude(reference="").order_by("id")
        return cls(
            customer=by_number.most,
            customer_of_few=sale.customer_id,
            sale=sale,
            refund=middle.filter(kind="refund").first(),
            batch=sale.batch or busy,
            busy_batch=busy,
            line=lines[lines.count() // 2],
            posting=sale.effects.order_by("id")[0].posting,
            statement=Envelope.objects.filter(kind="statement").order_by("id")[0].name,
        )


@dataclass(frozen=True, slots=True)
class Counts:
    most: str

    @classmethod
    def of(cls, names: Iterator[str]) -> Counts:
        numbers: dict[str, int] = {}
        for name in names:
            numbers[name] = numbers.get(name, 0) + 1
        return cls(max(numbers, key=lambda name: numbers[name]))


def searches(words: Words) -> dict[str, dict[str, list[str]]]:
    """For each list what is typed into each field that is no choice and no day."""
    sale, line, posting = words.sale, words.line, words.posting
    never = "zzz-nowhere"
    sales = {
        "q": [sale.vendor_id, sale.vendor_id[:4], sale.vendor_id[:7], sale.payer_ref, "INV",
              sale.last4, "49.99", str(sale.amount), "7", never],
        "batch": [sale.batch_ref, words.busy_batch.vendor_ref, never],
        "customer": [words.customer, words.customer_of_few, never],
    }  # fmt: skip
    batches = {"q": [words.batch.vendor_ref, "1", str(words.batch.net_amount), never]}
    lines = {"q": [line.reference, line.description, line.description[:8], str(line.amount), never]}
    postings = {
        "q": [posting.document_no, posting.batch_ref, posting.key, posting.key[:4],
              str(posting.amount), "49.99", never],
        "code": ["PERIOD_CLOSED", never],
    }  # fmt: skip
    documents = {
        "q": [posting.document_no, posting.batch_ref, str(posting.amount), "49.99", never],
        "company": [posting.company, never],
        "least": ["2000", "9000"],
        "most": ["5.5", "100"],
    }
    exceptions = {
        "q": [sale.vendor_id, sale.vendor_id[:4], words.batch.vendor_ref, "49.99", never],
        "owner": ["finance", "ann", never],
    }
    audit = {
        "q": ["posting", "posting.posted", "exception.opened", "e", never, f"posting:{posting.pk}"],
        "actor": ["ann", "worker", never],
    }
    return {
        "/transactions/": sales,
        "/api/v1/transactions": sales,
        "/batches/": batches,
        "/api/v1/batches": batches,
        "/bank-lines/": lines,
        "/api/v1/bank-lines": lines,
        "/postings/": postings,
        "/api/v1/postings": postings,
        "/documents/": documents,
        "/api/v1/documents": documents,
        "/exceptions/": exceptions,
        "/api/v1/exceptions": exceptions,
        "/envelopes/": {"q": [sale.vendor_id, words.statement, "page", never]},
        "/audit/": audit,
        "/censuses/": {"pair": ["shop-0", never]},
    }


def windows() -> list[dict[str, str]]:
    """Days as people ask for them: lately, a month long ago, since, until, and none."""
    today = timezone.now().date()

    def days(since: int | None, until: int | None) -> dict[str, str]:
        ends = {"since": since, "until": until}
        return {
            name: str(today - timedelta(days=ago)) for name, ago in ends.items() if ago is not None
        }

    return [days(7, None), days(400, 370), days(365, None), days(None, 700), days(-20, None)]


def asked_of(page: str, words: Words) -> tuple[list[Asked], list[Asked]]:
    """Addresses to be looked at closely, and the many pairs of filters."""
    match = resolve(page)
    view = getattr(match.func, "view_class", None) or match.func.cls  # type: ignore[attr-defined]
    form = view.filter_class(None, queryset=view().rows()).form
    singles = list(_choices(form, searches(words).get(page, {})))
    is_console = issubclass(view, ListPage)
    order: Order = view.table.order if is_console else view.order
    close = [Asked(page), *(Asked(page, urlencode(each)) for _, each in singles)]
    close += [
        Asked(page, query) for query in _deep(view, order, "page" if is_console else "cursor")
    ]
    if is_console:
        close += [Asked(page, is_part=True)]
        close += [Asked(page, urlencode(each)) for each in _sorted(view, singles)]
    pairs = [
        Asked(page, urlencode(one | other))
        for (name, one), (other_name, other) in combinations(singles, 2)
        if name != other_name
    ]
    return close, pairs


def _choices(form: Form, typed: dict[str, list[str]]) -> Iterator[tuple[str, dict[str, str]]]:
    for name, field in form.fields.items():
        if name in ("since", "until"):
            continue
        choices = getattr(field, "choices", None)
        values = typed.get(name, [])
        if choices is not None:
            values = [str(value) for value, _ in choices if str(value)]
        yield from ((name, {name: value}) for value in values)
    if "since" in form.fields:
        yield from (("days", window) for window in windows())


def _sorted(view: Any, singles: list[tuple[str, dict[str, str]]]) -> Iterator[dict[str, str]]:
    """Each sort both ways, and the way that is not the usual one with each filter."""
    table = view.table
    for field in sorted(table.sorts):
        for name in (field, f"-{field}"):
            if name != table.order.name:
                yield {"sort": name}
                yield from ({**single, "sort": name} for _, single in singles)


def _deep(view: Any, order: Order, parameter: str) -> Iterator[str]:
    """Pages far down, by the cursor that the page before them would have."""
    found = view().rows()
    ids = found.model.objects.order_by("pk").values_list("pk", flat=True)
    first, last = ids.first(), ids.last()
    if first is None or last is None:
        return
    for depth in DEPTHS:
        upto = last - (last - first) * depth // 100
        here: Callable[[], Any] = found.filter(pk__lte=upto).order_by("pk").last
        row = here()
        at = found.filter(**{f"{order.field}__lte": getattr(row, order.field)})
        cursor = fetch_page(at, order, "", 1).next_cursor
        if cursor:
            yield urlencode({parameter: cursor})


def other_pages(words: Words) -> list[Asked]:
    """The dashboard, finding, and one page of each thing there is."""
    sale, batch, posting = words.sale, words.batch, words.posting
    item = sale.exceptions.model.objects.filter(state="open").order_by("id").first()
    finds = [
        *(sale.vendor_id, sale.vendor_id[:3], sale.payer_ref, sale.customer_id, words.customer),
        *(batch.vendor_ref, posting.document_no, posting.batch_ref, words.line.reference),
        *(sale.last4, "49.99", str(batch.net_amount), "zzz-nowhere", "12"),
    ]
    newest = Envelope.objects.latest("id")
    gateway = sale.connection
    pages = [
        *("/", f"/transactions/{sale.pk}/", f"/batches/{batch.pk}/"),
        *(f"/batches/{words.busy_batch.pk}/", f"/batches/{batch.pk}/certificates/1/"),
        *(f"/documents/{posting.effect.pk}/", f"/api/v1/documents/{posting.effect.pk}"),
        *(f"/postings/{posting.pk}/", f"/postings/{posting.group_id}/", "/postings/replay/"),
        *(f"/envelopes/{newest.pk}/", f"/envelopes/{sale.last_fact.envelope_id}/"),
        *("/completeness/", f"/completeness/{gateway.slug}/{sale.captured_on}/"),
        *("/connections/", f"/connections/{gateway.pk}/", "/audit/1000/"),
        *(f"/api/v1/transactions/{sale.pk}", f"/api/v1/batches/{batch.pk}"),
        *(f"/api/v1/postings/{posting.pk}", f"/api/v1/bank-lines/{words.line.pk}"),
        *("/api/v1/connections", "/api/v1/censuses"),
        f"/api/v1/nothing-missing/{gateway.slug}/{sale.captured_on}",
    ]
    if words.refund is not None:
        pages.append(f"/transactions/{words.refund.pk}/")
    if item is not None:
        pages += [f"/exceptions/{item.pk}/", f"/api/v1/exceptions/{item.pk}"]
    return [Asked(page) for page in pages] + [Asked("/find/", urlencode({"q": q})) for q in finds]
