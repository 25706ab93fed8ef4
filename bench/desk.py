"""The desk with 10,000 open exceptions: how long its pages take, and one fix for all of them.

A third are payments whose rule is there by now, a third held postings that never left, a third
payments on account. They are tried again, or left on account, in one run: its request and all its
portions count. `BENCH_EXCEPTIONS` makes it smaller.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from django.contrib.auth.models import Group, User
from django.test import Client

from audit.models import Entry
from audit.roles import Role
from bench import hub
from bench.frame import Figure, below, exactly
from integrations.bulk import insert_rows
from integrations.choices import PostingState
from integrations.clock import wall_now
from integrations.models import Envelope, Fact, Pair, Posting
from reconciliation.choices import (
    DecisionState,
    Placement,
    Reason,
    RunOrigin,
    TransactionKind,
    TransactionStatus,
)
from reconciliation.models import BulkRun, ExceptionItem, SettlementBatch, Transaction
from reconciliation.services.bulk import drain, runs

EXCEPTIONS = int(os.environ.get("BENCH_EXCEPTIONS", "10000"))
TIMES = 15
WHO = "user:bench"


def figures() -> Iterator[Figure]:
    hub.empty()
    user = User.objects.create_user("bench")
    user.groups.add(Group.objects.get_or_create(name=Role.OPERATOR.value)[0])
    fill(hub.set_up())
    hub.settle_tables()
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(user)
    for name, url, goal in (
        ("list", "/exceptions/", 300),
        ("list by reason", "/exceptions/?reason=method_unmapped", 300),
        ("preview of a bulk run over all", "/exceptions/bulk/", 1000),
    ):
        taken, used = _times(client, url)
        note = f"{used:.0f} ms of processors"
        yield below(f"{EXCEPTIONS:,} open exceptions: {name}, server ms, p50", taken, goal, note)
    yield from _fixes()


def _times(client: Client, url: str) -> tuple[float, float]:
    """Milliseconds of a page in this process, all middleware and the template included: by the
    clock (the median), and of processors (the mean), which a busy machine does not stretch."""
    client.get(url)
    taken, cost = [], hub.Cost()
    for _ in range(TIMES):
        began = time.perf_counter()
        if client.get(url).status_code != 200:
            raise AssertionError(f"{url} does not answer.")
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken), cost.so_far()[1] / TIMES * 1000


def _fixes() -> Iterator[Figure]:
    """Each with what it left behind: every row done, each with its audit entry."""
    for action, values in (("retry", {}), ("leave_on_account", {"note": "Kept there."})):
        fitting = ExceptionItem.objects.filter(**FITS[action])
        count = fitting.count()
        cost = hub.Cost()
        _run(action, values)
        seconds, used = cost.so_far()
        run = BulkRun.objects.latest("pk")
        name = f"bulk run “{action}” over {run.total:,} exceptions"
        yield below(f"{name}, s", seconds, 60, f"{used:.1f} s of processors")
        yield exactly(f"{name}: rows done", run.done, count)
        entries = Entry.objects.filter(action=f"exception.{action}").count()
        yield exactly(f"{name}: audit entries", entries, count)


FITS = {
    "retry": {"reason__in": (Reason.METHOD_UNMAPPED, Reason.ATTEMPTS_EXHAUSTED)},
    "leave_on_account": {"reason": Reason.OVERPAID},
}


def _run(action: str, values: dict[str, str]) -> None:
    newest = ExceptionItem.objects.latest("pk").pk
    rows = runs.rows_of(ExceptionItem.objects.all(), newest, action, values)
    runs.begin(
        rows, action=action, values=values, origin=RunOrigin.FILTER, chosen_by="all", actor=WHO
    )
    while drain.drain():
        continue


def fill(pair: Pair) -> None:
    """So many open exceptions, a third of each sort, with the payments and postings behind them."""
    fact, batch = _evidence(pair)
    payments = [_payment(pair, fact, batch, number) for number in range(EXCEPTIONS)]
    insert_rows(payments)
    postings = [_posting(pair, number) for number in range(EXCEPTIONS) if number % 3 == 1]
    insert_rows(postings)
    held = iter(postings)
    insert_rows([_item(row, number, held) for number, row in enumerate(payments)])


def _evidence(pair: Pair) -> tuple[Fact, SettlementBatch]:
    hub.store(pair, 1)
    now = wall_now()
    fact = Fact.objects.create(
        envelope=Envelope.objects.get(),
        connection=pair.gateway,
        position=0,
        kind="transaction",
        vendor_id="400000000",
        meaning_hash="0" * 64,
        end="booked",
        ended_at=now,
    )
    batch = SettlementBatch.objects.create(
        connection=pair.gateway,
        vendor_ref="1",
        currency="USD",
        closed_at=now,
        closed_on=hub.FIRST_DAY,
        updated_at=now,
    )
    return fact, batch


def _payment(pair: Pair, fact: Fact, batch: SettlementBatch, number: int) -> Transaction:
    now = wall_now()
    return Transaction(
        connection=pair.gateway,
        vendor_id=str(500_000_000 + number),
        kind=TransactionKind.SALE,
        status=TransactionStatus.SETTLED,
        amount=Decimal(10 + number % 90),
        currency="USD",
        captured_at=now,
        captured_on=hub.FIRST_DAY,
        settled_at=now,
        settled_on=hub.FIRST_DAY,
        batch=batch,
        batch_ref="1",
        customer_ref=str(12_346 + number % 4000),
        method="Visa",
        decision=DecisionState.POSTED_AS if number % 3 else DecisionState.HELD,
        placement=Placement.ON_ACCOUNT if number % 3 == 2 else "",
        last_fact=fact,
        updated_at=now,
    )


def _posting(pair: Pair, number: int) -> Posting:
    now = wall_now()
    return Posting(
        key=f"bench|{number}",
        target=pair.erp,
        company=pair.company,
        kind="cash_receipt",
        draft={"customer_id": "12346", "applications": []},
        content_hash="0" * 64,
        amount=Decimal(10 + number % 90),
        currency="USD",
        state=PostingState.HELD,
        code="attempts_exhausted",
        message="It never left.",
        due_at=now,
        created_at=now,
    )


def _item(row: Transaction, number: int, held: Iterator[Posting]) -> ExceptionItem:
    reason, details = (
        (Reason.METHOD_UNMAPPED, {"method": "Visa"}),
        (Reason.ATTEMPTS_EXHAUSTED, {"code": "attempts_exhausted"}),
        (Reason.OVERPAID, {"invoices": "536365"}),
    )[number % 3]
    day = hub.FIRST_DAY + timedelta(days=number % 30)
    return ExceptionItem(
        reason=reason,
        subject=f"transaction:{row.pk}",
        connection=row.connection,
        transaction=row,
        posting=next(held) if reason == Reason.ATTEMPTS_EXHAUSTED else None,
        message="The rules name no payment method for Visa.",
        details=details,
        amount=row.amount,
        currency=row.currency,
        owner="finance",
        business_on=day,
        due_on=day + timedelta(days=3),
        opened_at=wall_now(),
    )
