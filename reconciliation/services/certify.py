"""Certify: once all that a batch owes stands in the ledger, prove it ties out or say why not."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

from django.db import transaction
from django.db.models import Exists, OuterRef

from audit import services as audit
from integrations.canonical import LedgerLineRecord, canonical_json
from integrations.choices import FINAL_STATES, PostingState
from integrations.clock import business_now, wall_now
from integrations.errors import EdgeError
from integrations.models import Pair
from integrations.money import Money, total
from integrations.services import circuit
from integrations.services.connectors import ledger_of
from mapping.problems import Problem, UnmappedError
from mapping.services.rulesets import rules_in_force
from reconciliation import keys
from reconciliation.choices import BatchState, EffectKind, Reason
from reconciliation.models import Certificate, Effect, ExceptionItem, SettlementBatch
from reconciliation.services import effects
from reconciliation.services.desk_open import Wanted, close_by_machine, open_exceptions
from reconciliation.services.pairs import for_each_pair

#: Matched batches all of whose documents stand in the ledger.
WAITING: Final = """
    EXISTS (SELECT 1 FROM reconciliation_settlementbatch b
             WHERE b.state = 'matched' AND NOT EXISTS (
                 SELECT 1 FROM reconciliation_effect e
                   JOIN integrations_posting p ON p.id = e.posting_id
                  WHERE e.batch_id = b.id
                    AND p.state NOT IN ('posted', 'duplicate', 'cancelled')))"""

BODY_VERSION: Final = 1
AT_ONCE: Final = 25


def drain() -> int:
    """Certify a portion for every pair; answers how many batches were certified."""
    return for_each_pair("certify", certify_matched)


def certify_matched(pair: Pair) -> int:
    """Certify matched batches all of whose postings stand in the ledger; answers how many."""
    if pair.erp.paused_until is not None and pair.erp.paused_until > wall_now():
        return 0
    unfinished = Effect.objects.filter(batch=OuterRef("pk")).exclude(
        posting__state__in=(*FINAL_STATES, PostingState.CANCELLED)
    )
    ready = list(
        SettlementBatch.objects.filter(connection=pair.gateway, state=BatchState.MATCHED)
        .exclude(Exists(unfinished))
        .select_related("connection", "last_fact")
        .order_by("closed_on", "id")[:AT_ONCE]
    )
    if not ready:
        return 0
    try:
        lines = _clearing_lines(pair, ready)
    except EdgeError as error:
        circuit.failed(pair.erp, error, must_pause=True)
        return 0
    except UnmappedError as unmapped:
        with transaction.atomic():
            return open_exceptions([_unmapped_wanted(ready[0], unmapped.problem)])
    for batch in ready:
        _certify(pair, batch, lines[keys.settlement_ref(pair, batch.vendor_ref)])
    return len(ready)


def _clearing_account(pair: Pair, batch: SettlementBatch) -> str:
    rules = rules_in_force(pair, batch.closed_on)
    if rules is None:
        return ""
    return effects.clearing_account(batch, rules)


def _clearing_lines(
    pair: Pair, batches: Sequence[SettlementBatch]
) -> dict[str, list[LedgerLineRecord]]:
    """Posted clearing lines of the batches by their reference, read from the ERP's own ledger."""
    by_account: dict[str, list[str]] = defaultdict(list)
    for batch in batches:
        by_account[_clearing_account(pair, batch)].append(
            keys.settlement_ref(pair, batch.vendor_ref)
        )
    found: dict[str, list[LedgerLineRecord]] = defaultdict(list)
    for account, references in by_account.items():
        for line in ledger_of(pair.erp).ledger_lines(pair.company, account, references):
            found[line.reference].append(line)
    return found


