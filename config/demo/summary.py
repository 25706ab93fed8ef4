"""The run's summary: figures from the hub's books and from the ERP's own tables, and what is wrong.

The ERP's figures are counted by SQL in the ERP, not by the hub's connector.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import psycopg
from django.db.models import Count, Max, Q, QuerySet, Sum

from config.demo import shop_count
from config.demo.planted import exception_problems
from config.demo.run import FAULT_LOG, DemoRun
from integrations.choices import FINAL_STATES, FactEnd, PostingState, PostOn
from integrations.models import Envelope, Fact, Lane, Posting
from integrations.sandbox.chaos.book import write_log
from integrations.sandbox.chaos.schedule import classes
from integrations.sandbox.world.kinds import Planted
from integrations.sandbox.world.plan import Exceptions
from reconciliation.choices import (
    OPEN_STATES,
    BankLineState,
    BatchState,
    DecisionState,
    EffectKind,
    ExceptionState,
)
from reconciliation.models import BankLine, ExceptionItem, SettlementBatch, Transaction

PAID: Final = ("settled", "funded", "refunded", "partially_refunded")
SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class Summary:
    """`values` are the keys that OUT holds; `problems` say in words why the run is not good."""

    values: dict[str, Any]
    problems: list[str]


@dataclass(frozen=True, slots=True)
class ErpCount:
    """What the ERP's own tables hold. Amounts in dollars."""

    invoices: int
    invoices_total: Decimal
    open_balance: Decimal
    receipts: int
    receipts_total: Decimal
    doubles: int
    clearing: Decimal


#: A receipt that debits another account than clearing transfers money that was received before.
#: What was reversed before it settled is no receipt, and neither is its reversal: the total is the
#: posted gross, without refunds, less what was reversed.
ERP_COUNT: Final = """
    WITH standing AS (
        SELECT p.* FROM "tarCustPmt" p
         WHERE p."RvrsdPmtKey" IS NULL AND NOT EXISTS (
               SELECT 1 FROM "tarCustPmt" r WHERE r."RvrsdPmtKey" = p."CustPmtKey")),
    received AS (
        SELECT p."TranAmt" FROM standing p JOIN "tarBatch" b USING ("BatchKey")
          JOIN "tglAccount" a ON a."GLAcctKey" = b."CashAcctKey"
         WHERE a."GLAcctNo" = %(clearing)s)
    SELECT (SELECT count(*) FROM "tarInvoice" WHERE "TranType" = 501),
           (SELECT coalesce(sum("TranAmt"), 0) FROM "tarInvoice" WHERE "TranType" = 501),
           (SELECT coalesce(sum(abs("Balance")), 0) FROM "tarInvoice" WHERE "TranType" = 501),
           (SELECT count(*) FROM received),
           (SELECT coalesce(sum("TranAmt"), 0) FROM received),
           (SELECT coalesce(sum(n - 1), 0) FROM (
               SELECT count(*) AS n FROM standing GROUP BY "CompanyID", "PmtRefNo") AS refs),
           (SELECT coalesce(sum(t."PostAmt"), 0)
              FROM "tglTransaction" t JOIN "tglAccount" a USING ("GLAcctKey")
             WHERE a."GLAcctNo" = %(clearing)s)
"""
CLEARING: Final = "1050-00"


def count_in_erp(database_url: str) -> ErpCount:
    with psycopg.connect(database_url) as erp:
        row = erp.execute(ERP_COUNT, {"clearing": CLEARING}).fetchone()
    if row is None:
        raise RuntimeError("The ERP's tables gave no count.")
    return ErpCount(*row)


