"""Certify: once all that a batch owes stands in the ledger, prove it ties out or say why not."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

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
from reconciliation.choices import OPEN_STATES, BatchState, EffectKind, Reason
from reconciliation.lifecycle import moved as moved_to
from reconciliation.models import Certificate, Effect, ExceptionItem, SettlementBatch
from reconciliation.services import effects, transit
from reconciliation.services.apart import is_set_aside, one_by_one
from reconciliation.services.batch_changes import as_seen
from reconciliation.services.deposits import put_back_on
from reconciliation.services.desk_open import (
    Wanted,
    about_batch,
    close_by_machine,
    open_exceptions,
)
from reconciliation.services.pairs import for_each_pair

#: Matched batches all of whose documents stand in the ledger.
WAITING: Final = """
    EXISTS (SELECT 1 FROM reconciliation_settlementbatch b
             WHERE b.state = 'matched' AND NOT EXISTS (
                 SELECT 1 FROM reconciliation_effect e
                   JOIN integrations_posting p ON p.id = e.posting_id
                  WHERE e.batch_id = b.id
                    AND p.state NOT IN ('posted', 'duplicate', 'cancelled'))
               AND NOT EXISTS (
                 SELECT 1 FROM reconciliation_transaction t
                   JOIN reconciliation_effect e ON e.transaction_id = t.id
                   JOIN integrations_posting p ON p.id = e.posting_id
                  WHERE t.batch_id = b.id AND e.batch_id IS NULL
                    AND e.kind IN ('receipt', 'reversal')
                    AND p.state NOT IN ('posted', 'duplicate', 'cancelled')))"""

BODY_VERSION: Final = 1
AT_ONCE: Final = 25
#: Exceptions of a batch that cannot be certified before a rule is there.
RULES_LACK: Final = (Reason.ACCOUNT_UNMAPPED, Reason.RULES_MISSING)


def drain() -> int:
    """Certify a portion for every pair; answers how many batches were certified."""
    return for_each_pair("certify", certify_matched)


def certify_matched(pair: Pair) -> int:
    """Certify matched batches all of whose postings stand in the ledger; answers how many."""
    if pair.erp.paused_until is not None and pair.erp.paused_until > wall_now():
        return 0
    moved, ready = _with_accounts(pair, _ready(pair))
    try:
        lines = _clearing_lines(pair, ready)
        accounts = {batch.pk: account for batch, account in ready}

        def look(batch: SettlementBatch) -> int:
            own = lines[keys.settlement_ref(pair, batch.vendor_ref)]
            return _certify(pair, batch, own, accounts[batch.pk])

        return moved + one_by_one([batch for batch, _ in ready], look, _set_aside)
    except EdgeError as error:
        circuit.failed(pair.erp, error, must_pause=True)
        return moved


def _ready(pair: Pair) -> list[SettlementBatch]:
    done = (*FINAL_STATES, PostingState.CANCELLED)
    unfinished = Effect.objects.filter(batch=OuterRef("pk")).exclude(posting__state__in=done)
    captured = transit.captured(OuterRef("pk")).exclude(posting__state__in=done)
    without_account = ExceptionItem.objects.filter(
        batch=OuterRef("pk"), reason__in=RULES_LACK, state__in=OPEN_STATES
    )
    return list(
        SettlementBatch.objects.filter(connection=pair.gateway, state=BatchState.MATCHED)
        .exclude(Exists(unfinished))
        .exclude(Exists(captured))
        .exclude(is_set_aside("batch"))
        # Batches that lack a rule are looked at again, but never stand before the others.
        .annotate(lacks_a_rule=Exists(without_account))
        .select_related("connection", "last_fact")
        .order_by("lacks_a_rule", "closed_on", "id")[:AT_ONCE]
    )


def _with_accounts(
    pair: Pair, batches: Sequence[SettlementBatch]
) -> tuple[int, list[tuple[SettlementBatch, str]]]:
    """Each batch with its clearing account; one without any is shown to a person."""
    found: list[tuple[SettlementBatch, str]] = []

    def look(batch: SettlementBatch) -> int:
        rules = rules_in_force(pair, batch.closed_on)
        if rules is None:
            said = f"No rule set of {pair.name} is in force on {batch.closed_on}."
            return open_exceptions([about_batch(batch, Reason.RULES_MISSING, said)])
        try:
            found.append((batch, effects.clearing_account(batch, rules)))
        except UnmappedError as unmapped:
            return open_exceptions([_unmapped_wanted(batch, unmapped.problem)])
        return 0

    return one_by_one(batches, look, _set_aside), found


def _set_aside(batch: SettlementBatch, said: str) -> Wanted:
    return about_batch(batch, Reason.SET_ASIDE, said)


def _clearing_lines(
    pair: Pair, batches: Sequence[tuple[SettlementBatch, str]]
) -> dict[str, list[LedgerLineRecord]]:
    """Posted clearing lines of the batches by their reference, read from the ERP's own ledger."""
    by_account: dict[str, list[str]] = defaultdict(list)
    for batch, account in batches:
        by_account[account].append(keys.settlement_ref(pair, batch.vendor_ref))
    found: dict[str, list[LedgerLineRecord]] = defaultdict(list)
    for account, references in by_account.items():
        for line in ledger_of(pair.erp).ledger_lines(pair.company, account, references):
            found[line.reference].append(line)
    return found


