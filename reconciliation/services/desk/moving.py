"""Moving a payment's money: its receipt is taken out of the ERP whole, and received anew.

Both pass over the unidentified-receipts account: Dr receivables, Cr unidentified for what is taken
out, Dr unidentified, Cr receivables for what is received. No clearing line is made, so that the
settlement batch ties out as before, also when it was added up long ago.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from django.db.models import QuerySet

from integrations.canonical import (
    ApplicationDraft,
    BatchDraft,
    BatchPurpose,
    CashReceiptDraft,
)
from integrations.choices import FINAL_STATES, STANDING_STATES, PostingState
from integrations.clock import business_day, business_now, wall_now
from integrations.models import Pair, Posting
from integrations.money import Money, total
from integrations.services import lanes
from mapping.choices import AccountRole
from mapping.problems import UnmappedError
from mapping.rulebook import RuleBook
from mapping.services.rulesets import rules_in_force
from reconciliation import keys
from reconciliation.choices import EffectKind, Placement
from reconciliation.models import Effect, Reservation, Transaction
from reconciliation.services import effects, freed
from reconciliation.services.desk.applications import later_applications
from reconciliation.services.desk.erp import asking
from reconciliation.services.desk.errors import AccountMissingError, DeskError
from reconciliation.services.desk.transfers import (
    SETTLEMENT_SUFFIX,
    TRANSFER,
    Standing,
    first_receipt,
    leg_of,
    suffixed,
)
from reconciliation.services.known import openings_of
from reconciliation.services.orders import order_posting
from reconciliation.services.taking_back import receipt_of, reversal

MOVE: Final = "move"


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the money, received anew: a customer's, or on an account that a rule names."""

    amount: Money
    customer_id: str = ""
    applications: tuple[ApplicationDraft, ...] = ()
    offset_account: str = ""
    kind: EffectKind = EffectKind.TRANSFER


def require_movable(row: Transaction, standing: Standing) -> None:
    """Raises DeskError, in words, while the money cannot be moved."""
    if row.settled_on is None:
        raise DeskError("The payment has not settled; its money can be moved once it has.")
    if standing.effect.posting.state not in FINAL_STATES:
        raise DeskError("The ERP has not posted the receipt yet; its money can be moved after.")
    still = later_applications(standing.effect).exclude(posting__state__in=STANDING_STATES)
    if still.exists():
        raise DeskError("Some of it is just being applied; try again when that is done.")


def rules_today(pair: Pair) -> tuple[date, RuleBook]:
    today = business_day(business_now(), pair.time_zone)
    rules = rules_in_force(pair, today)
    if rules is None:
        raise DeskError(f"No rule set of {pair.name} is in force on {today}.")
    return today, rules


def account(rules: RuleBook, role: AccountRole, amount: Money) -> str:
    """The account that the rules name. Raises AccountMissingError where they name none."""
    try:
        return rules.account(role, amount).account
    except UnmappedError as unmapped:
        raise AccountMissingError(
            f"Version {rules.number} of the rules names no account for “{role.label}”. Map it"
            " first: a mapper adds it to the ledger accounts of a new draft, and somebody else puts"
            " that in force.",
            rules.version_id,
        ) from unmapped


def move_money(
    pair: Pair, row: Transaction, standing: Standing, pieces: Sequence[Piece], why: str
) -> None:
    """Owe the taking out and each piece, which goes after it; in a transaction, under company_lock.

    The pieces come to exactly what the receipt is. What it applied is free again.
    """
    require_movable(row, standing)
    if total((piece.amount for piece in pieces), row.currency) != standing.draft.amount:
        raise ValueError("The pieces do not come to what the receipt is.")
    today, rules = rules_today(pair)
    between = account(rules, AccountRole.UNIDENTIFIED, standing.draft.amount)
    out = _take_out(pair, row, standing, between, today, rules.version_id, why)
    receive(pair, row, standing.effect, standing.draft, pieces, why, between, out.key)
    applied_by(standing.effect).update(is_released=True)


def applied_by(receipt: Effect) -> QuerySet[Reservation]:
    """What a receipt and its later applications hold, or held, of invoices."""
    own = [receipt.pk, *later_applications(receipt).values_list("pk", flat=True)]
    return Reservation.objects.filter(effect__in=own)


def _take_out(
    pair: Pair,
    row: Transaction,
    standing: Standing,
    between: str,
    today: date,
    version_id: int,
    why: str,
) -> Posting:
    group = group_on(pair, row, MOVE, between, today, version_id)
    wanted = reversal(
        pair,
        standing.effect,
        dated_on=today,
        comment=f"Moved: {standing.draft.payment_ref}",
        because=why,
        group=group,
        transaction=row,
        fact=row.last_fact,
        kind=EffectKind.MOVED,
        settlement_ref=suffixed(first_receipt(row).settlement_ref, SETTLEMENT_SUFFIX),
    )
    made = effects.make(pair, [wanted])
    order_posting(pair, group)
    return made[wanted.key].posting