def _certify(pair: Pair, batch: SettlementBatch, lines: Sequence[LedgerLineRecord]) -> None:
    debited = total((line.debit for line in lines), pair.currency)
    credited = total((line.credit for line in lines), pair.currency)
    # What an earlier look at the ledger found counts no more.
    residuals = [row for row in batch.reasons if row["reason"] != Reason.LEDGER_DIFFERS]
    # A batch of more refunds than sales is paid to the bank: its deposit debits clearing.
    due = max(batch.sales_amount, batch.refunds_amount)
    if debited != credited or debited.amount != due:
        residuals.append(_ledger_residual(batch, debited, credited))
        batch.residual = max(batch.residual, abs((debited - credited).amount))
    body = _body(pair, batch, lines, debited, credited, residuals)
    with transaction.atomic():
        certificate = issue(batch, body, ties_out=not residuals)
        batch.state = BatchState.DISCREPANT if residuals else BatchState.TIED_OUT
        batch.reasons = residuals
        batch.updated_at = wall_now()
        batch.save(update_fields=["state", "reasons", "residual", "updated_at"])
        if any(row["reason"] == Reason.LEDGER_DIFFERS for row in residuals):
            open_exceptions([_ledger_wanted(batch, residuals[-1]["message"])])
        else:
            close_by_machine(
                ExceptionItem.objects.filter(batch=batch, reason=Reason.LEDGER_DIFFERS),
                "The ledger agrees now.",
            )
        audit.record(
            "batch.certified",
            ("batch", str(batch.pk)),
            actor="worker",
            summary=(
                f"Batch {batch.vendor_ref} "
                + ("ties out." if not residuals else "does not tie out, for named reasons.")
            ),
            details={"certificate": certificate.number, "hash": certificate.body_hash},
            business_on=batch.closed_on,
        )


def issue(batch: SettlementBatch, body: dict[str, Any], *, ties_out: bool) -> Certificate:
    """Issue the next certificate of a batch; it supersedes the one before."""
    before = batch.certificates.order_by("-number").first()
    return Certificate.objects.create(
        batch=batch,
        number=(before.number if before else 0) + 1,
        body=body,
        body_hash=hashlib.sha256(canonical_json(body).encode()).hexdigest(),
        ties_out=ties_out,
        supersedes=before,
        business_at=business_now(),
        issued_at=wall_now(),
    )


def _ledger_residual(batch: SettlementBatch, debited: Money, credited: Money) -> dict[str, str]:
    return {
        "reason": Reason.LEDGER_DIFFERS.value,
        "message": (
            f"The clearing account holds debits of {debited} and credits of {credited} "
            f"for batch {batch.vendor_ref}."
        ),
        "amount": (debited - credited).text,
    }


def _ledger_wanted(batch: SettlementBatch, message: str) -> Wanted:
    return Wanted(
        reason=Reason.LEDGER_DIFFERS,
        subject=f"batch:{batch.pk}",
        connection=batch.connection,
        message=message,
        business_on=batch.closed_on,
        currency=batch.currency,
        batch=batch,
    )


def _unmapped_wanted(batch: SettlementBatch, problem: Problem) -> Wanted:
    return Wanted(
        reason=problem.kind.value,
        subject=f"batch:{batch.pk}",
        connection=batch.connection,
        message=problem.message,
        business_on=batch.closed_on,
        currency=batch.currency,
        batch=batch,
        details=dict(problem.details),
    )


def _body(
    pair: Pair,
    batch: SettlementBatch,
    lines: Sequence[LedgerLineRecord],
    debited: Money,
    credited: Money,
    residuals: Sequence[dict[str, str]],
) -> dict[str, Any]:
    """Everything that an outsider needs to add the batch up again; amounts are texts."""
    effects = batch.effects.select_related("posting", "version")
    receipts = [e for e in effects if e.kind == EffectKind.RECEIPT]
    refunds = [e for e in effects if e.kind == EffectKind.REFUND]

    def money(amount: object) -> str:
        return Money.parse(amount, batch.currency).text

    return {
        "version": BODY_VERSION,
        "pair": pair.slug,
        "company": pair.company,
        "gateway": keys.account_of(pair.gateway),
        "batch": batch.vendor_ref,
        "reference": keys.settlement_ref(pair, batch.vendor_ref),
        "currency": batch.currency,
        "closed_on": batch.closed_on.isoformat(),
        "sales": {"count": len(receipts), "amount": money(batch.sales_amount)},
        "refunds": {"count": len(refunds), "amount": money(batch.refunds_amount)},
        "fees": money(batch.fee_amount),
        "net": money(batch.net_amount),
        "bank": {
            "amount": money(batch.bank_amount or 0),
            "lines": [
                {
                    "booked_on": match.line.booked_on.isoformat(),
                    "description": match.line.description,
                    "reference": match.line.reference,
                    "amount": money(match.amount),
                    "matched": match.rule,
                }
                for match in batch.matches.select_related("line")
            ],
        },
        "clearing": {
            "lines": len(lines),
            "debits": debited.text,
            "credits": credited.text,
            "sum": (debited - credited).text,
        },
        "documents": [
            {
                "effect": effect.kind,
                "key": effect.key,
                "number": effect.posting.document_no,
                "amount": money(effect.posting.amount),
                "rules": effect.version.number,
            }
            for effect in effects
        ],
        "residual": money(batch.residual),
        "residuals": list(residuals),
    }
