"""Find anything by any identifier that a person may have in hand. Only what an index answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.urls import reverse

from integrations.last_digits import LEAST as LEAST_OF_NUMBER
from integrations.last_digits import ending_in
from integrations.models import Pair
from mapping.choices import IdentitySystem
from mapping.models import AccountRule, CustomerIdentity
from reconciliation import words
from reconciliation.filters import LEAST_OF_ID, amount_in, id_like, is_last_four, numbered
from reconciliation.models import BankLine, Effect, Order, Reservation, SettlementBatch, Transaction
from reconciliation.questions import erp_documents
from reconciliation.tables import signed_amount

#: So many of a sort are shown; more is a matter for that list's own filter.
SHOWN: Final = 10
LEAST: Final = 2
#: Fewer characters begin too many names to be of use.
LEAST_OF_NAME: Final = 3
#: What people put before a number that is not part of it.
PREFIXES: Final = ("INVOICE", "INV", "RECEIPT", "BATCH", "ORDER", "#")


@dataclass(frozen=True, slots=True)
class Hit:
    """One row that carries what was asked for."""

    url: str
    name: str
    why: str
    on: date | None
    amount: Decimal | None
    currency: str


@dataclass(frozen=True, slots=True)
class Group:
    """Hits of one sort; `more_url` is the list that shows all of them, empty when these are all."""

    label: str
    hits: list[Hit]
    more_url: str = ""


def searched(asked: str) -> list[tuple[str, str]]:
    """What was looked through for it, and how: what is not found may be written otherwise there."""
    form = forms_of(asked)[-1]
    everywhere = [
        ("Transactions", f"by the whole id, or its first {LEAST_OF_ID} characters or more"),
        (
            "Invoices that were paid, and ERP documents",
            f"by the whole number, or its last {LEAST_OF_NUMBER} digits; noughts in front may go",
        ),
        ("What payers wrote", "word for word"),
        ("Customers", "by number, or how the name begins"),
        ("Settlement batches", "by number"),
        ("Bank lines", "by how their reference begins"),
        ("Rule sets", "by the ledger account that they name"),
    ]
    if amount_in(form) is not None:
        everywhere.append(("Amounts", "of payments, settlement batches and bank lines"))
    if is_last_four(form):
        everywhere.append(("Cards", "by the last four digits"))
    return everywhere


def forms_of(asked: str) -> list[str]:
    """What was typed, and the number in it: `INV 536365`, `#536365` and `536365` are one."""
    bare = " ".join(asked.split())
    prefix = next((prefix for prefix in PREFIXES if bare.upper().startswith(prefix)), "")
    rest = bare[len(prefix) :].strip(" #-.:")
    return [bare, rest] if prefix and rest else [bare]


def find(asked: str) -> list[Group]:
    """Groups with at least one hit, the nearest first; nothing for less than LEAST characters."""
    forms = forms_of(asked)
    if len(forms[0]) < LEAST:
        return []
    amount = amount_in(forms[-1])
    groups = [
        _transactions(forms),
        _orders(forms),
        *_invoices(forms),
        *_customers(forms),
        _batches(forms),
        _documents(forms),
        _bank_lines(forms),
        _rule_sets(forms),
        *_amounts(amount),
        _last_four(forms[-1]),
    ]
    return [group for group in groups if group.hits]


def _listed(name: str, **query: str) -> str:
    return f"{reverse(name)}?{urlencode(query)}"


def _group(label: str, hits: Iterable[Hit], more_url: str) -> Group:
    found = list(hits)
    return Group(label, found[:SHOWN], more_url if len(found) > SHOWN else "")


def _any_prefix(field: str, forms: list[str]) -> Q:
    wanted = Q()
    for form in forms:
        wanted |= Q(**{f"{field}__startswith": form})
    return wanted


def _transaction_hit(row: Transaction, why: str) -> Hit:
    return Hit(
        url=reverse("transaction", args=[row.pk]),
        name=f"{row.get_kind_display()} {row.vendor_id}",
        why=why,
        on=row.captured_on,
        amount=signed_amount(row),
        currency=row.currency,
    )


def _newest(rows: QuerySet[Any], *order: str) -> QuerySet[Any]:
    return rows.order_by(*order)[: SHOWN + 1]


def _transactions(forms: list[str]) -> Group:
    wanted = Q()
    for form in forms:
        wanted |= id_like(form)
    rows = _newest(Transaction.objects.filter(wanted), "vendor_id")
    hits = (_transaction_hit(row, words.transaction_status(row.status)) for row in rows)
    return _group("Transactions", hits, _listed("transactions", q=forms[-1]))


def _orders(forms: list[str]) -> Group:
    rows = _newest(Order.objects.filter(number__in=forms), "-ordered_on", "-id")
    hits = (
        Hit(
            url=reverse("order", args=[row.pk]),
            name=f"Order {row.number}",
            why=words.order_state(row.state),
            on=row.ordered_on,
            amount=row.total_amount,
            currency=row.currency,
        )
        for row in rows
    )
    return _group("Orders", hits, _listed("orders", q=forms[-1]))


def _invoices(forms: list[str]) -> list[Group]:
    """Invoices of that number, or paid by who wrote it; then the payments themselves."""
    wrote = Q(payer_ref__in=forms)
    for form in forms:
        wrote |= Q(reference_texts__contains=[form])
    wrote_it = list(_newest(Transaction.objects.filter(wrote), "-captured_at", "-id"))
    alike = ending_in(forms[-1], Reservation.objects.all(), "document_no", SHOWN + 1)
    paid = list(
        Reservation.objects.filter(
            Q(document_no__in=forms) | Q(pk__in=alike) | Q(effect__in=_effects_of(wrote_it)),
            is_released=False,
        ).select_related("effect__transaction", "effect__pair")[: SHOWN + 1]
    )
    pays = {r.effect.transaction_id: f"Pays invoice {r.document_no}" for r in paid}
    payers = {r.effect.transaction for r in paid if r.effect.transaction} | set(wrote_it)
    hits = (
        _transaction_hit(
            row,
            pays.get(row.pk)
            or f"Payer wrote {words.payer_wrote(row.reference_texts, row.payer_ref)}",
        )
        for row in sorted(payers, key=lambda row: (row.captured_at, row.pk), reverse=True)
    )
    found = {_invoice_hit(each.effect.pair, each.document_no): None for each in paid}
    return [
        Group("Invoices", list(found)[:SHOWN]),
        _group("Payments of invoices", hits, _listed("transactions", q=forms[-1])),
    ]


def _effects_of(rows: list[Transaction]) -> list[int]:
    """Fetched first: an index answers each part of a question about one table."""
    if not rows:
        return []
    found = Effect.objects.filter(transaction__in=[row.pk for row in rows])
    return list(found.order_by().values_list("pk", flat=True))


def _invoice_hit(pair: Pair, number: str) -> Hit:
    return Hit(
        reverse("invoice", args=[pair.pk, number]),
        f"Invoice {number}",
        f"Paid through {pair.name}",
        None,
        None,
        "",
    )


def _customers(forms: list[str]) -> list[Group]:
    """Customers of the ERP by their number or the beginning of their name; then what they paid."""
    called = Q(ref__in=forms)
    if len(forms[0]) >= LEAST_OF_NAME:
        called |= Q(name__istartswith=forms[0])
    known = CustomerIdentity.objects.filter(called, system=IdentitySystem.ERP)
    people = (_customer_hit(row) for row in _newest(known.select_related("pair"), "name", "id"))
    rows = Transaction.objects.filter(customer_id__in=forms)
    hits = (
        _transaction_hit(row, f"Customer {row.customer_id}")
        for row in _newest(rows, "-captured_at", "-id")
    )
    return [
        _group("Customers", people, ""),
        _group("Payments of customers", hits, _listed("transactions", customer=forms[-1])),
    ]


def _customer_hit(row: CustomerIdentity) -> Hit:
    url = reverse("customer", args=[row.pair_id, row.ref])
    return Hit(url, f"Customer {row.ref}", row.name or row.pair.name, None, None, "")


def _batch_hit(row: SettlementBatch, why: str) -> Hit:
    return Hit(
        url=reverse("batch", args=[row.pk]),
        name=f"Batch {row.vendor_ref}",
        why=why,
        on=row.closed_on,
        amount=row.net_amount,
        currency=row.currency,
    )


def _batches(forms: list[str]) -> Group:
    rows = _newest(SettlementBatch.objects.filter(vendor_ref__in=forms), "-closed_on", "-id")
    hits = (_batch_hit(row, words.batch_state(row.state)) for row in rows)
    return _group("Settlement batches", hits, _listed("batches", q=forms[-1]))


def _documents(forms: list[str]) -> Group:
    wanted = numbered(forms[-1], Q(document_no__in=forms) | Q(batch_ref__in=forms))
    rows = erp_documents().filter(posting__in=wanted.values("pk")).select_related("posting")
    hits = (
        Hit(
            url=reverse("document", args=[row.pk]),
            name=row.posting.document_no,
            why=row.get_kind_display(),
            on=row.business_on,
            amount=row.posting.amount,
            currency=row.posting.currency,
        )
        for row in _newest(rows, "-business_on", "-id")
    )
    return _group("ERP documents", hits, _listed("documents", q=forms[-1]))


def _line_hit(row: BankLine, why: str) -> Hit:
    return Hit(
        url=_listed("bank-lines", q=row.reference or row.description),
        name=row.reference or row.description,
        why=why,
        on=row.booked_on,
        amount=row.amount,
        currency=row.currency,
    )


def _bank_lines(forms: list[str]) -> Group:
    rows = _newest(BankLine.objects.filter(_any_prefix("reference", forms)), "-booked_on", "-id")
    hits = (_line_hit(row, row.description) for row in rows)
    return _group("Bank lines", hits, _listed("bank-lines", q=forms[-1]))


def _rule_sets(forms: list[str]) -> Group:
    """Versions that name a ledger account; they are few, and so are their rows."""
    rows = AccountRule.objects.filter(account__in=forms).select_related("version__pair")
    hits = {
        row.version_id: Hit(
            url=reverse("rule-set", args=[row.version_id]),
            name=f"Version {row.version.number} of {row.version.pair.name}",
            why=f"{row.get_role_display()} is account {row.account}",
            on=row.version.active_from,
            amount=None,
            currency="",
        )
        for row in _newest(rows, "-version", "position")
    }
    return _group("Rule sets", hits.values(), reverse("rule-sets"))


def _amounts(amount: Decimal | None) -> list[Group]:
    if amount is None or not amount:
        return []
    text = str(amount)
    sales = _newest(Transaction.objects.filter(amount=amount), "-captured_at", "-id")
    batches = _newest(SettlementBatch.objects.filter(net_amount=amount), "-closed_on", "-id")
    lines = _newest(BankLine.objects.filter(amount__in=(amount, -amount)), "-booked_on", "-id")
    why = "The same amount"
    return [
        _group(
            "Transactions of this amount",
            (_transaction_hit(row, words.transaction_status(row.status)) for row in sales),
            _listed("transactions", q=text),
        ),
        _group(
            "Batches of this amount",
            (_batch_hit(row, why) for row in batches),
            _listed("batches", q=text),
        ),
        _group(
            "Bank lines of this amount",
            (_line_hit(row, row.description) for row in lines),
            _listed("bank-lines", q=text),
        ),
    ]


def _last_four(form: str) -> Group:
    if not is_last_four(form):
        return Group("Cards", [])
    rows = _newest(Transaction.objects.filter(last4=form), "-captured_at", "-id")
    hits = (_transaction_hit(row, f"Card ending in {row.last4}") for row in rows)
    return _group("Cards", hits, _listed("transactions", q=form))