def receive(
    pair: Pair,
    row: Transaction,
    corrected: Effect,
    first: CashReceiptDraft,
    pieces: Sequence[Piece],
    why: str,
    between: str,
    after: str,
) -> None:
    """Owe a receipt for each piece from the account between, and the posting of their ERP batch."""
    today, rules = rules_today(pair)
    group = group_on(pair, row, f"{MOVE}-in", between, today, rules.version_id)
    own, wanted = first_receipt(row), []
    for leg, piece in enumerate(pieces, start=leg_of(pair, row)):
        draft = replace(
            first,
            received_on=today,
            amount=piece.amount,
            customer_id=piece.customer_id,
            offset_account=piece.offset_account,
            payment_ref=suffixed(own.payment_ref, f"-T{leg}"),
            settlement_ref=suffixed(own.settlement_ref, SETTLEMENT_SUFFIX),
            comment=f"Moved: {first.payment_ref}"[:50],
            applications=piece.applications,
        )
        wanted.append(
            effects.NewEffect(
                key=keys.transaction_key(pair, row.vendor_id, TRANSFER, leg),
                kind=piece.kind,
                draft=draft,
                amount=piece.amount.amount,
                version_id=rules.version_id,
                business_on=today,
                rules=(why,),
                group=group,
                after=after,
                transaction=row,
                fact=row.last_fact,
                applications=piece.applications,
                corrects=corrected,
            )
        )
    effects.make(pair, wanted)
    order_posting(pair, group)
    owned = next((piece for piece in pieces if piece.customer_id), None)
    if owned is not None:
        row.customer_id = owned.customer_id
        row.placement = Placement.APPLIED if owned.applications else Placement.ON_ACCOUNT
    row.updated_at = wall_now()
    row.save(update_fields=["customer_id", "placement", "updated_at"])
    lanes.wake("deliver")


def group_on(
    pair: Pair, row: Transaction, name: str, between: str, today: date, version_id: int
) -> Posting:
    return effects.open_group(
        pair,
        lambda leg: keys.transaction_key(pair, row.vendor_id, f"erp-batch-{name}", leg),
        BatchDraft(
            company=pair.company,
            purpose=BatchPurpose.RECEIPTS,
            posting_on=today,
            comment=f"{name} {row.vendor_id}"[:50],
            deposit_account=between,
        ),
        version_id,
        transaction=row,
        by_account=True,
    )


# --- and back ---------------------------------------------------------------------------------


def put_back(pair: Pair, moved: Effect, actor: str) -> str:
    """Undo a taking out that stands in the ERP: the money is received anew as it was, in words.

    Each invoice gets what it can take now, the rest stands on the customer's account.
    """
    receipt, row, group = moved.corrects, moved.transaction, moved.posting.group
    first = receipt_of(receipt) if receipt else None
    if receipt is None or first is None or row is None or group is None:
        raise DeskError("What was moved is no receipt of a payment; correct it in the ERP.")
    if moved.posting.state not in FINAL_STATES:
        raise DeskError("What takes it out is about to be posted; undo it once it is.")
    held = list(applied_by(receipt).exclude(effect__posting__state=PostingState.CANCELLED))
    invoices = sorted({each.item_key for each in held})
    with asking(pair):
        openings = openings_of(pair, invoices, returning=True)
    back = freed.newest(freed.returning(pair, invoices), invoices)
    applications = []
    for each in held:
        room = openings.available.get(each.item_key, Money.zero(row.currency))
        share = min(Money(each.amount, row.currency), room)
        if share > Money.zero(row.currency):
            applications.append(ApplicationDraft(each.item_key, each.document_no, share))
            openings.available[each.item_key] = room - share
    piece = Piece(first.amount, first.customer_id, merged(applications))
    between, after = str(group.draft["deposit_account"]), back.key if back else moved.key
    receive(pair, row, receipt, first, [piece], f"undone: {actor}", between, after)
    pays = ", ".join(each.document_no for each in piece.applications) or "nothing"
    return f"{first.amount} is received for customer {first.customer_id} again; it pays {pays}."


def merged(applications: Sequence[ApplicationDraft]) -> tuple[ApplicationDraft, ...]:
    """One application for each invoice."""
    found: dict[str, ApplicationDraft] = {}
    for each in applications:
        known = found.get(each.item_key)
        amount = known.amount + each.amount if known else each.amount
        found[each.item_key] = ApplicationDraft(each.item_key, each.document_no, amount)
    return tuple(found.values())