def _certify(
    pair: Pair, seen: SettlementBatch, lines: Sequence[LedgerLineRecord], clearing: str
) -> int:
    """Issue the batch's next certificate; call inside a transaction."""
    batch = as_seen(seen)
    if batch is None:
        return 0  # A fact has changed it since the ledger was read: it comes again.
    debited = total((line.debit for line in lines), pair.currency)
    credited = total((line.credit for line in lines), pair.currency)
    # What an earlier look at the ledger found counts no more.
    residuals = [row for row in batch.reasons if row["reason"] != Reason.LEDGER_DIFFERS]
    # A batch of more refunds than sales is paid to the bank: its deposit debits clearing.
    due = max(batch.sales_amount, batch.refunds_amount) + put_back_on(batch, clearing)
    if debited != credited or debited.amount != due:
        residuals.append(_ledger_residual(batch, debited, credited))
        batch.residual = max(batch.residual, abs((debited - credited).amount))
    body = _body(pair, batch, lines, debited, credited, residuals)
    certificate = issue(batch, body, ties_out=not residuals)
    to = BatchState.DISCREPANT if residuals else BatchState.TIED_OUT
    batch.state = moved_to(batch.state, to)
    batch.reasons = residuals
    batch.updated_at = wall_now()
    batch.save(update_fields=["state", "reasons", "residual", "updated_at"])
    differs = max(abs(debited.amount - due), abs(credited.amount - due))
    _tell(batch, certificate, residuals, differs)
    return 1


def _tell(
    batch: SettlementBatch,
    certificate: Certificate,
    residuals: Sequence[dict[str, str]],
    differs: Decimal,
) -> None:
    """Open and close the exceptions that the certificate decides upon, and audit it.

    `differs`: by how much the ledger is another than the batch.
    """
    if any(row["reason"] == Reason.LEDGER_DIFFERS for row in residuals):
        wanted = about_batch(batch, Reason.LEDGER_DIFFERS, residuals[-1]["message"])
        wanted.amount = differs
        open_exceptions([wanted])
    else:
        close_by_machine(
            ExceptionItem.objects.filter(batch=batch, reason=Reason.LEDGER_DIFFERS),
            "The ledger agrees now.",
        )
    if not residuals:
        close_by_machine(
            ExceptionItem.objects.filter(batch=batch, reason=Reason.FIGURES_CHANGED),
            f"With the new figures the batch ties out: certificate {certificate.number}.",
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


def _unmapped_wanted(batch: SettlementBatch, problem: Problem) -> Wanted:
    wanted = about_batch(batch, problem.kind.value, problem.message)
    wanted.details = dict(problem.details)
    return wanted


def _body(
    pair: Pair,
    batch: SettlementBatch,
    lines: Sequence[LedgerLineRecord],
    debited: Money,
    credited: Money,
    residuals: Sequence[dict[str, str]],
) -> dict[str, Any]:
    """Everything that an outsider needs to add the batch up again; amounts are texts."""
    effects = [
        *transit.captured(batch).select_related("posting", "version").order_by("id"),
        *batch.effects.select_related("posting", "version"),
    ]
    taken_back = {e.corrects_id for e in effects if e.kind == EffectKind.REVERSAL}
    receipts = [
        e
        for e in effects
        if e.kind == EffectKind.RECEIPT
        and e.pk not in taken_back
        and e.posting.state != PostingState.CANCELLED
    ]
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
        "reported": {
            "count": batch.reported_count,
            "sales": money(batch.reported_sales or 0),
            "refunds": money(batch.reported_refunds or 0),
        },
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
