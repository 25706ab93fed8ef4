"""Replay a past period under a version that is not in force, and keep what would be different.

It works in portions, each committed with its place, so that it can be left and found again. Nothing
is posted, and no ERP is asked: receipts keep the applications with which they stand.
"""

from __future__ import annotations

import hashlib
import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from audit import services as audit
from audit.acting import Someone
from audit.roles import Duty, require
from integrations.bulk import insert_rows
from integrations.canonical import plain_hash
from integrations.choices import PostingState
from integrations.clock import wall_now
from integrations.locks import session_lock
from integrations.models import Pair
from integrations.money import Money
from integrations.plain import fields_of
from integrations.services import lanes
from mapping.decide import Payment, StandingReceipt
from mapping.impact import (
    Change,
    Compared,
    Document,
    Redone,
    compare,
    differs,
    moved,
    redo,
    standing_of,
)
from mapping.kinds import KINDS
from mapping.models import RuleSetVersion
from mapping.rulebook import RuleBook
from mapping.rules.currencies import Rate
from mapping.rules.risks import History
from mapping.services.rulesets import load
from reconciliation.choices import EffectKind, ImpactState
from reconciliation.models import Effect, Impact, ImpactRow, Transaction, TransactionHistory
from reconciliation.services import impact_deposits, impact_rates, risks
from reconciliation.services.known import case_of, payment_of

logger = logging.getLogger(__name__)

WAITING: Final = "EXISTS (SELECT 1 FROM reconciliation_impact WHERE state = 'running')"
AT_ONCE: Final = 2000
KINDS_OF_PAYMENTS: Final = (EffectKind.RECEIPT, EffectKind.REFUND, EffectKind.CREDIT_MEMO)
#: What is read of a payment, and of an effect with its posting.
NEEDED: Final = (
    *("vendor_id", "kind", "status", "amount", "currency", "settled_on", "captured_on"),
    *("captured_at", "payer", "last4", "approval_code", "response", "decision"),
    *("batch_ref", "customer_ref", "customer_id", "reference_texts", "method", "asked_amount"),
    *("original_amount", "original_currency", "booked_rate", "rate_table", "rate_on"),
    *("rate_rounding", "rate_by", "parent__vendor_id"),
)
OF_EFFECT: Final = (
    *("kind", "transaction_id", "fact_id", "version_id", "business_on"),
    *("posting__draft", "posting__group__draft", "version__number"),
)


def rules_hash(version: RuleSetVersion) -> str:
    """What the rows of a version say: two versions with the same rows have the same."""
    rows = {slug: [fields_of(row) for row in kind.read(version)] for slug, kind in KINDS.items()}
    return plain_hash({"deposit_pattern": version.deposit_pattern, "rows": rows})


def ask_for(who: Someone, version: RuleSetVersion, first_on: date, last_on: date) -> Impact:
    """As `ask`, for whoever is trusted with replays."""
    require(who, Duty.REPLAY_RULES, ("rules", str(version.pk)))
    return ask(version, first_on, last_on, audit.user_actor(who))


def ask(version: RuleSetVersion, first_on: date, last_on: date, actor: str) -> Impact:
    """Begin a replay; the one of the same rows and period that is there already is answered."""
    digest = rules_hash(version)
    with transaction.atomic():
        RuleSetVersion.objects.select_for_update().get(pk=version.pk)
        known = Impact.objects.filter(version=version, state=ImpactState.RUNNING).first()
        if known is not None:
            return known
        impact = Impact.objects.create(
            pair=version.pair,
            version=version,
            rules_hash=digest,
            first_on=first_on,
            last_on=last_on,
            asked_by=actor,
            asked_at=wall_now(),
        )
        impact.total = payments_of(impact).count() + impact_deposits.of(impact).count()
        impact.save(update_fields=["total"])
        audit.record(
            "rules.replayed",
            ("rules", str(version.pk)),
            actor=actor,
            summary=f"Version {version.number} is tried on the days {first_on} to {last_on}.",
            details={"impact": impact.pk, "rules_hash": digest},
        )
        lanes.wake("notify")
    return impact


def drain() -> int:
    """One portion of every replay that runs; answers how many payments and batches it took."""
    done = 0
    for impact in Impact.objects.filter(state=ImpactState.RUNNING).select_related("version__pair"):
        with session_lock(f"impact:{impact.pk}") as is_ours:
            if is_ours:
                done += _portion(impact)
    return done