def build(run: DemoRun) -> Summary:
    """Count everything, and hold it against what was planted."""
    erp = count_in_erp(run.databases.sage500)
    paid = Transaction.objects.filter(status__in=PAID).exclude(kind="refund")
    approved = paid.aggregate(count=Count("id"), total=Sum("amount"))
    planted = run.manifest()
    receipts = Posting.objects.filter(
        effect__kind=EffectKind.RECEIPT, state__in=FINAL_STATES
    ).exclude(effect__corrections__kind=EffectKind.REVERSAL)
    residual = SettlementBatch.objects.aggregate(sum=Sum("residual"))["sum"] or Decimal(0)
    ends = Fact.objects.values_list("end").annotate(count=Count("id")).order_by("end")
    peak = Lane.objects.aggregate(peak=Max("peak_memory_mb"))["peak"] or 0
    values = {
        "invoices": erp.invoices,
        "invoices_total": _text(erp.invoices_total),
        "payments_approved": approved["count"],
        "payments_total": _text(approved["total"] or Decimal(0)),
        "receipts_posted": receipts.count(),
        "receipts_in_erp": erp.receipts,
        "receipts_in_erp_total": _text(erp.receipts_total),
        "duplicates_in_erp": int(erp.doubles),
        "open_exceptions": ExceptionItem.objects.filter(state__in=OPEN_STATES).count(),
        "unexplained": sum(facts.count() for facts in unexplained().values()),
        "batches": SettlementBatch.objects.count(),
        "batches_tied_out": SettlementBatch.objects.filter(state=BatchState.TIED_OUT).count(),
        "residual": _text(residual),
        "residual_unexplained": _text(_unexplained_residual(planted)),
        "envelopes": Envelope.objects.count(),
        "facts": Fact.objects.count(),
        "facts_by_end": dict(ends),
        "seconds": round(run.seconds(), 1),
        "peak_worker_mb": max(float(peak), run.peak_worker_mb()),
    }
    if run.terms.faults:
        values["faults"] = _faults(run)
    problems = [*_problems(run, values, erp)]
    if run.plan.shop.tellings:
        sold = shop_count.invoices_in_erp(run.databases.sage500)
        values |= shop_count.values(run.plan.shop, sold)
        problems += shop_count.problems(run.plan.shop, sold)
    return Summary(values, problems)


def _faults(run: DemoRun) -> dict[str, Any]:
    """The random faults that struck, by class, and where each of them stands."""
    log = run.folder / FAULT_LOG
    struck = write_log(log, (run.databases.paytrace, run.databases.sage500))
    missed = sorted(f"{vendor}: {kind}" for vendor, kind in classes())
    return {
        "seed": run.terms.seed,
        "struck": sum(struck.values()),
        "log": str(log),
        "by_class": struck,
        "never_struck": [each for each in missed if each not in struck],
    }


def _text(amount: Decimal) -> str:
    return f"{amount:.2f}"


# --- facts that nothing explains --------------------------------------------------------------


def unexplained() -> dict[str, QuerySet[Fact]]:
    """Facts that are neither posted, nor duplicate, nor ignored by a named rule, nor on account
    or unidentified with an open exception; by what is wrong with them."""
    facts = Fact.objects
    booked = facts.filter(end=FactEnd.BOOKED)
    moving = Posting.objects.exclude(state__in=(*FINAL_STATES, PostingState.CANCELLED))
    undecided = Transaction.objects.exclude(
        decision__in=(DecisionState.NOTHING, DecisionState.POSTED_AS)
    )
    unposted = Transaction.objects.filter(effects__posting__in=moving)
    open_batches = SettlementBatch.objects.exclude(
        Q(state=BatchState.TIED_OUT) | Q(state=BatchState.DISCREPANT)
    )
    stuck_batches = SettlementBatch.objects.filter(effects__posting__in=moving)
    loose = BankLine.objects.filter(Q(state=BankLineState.NEW) | Q(effects__posting__in=moving))
    healed = ExceptionItem.objects.filter(fact__isnull=False, state=ExceptionState.RESOLVED)
    ids = "vendor_id"
    return {
        "not read": facts.filter(end=FactEnd.RECEIVED),
        "blocked": facts.filter(end=FactEnd.BLOCKED),
        "unreadable": facts.filter(end=FactEnd.UNREADABLE).exclude(pk__in=healed.values("fact")),
        "not decided": booked.filter(kind="transaction", vendor_id__in=undecided.values(ids)),
        "not posted": booked.filter(kind="transaction", vendor_id__in=unposted.values(ids)),
        "batch open": booked.filter(kind="batch", vendor_id__in=open_batches.values("vendor_ref")),
        "batch not posted": booked.filter(
            kind="batch", vendor_id__in=stuck_batches.values("vendor_ref")
        ),
        "bank line open": booked.filter(kind="bank_line", bank_line__in=loose),
    }


