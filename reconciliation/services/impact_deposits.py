"""Deposit journals of a replayed period: fees and accounts as the other rules have them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date

from django.db.models import QuerySet

from integrations.canonical import draft_to_json
from integrations.choices import PostingState
from integrations.models import Pair
from integrations.money import Money
from mapping.choices import AccountRole
from mapping.impact import Compared, Document, Redone, compare, differs
from mapping.models import RuleSetVersion
from mapping.problems import UnmappedError
from mapping.rulebook import RuleBook
from reconciliation import keys
from reconciliation.choices import EffectKind
from reconciliation.models import Effect, Impact
from reconciliation.services.adding_up import add_up, added_up
from reconciliation.services.deposits import deposit_draft
from reconciliation.tieout import name_difference


def of(impact: Impact) -> QuerySet[Effect]:
    """The deposit journals of the period that stand; transfers of unidentified money are not."""
    return (
        Effect.objects.filter(
            pair=impact.pair,
            kind=EffectKind.DEPOSIT,
            business_on__range=(impact.first_on, impact.last_on),
            corrects__isnull=True,
            batch__isnull=False,
        )
        .exclude(posting__state=PostingState.CANCELLED)
        .exclude(corrections__kind=EffectKind.REVERSAL)
        .select_related("posting", "batch", "line", "version")
    )


def replayed(
    pair: Pair,
    effects: Sequence[Effect],
    rules: RuleBook,
    book_of: Callable[[RuleSetVersion], RuleBook],
) -> Iterator[tuple[Effect, date, Sequence[Compared]]]:
    """Each deposit journal beside what it would be."""
    for effect in effects:
        before = (Document(effect.kind, effect.posting.draft),)
        own_rules = book_of(effect.version)
        after = _redo(pair, effect, rules, own_rules)
        control = None
        if differs(before, after):
            control = _redo(pair, effect, own_rules, own_rules)
        yield effect, effect.business_on, tuple(compare(before, after, control))


def _redo(pair: Pair, effect: Effect, rules: RuleBook, own_rules: RuleBook) -> Redone:
    if effect.batch is None:
        raise ValueError(f"The deposit {effect.key} has no settlement batch.")
    own = added_up(effect.batch)
    if rules is not own_rules:
        own = replace(own, fees=add_up(effect.batch, rules).fees)
    line = effect.line
    paid = Money(line.amount, line.currency) if line else Money.zero(pair.currency)
    residual = name_difference(own, paid) if line else None
    try:
        draft, _ = deposit_draft(
            pair,
            keys.settlement_ref(pair, effect.batch.vendor_ref),
            effect.business_on,
            own,
            paid,
            rules,
            residual,
            _clearing(effect, rules, own_rules, pair.currency),
        )
    except UnmappedError as unmapped:
        return Redone((), unmapped.problem.message)
    return Redone((Document(effect.kind, draft_to_json(draft)),) if draft.lines else ())


def _clearing(effect: Effect, rules: RuleBook, own_rules: RuleBook, currency: str) -> str:
    """The account that the journal clears: where the receipts were, if the rules move it."""
    zero = Money.zero(currency)
    general = own_rules.account(AccountRole.CLEARING, zero).account
    posted = {str(line["account"]) for line in effect.posting.draft["lines"]}
    if general in posted:
        return rules.account(AccountRole.CLEARING, zero).account
    return next(
        row.account
        for row in own_rules.accounts
        if row.role == AccountRole.CLEARING and row.account in posted
    )