def payments_of(impact: Impact) -> QuerySet[Transaction]:
    """The payments of a replay's period, by the day whose rules hold for them."""
    period = (impact.first_on, impact.last_on)
    return Transaction.objects.filter(
        Q(settled_on__range=period) | Q(settled_on__isnull=True, captured_on__range=period),
        connection=impact.pair.gateway,
    )


def _portion(impact: Impact) -> int:
    impact.refresh_from_db()
    if impact.state != ImpactState.RUNNING:
        return 0
    try:
        rules = load(impact.version)
        if rules_hash(impact.version) != impact.rules_hash:
            return _end(impact, ImpactState.FAILED, "The draft was edited meanwhile.")
        with transaction.atomic():
            return _replay(impact, rules)
    except Exception as error:
        logger.exception("The replay %s failed.", impact.pk)
        return _end(impact, ImpactState.FAILED, f"It broke off: {error!r}")


def _replay(impact: Impact, rules: RuleBook) -> int:
    rows = list(
        payments_of(impact)
        .filter(pk__gt=impact.last_transaction)
        .select_related("parent")
        .only(*NEEDED)
        .order_by("pk")[:AT_ONCE]
    )
    if rows:
        fired = Counter(impact.risks)
        _take(impact, _payments(impact.pair, rows, rules, fired))
        impact.risks = dict(fired)
        impact.last_transaction = rows[-1].pk
    else:
        effects = list(
            impact_deposits.of(impact).filter(pk__gt=impact.last_batch).order_by("pk")[:AT_ONCE]
        )
        if not effects:
            return _end(impact, ImpactState.DONE, "")
        _take(impact, impact_deposits.replayed(impact.pair, effects, rules, book_of))
        impact.last_batch = effects[-1].pk
    done = len(rows or effects)
    impact.looked_at += done
    impact.save()
    return done


def _end(impact: Impact, state: ImpactState, said: str) -> int:
    impact.state, impact.said, impact.ended_at = state, said[:300], wall_now()
    impact.save(update_fields=["state", "said", "ended_at"])
    return 0


Found = tuple[Transaction | Effect, date, Sequence[Compared]]


def _payments(
    pair: Pair, rows: Sequence[Transaction], rules: RuleBook, fired: Counter[str]
) -> Iterable[Found]:
    """What each payment leads to; `fired` counts the risk rows that would have said something."""
    effects = _standing(rows)
    statuses = _statuses(effects)
    histories = _histories(pair, rows, rules, effects)
    rates = impact_rates.of(pair, rows, [rules, *_books(effects)])
    for row in rows:
        standing = effects.get(row.pk, [])
        before = tuple(document_of(effect) for effect in standing)
        payment = impact_rates.as_said(_payment(pair, row, standing, statuses))
        known_rates = impact_rates.frozen(rates, row)
        asked = None if row.asked_amount is None else Money(row.asked_amount, row.currency)
        known = standing_of(before, row.customer_id, asked)
        history = histories.get(row.vendor_id)
        after = redo(payment, rules, pair.company, known, pair.currency, history, known_rates)
        if after.risk:
            fired[after.risk] += 1
        control: Redone | None = None
        if standing and differs(before, after):
            control = _own(pair, payment, standing[0], known, history, known_rates)
        yield row, payment.business_on, tuple(compare(before, after, control))


def _own(
    pair: Pair,
    payment: Payment,
    effect: Effect,
    known: StandingReceipt,
    history: History | None,
    rates: Sequence[Rate],
) -> Redone:
    """What the rules give today under which it was decided."""
    rules = book_of(effect.version)
    return redo(payment, rules, pair.company, known, pair.currency, history, rates)


def _histories(
    pair: Pair,
    rows: Sequence[Transaction],
    rules: RuleBook,
    effects: Mapping[int, Sequence[Effect]],
) -> Mapping[str, History]:
    """What came before each payment, if these rules or those of then ask for it."""
    return risks.histories_now(pair, [rules, *_books(effects)], rows)


def _books(effects: Mapping[int, Sequence[Effect]]) -> list[RuleBook]:
    """The rules under which these were decided, each once."""
    versions = {e.version_id: e.version for found in effects.values() for e in found}
    return [book_of(version) for version in versions.values()]


def _standing(rows: Sequence[Transaction]) -> dict[int, list[Effect]]:
    """The effects of payments that stand or are on their way, by payment."""
    reversal = Effect.objects.filter(corrects=OuterRef("pk"), kind=EffectKind.REVERSAL)
    found = (
        Effect.objects.filter(
            transaction__in=rows, kind__in=KINDS_OF_PAYMENTS, corrects__isnull=True
        )
        .exclude(posting__state=PostingState.CANCELLED)
        .exclude(Exists(reversal.exclude(posting__state=PostingState.CANCELLED)))
        .select_related("posting__group", "version")
        .only(*OF_EFFECT)
        .order_by("pk")
    )
    by_payment: dict[int, list[Effect]] = defaultdict(list)
    for effect in found:
        if effect.transaction_id is not None:
            by_payment[effect.transaction_id].append(effect)
    return by_payment