# --- what is wrong ----------------------------------------------------------------------------


def _problems(run: DemoRun, values: dict[str, Any], erp: ErpCount) -> Iterator[str]:
    for what, facts in unexplained().items():
        if facts.exists():
            named = ", ".join(facts.values_list("vendor_id", flat=True)[:SHOWN])
            yield f"{facts.count()} fact(s) are unexplained ({what}): {named}."
    if values["duplicates_in_erp"]:
        yield f"{values['duplicates_in_erp']} receipt(s) stand in the ERP twice."
    gateway = run.payments()
    if (gateway.approved, gateway.total) != (
        values["payments_approved"],
        Decimal(values["payments_total"]),
    ):
        yield (
            f"The gateway counts {gateway.approved} approved payments of {gateway.total:.2f}, "
            f"the books {values['payments_approved']} of {values['payments_total']}."
        )
    if values["receipts_in_erp"] != values["payments_approved"]:
        yield (
            f"{values['payments_approved']} payments were approved, "
            f"{values['receipts_in_erp']} receipts stand in the ERP."
        )
    if values["receipts_in_erp"] != values["receipts_posted"]:
        yield (
            f"{values['receipts_posted']} receipts were posted, "
            f"{values['receipts_in_erp']} stand in the ERP."
        )
    planted = run.manifest()
    yield from _batch_problems(planted)
    at_capture = run.terms.post_on == PostOn.CAPTURED
    yield from exception_problems(planted, at_capture=at_capture)
    if run.exceptions is Exceptions.NONE:
        yield from _clean_run_problems(values, erp)


def _clean_run_problems(values: dict[str, Any], erp: ErpCount) -> Iterator[str]:
    if erp.open_balance:
        yield f"Invoices are still open for {erp.open_balance:.2f}."
    if erp.clearing:
        yield f"The clearing account holds {erp.clearing:.2f}."
    if values["open_exceptions"]:
        yield f"{values['open_exceptions']} exception(s) are open in a run without any."
    if values["residual"] != "0.00":
        yield f"The residual is {values['residual']}."
    if values["receipts_in_erp_total"] != values["invoices_total"]:
        yield (
            f"Invoices come to {values['invoices_total']}, "
            f"receipts to {values['receipts_in_erp_total']}."
        )


def _not_as_planted(planted: list[Planted]) -> Iterator[SettlementBatch]:
    """Batches that do not tie out, unless for the reason that was planted with them."""
    reasons = {(p.batch_number, p.reason) for p in planted if p.batch_number and p.reason}
    for batch in SettlementBatch.objects.exclude(state=BatchState.TIED_OUT):
        named = {(batch.vendor_ref, row.get("reason")) for row in batch.reasons}
        if batch.state != BatchState.DISCREPANT or not named or not named <= reasons:
            yield batch


def _unexplained_residual(planted: list[Planted]) -> Decimal:
    return sum((abs(batch.residual) for batch in _not_as_planted(planted)), Decimal(0))


def _batch_problems(planted: list[Planted]) -> Iterator[str]:
    for batch in _not_as_planted(planted):
        why = "; ".join(row.get("message", "") for row in batch.reasons) or "no reason"
        yield f"Batch {batch.vendor_ref} is {batch.get_state_display().lower()}: {why}"
