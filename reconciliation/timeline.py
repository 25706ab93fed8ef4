"""A transaction's way through the systems: received, booked, decided, posted, settled, on the
bank, proven. Each step says what happened, when, and where to look; a step that is still to come
says what it waits for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from console import formats
from integrations.choices import FINAL_STATES, PostingState
from integrations.models import Attempt
from reconciliation import words
from reconciliation.choices import DecisionState, EffectKind, Reason, TransactionStatus
from reconciliation.models import (
    Certificate,
    Effect,
    ExceptionItem,
    Match,
    Reservation,
    SettlementBatch,
    Transaction,
    TransactionHistory,
)
from reconciliation.reported import source_of

RISKS: Final = (Reason.RISK_FLAGGED, Reason.RISK_HELD, Reason.RISK_BLOCKED)


@dataclass(frozen=True)
class Step:
    """One stop on the way. `tone` colours the dot; `status` says the same in words."""

    title: str
    tone: str
    when: datetime | None = None
    status: SafeString | str = ""
    lines: list[SafeString] = field(default_factory=list)


def timeline_of(transaction: Transaction, *, may_open: bool = False) -> list[Step]:
    """Every step of one transaction, in the order in which money travels. Nine queries at most.

    `may_open`: whether the envelopes are linked that told of it.
    """
    effects = list(
        Effect.objects.filter(transaction=transaction)
        .select_related("posting", "posting__target", "version", "pair")
        .prefetch_related("posting__attempts", "reservations")
        .order_by("id")
    )
    steps = received(transaction, may_open) + _decided(transaction, effects)
    steps += weighed(transaction)
    steps += [posted(effect) for effect in effects]
    batch = transaction.batch
    if batch is None:
        return [*steps, *_not_settled(transaction)]
    return [*steps, settled(transaction, batch), *banked(batch), proven(batch)]


def received(transaction: Transaction, may_open: bool) -> list[Step]:
    history = (
        TransactionHistory.objects.filter(transaction=transaction)
        .select_related("fact__envelope__connection")
        .order_by("id")
    )
    return [_booked(row, may_open) for row in history]


def _booked(row: TransactionHistory, may_open: bool) -> Step:
    envelope = row.fact.envelope
    told = words.label(TransactionStatus, row.to_status)
    lines = [
        fact_line("Came by", f"{words.brought(envelope.source)} {envelope.connection.name}"),
        fact_line("Envelope", source_of(row.fact, may_open=may_open)),
    ]
    if row.from_status:
        before = words.label(TransactionStatus, row.from_status)
        lines.append(fact_line("Changed", f"{before} → {told}"))
    return Step(
        f"Gateway says: {told.lower()}",
        "good",
        row.business_at,
        "",
        lines,
    )


def _decided(transaction: Transaction, effects: Sequence[Effect]) -> list[Step]:
    status = formats.tag(
        transaction.get_decision_display(), words.DECISION_TONES.get(transaction.decision, "mute")
    )
    if not effects and transaction.decision == DecisionState.WAITING:
        return [Step("Decision", "mute", None, "Not due until the gateway settles it")]
    lines = []
    if transaction.placement:
        lines.append(fact_line("Money stands", transaction.get_placement_display().lower()))
    if transaction.decided_rule:
        lines.append(fact_line("Because", words.rule(transaction.decided_rule)))
    for effect in effects:
        rules = "; ".join(words.rule(each) for each in effect.rules) or "no rule named"
        title = f"{effect.get_kind_display()}, rule set {effect.version.number}"
        lines.append(fact_line(title, rules))
    tone = "bad" if transaction.decision == DecisionState.HELD else "good"
    if effects:
        lines.insert(0, fact_line("Business day", formats.day_text(effects[0].business_on)))
    return [Step("Decided by the rules", tone, None, status, lines)]


def weighed(transaction: Transaction) -> list[Step]:
    """What risk rules said of it, with the rule and the figures, and what a person did about it."""
    items = ExceptionItem.objects.filter(transaction=transaction, reason__in=RISKS).order_by("pk")
    return [_weighed(item) for item in items]


def _weighed(item: ExceptionItem) -> Step:
    url = reverse("exception", args=[item.pk])
    rule = item.details.get("rule") or "a person"
    lines = [format_html('<b>By</b> {} · <a href="{}">exception {}</a>', rule, url, item.pk)]
    lines += [
        fact_line(each["field"], formats.said(f"{each['found']} (asked: {each['wanted']})"))
        for each in item.details.get("checks", ())
    ]
    if item.closed_at is not None:
        lines.append(fact_line(f"Closed by {words.person(item.closed_by)}", item.resolution))
    is_flag = item.reason == Reason.RISK_FLAGGED
    tone = "good" if item.closed_at else "warn" if is_flag else "bad"
    return Step(words.reason(item.reason), tone, item.opened_at, "", lines)


def posted(effect: Effect) -> Step:
    posting = effect.posting
    lines = [fact_line("Where", f"{posting.target.name}, company {posting.company}")]
    if posting.document_no:
        where = reverse("document", args=[effect.pk])
        in_batch = f" in ERP batch {posting.batch_ref}" if posting.batch_ref else ""
        lines.append(
            format_html(
                '<b>Document</b> <a href="{}">{}</a>{}', where, posting.document_no, in_batch
            )
        )
    else:
        where = reverse("posting", args=[posting.pk])
        lines.append(format_html('<b>Posting</b> <a href="{}">not in the ERP yet</a>', where))
    lines += [
        _applied(each, effect.pair_id, posting.currency)
        for each in effect.reservations.all()
        if not each.is_released
    ]
    lines += [_attempt(each) for each in posting.attempts.all()]
    if posting.message and posting.state not in FINAL_STATES:
        lines.append(fact_line("Last answer", posting.message))
    amount = formats.money_text(posting.amount, posting.currency)
    # Opened before there is anything in it: its documents have the amounts.
    of = "" if effect.kind == EffectKind.ERP_BATCH else f" of {amount}"
    return Step(
        f"{effect.get_kind_display()}{of}",
        _posting_tone(posting.state),
        posting.posted_at or posting.entered_at or posting.created_at,
        words.posting_state(posting.state),
        lines,
    )


def _posting_tone(state: str) -> str:
    return "mute" if state == PostingState.READY else words.POSTING_TONES.get(state, "mute")


def _applied(reservation: Reservation, pair_id: int, currency: str) -> SafeString:
    number = reservation.document_no
    url = reverse("invoice", args=[pair_id, number])
    amount = formats.money_text(reservation.amount, currency)
    return format_html('<b>Pays invoice</b> <a href="{}">{}</a> with {}', url, number, amount)


def _attempt(attempt: Attempt) -> SafeString:
    said = f": {attempt.message}" if attempt.message else ""
    return format_html(
        "<b>Attempt {}</b> {} · {}{}",
        attempt.number,
        attempt.get_outcome_display().lower(),
        formats.moment_text(attempt.started_at),
        said,
    )


def _not_settled(transaction: Transaction) -> list[Step]:
    if transaction.status not in (TransactionStatus.AUTHORIZED, TransactionStatus.CAPTURED):
        return []
    return [Step("Settlement", "mute", None, "Waits for the gateway to close its batch")]


def settled(transaction: Transaction | None, batch: SettlementBatch) -> Step:
    url = reverse("batch", args=[batch.pk])
    lines = [
        format_html('<b>Batch</b> <a href="{}">{}</a>', url, batch.vendor_ref),
        fact_line("Net of the batch", formats.money_text(batch.net_amount, batch.currency)),
    ]
    return Step(
        "Settled in a batch",
        "good",
        transaction.settled_at if transaction and transaction.settled_at else batch.closed_at,
        words.batch_state(batch.state),
        lines,
    )


def banked(batch: SettlementBatch) -> list[Step]:
    matches = list(Match.objects.filter(batch=batch).select_related("line").order_by("id"))
    if not matches:
        return [Step("Bank", "mute", None, "Not at the bank yet")]
    return [_bank_line(match) for match in matches]


def _bank_line(match: Match) -> Step:
    line = match.line
    url = f"{reverse('bank-lines')}?q={line.reference}" if line.reference else reverse("bank-lines")
    amount = formats.money_text(line.amount, line.currency)
    return Step(
        f"At the bank: {amount}",
        "good",
        None,
        formats.day(line.booked_on),
        [
            format_html('<b>Statement line</b> <a href="{}">{}</a>', url, line.description),
            fact_line("Matched by", match.rule),
        ],
    )


def proven(batch: SettlementBatch) -> Step:
    newest = Certificate.objects.filter(batch=batch).order_by("-number").first()
    if newest is None:
        return Step("Certificate", "mute", None, "Issued when the batch ties out")
    url = reverse("certificate", args=[batch.pk, newest.number])
    verdict = "ties out" if newest.ties_out else "does not tie out"
    return Step(
        "Proven",
        "good" if newest.ties_out else "bad",
        newest.issued_at,
        formats.tag(verdict.capitalize(), "good" if newest.ties_out else "bad"),
        [format_html('<b>Certificate</b> <a href="{}">number {}</a>', url, newest.number)],
    )


def fact_line(head: str, said: str) -> SafeString:
    return format_html("<b>{}</b> {}", head, said)