def _statuses(effects: Mapping[int, Sequence[Effect]]) -> dict[tuple[int, int], str]:
    """The status that each payment had by the fact that owed its documents."""
    facts = {e.fact_id for found in effects.values() for e in found if e.fact_id}
    told = TransactionHistory.objects.filter(transaction__in=list(effects), fact__in=facts)
    return {
        (row, fact): status
        for row, fact, status in told.values_list("transaction_id", "fact_id", "to_status")
    }


def document_of(effect: Effect) -> Document:
    group = effect.posting.group
    is_receipt = effect.kind == EffectKind.RECEIPT
    clearing = str(group.draft.get("deposit_account", "")) if group and is_receipt else ""
    return Document(effect.kind, effect.posting.draft, clearing)


def _payment(
    pair: Pair,
    row: Transaction,
    standing: Sequence[Effect],
    statuses: Mapping[tuple[int, int], str],
) -> Payment:
    """The payment as it was decided upon: its status, day and reference of then."""
    if not standing:
        return payment_of(pair, case_of(row, row.settled_on or row.captured_on))
    first = standing[0]
    row.status = statuses.get((row.pk, first.fact_id or 0), row.status)
    payment = payment_of(pair, case_of(row, first.business_on))
    reference = _reference(first.posting.draft)
    return replace(payment, settlement_ref=reference) if reference else payment


def _reference(draft: Mapping[str, Any]) -> str:
    lines = draft.get("lines") or [{}]
    return str(draft.get("settlement_ref") or lines[0].get("reference", ""))


@lru_cache(maxsize=64)
def _book(version_id: int) -> RuleBook:
    return load(RuleSetVersion.objects.get(pk=version_id))


def book_of(version: RuleSetVersion) -> RuleBook:
    """The rules of a version under which something was decided: sealed, so they are kept."""
    return _book(version.pk)


def _take(impact: Impact, found: Iterable[Found]) -> None:
    """Count what was compared, and keep what differs; inside a transaction."""
    rows: list[ImpactRow] = []
    sums = {account: Decimal(text) for account, text in impact.accounts.items()}
    digest = hashlib.sha256(impact.same_hash.encode())
    for subject, business_on, documents in found:
        for one in documents:
            setattr(impact, one.change, getattr(impact, one.change) + 1)
            if one.change is Change.SAME:
                digest.update(plain_hash(dict(one.before.draft) if one.before else {}).encode())
                continue
            by_account = {} if one.change is Change.APART else moved(one)
            rows.append(_row(impact, subject, business_on, one, by_account))
            for account, amount in by_account.items():
                sums[account] = sums.get(account, Decimal(0)) + amount
    impact.same_hash = digest.hexdigest()
    impact.accounts = {account: str(amount) for account, amount in sorted(sums.items()) if amount}
    insert_rows(rows)


def _row(
    impact: Impact,
    subject: Transaction | Effect,
    business_on: date,
    one: Compared,
    by_account: Mapping[str, Decimal],
) -> ImpactRow:
    document = one.after or one.before
    draft: Mapping[str, Any] = document.draft if document else {}
    of_batch = subject if isinstance(subject, Effect) else None
    of_payment = subject if isinstance(subject, Transaction) else None
    return ImpactRow(
        impact=impact,
        change=one.change,
        kind=document.kind if document else "",
        transaction=of_payment,
        batch_id=of_batch.batch_id if of_batch else None,
        business_on=business_on,
        customer_id=str(draft.get("customer_id", ""))[:20],
        amount=_amount(subject, document),
        currency=impact.pair.currency,
        before=_stored(one.before),
        after=_stored(one.after),
        moved={account: str(amount) for account, amount in by_account.items()},
        why=one.why[:300],
    )


def _amount(subject: Transaction | Effect, document: Document | None) -> Decimal:
    """In the pair's currency: of a payment in another one what its document comes to."""
    if isinstance(subject, Effect):
        return subject.posting.amount
    payment = subject
    if document is None or payment.currency == document.total.currency:
        return payment.amount
    return document.total.amount


def _stored(document: Document | None) -> dict[str, Any]:
    if document is None:
        return {}
    clearing = {"clearing": document.clearing} if document.clearing else {}
    return {**document.draft, **clearing}
