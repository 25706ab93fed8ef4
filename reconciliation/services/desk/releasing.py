"""What the risk rules hold back: a person releases it, or refuses it, with a reason."""

from __future__ import annotations

from integrations.locks import transaction_lock
from reconciliation.choices import Placement
from reconciliation.models import ExceptionItem, Transaction
from reconciliation.services.checks import LET_THROUGH, TURNED_DOWN
from reconciliation.services.decide import decide_again
from reconciliation.services.desk.customers import decide_for, transaction_of
from reconciliation.services.desk.errors import DeskError
from reconciliation.services.desk.steps import at_work, pair_of, resolve
from reconciliation.services.desk.transfers import owe_transfer
from reconciliation.services.desk_open import about_transaction, open_exceptions
from reconciliation.services.known import company_lock


def release(item: ExceptionItem, why: str, actor: str) -> None:
    """Have it posted as without the risk rules; what stands with nobody goes to its customer.

    It holds for this payment and this amount alone.
    """
    _require_reason(why)
    with at_work(item, "release", actor) as locked:
        row = transaction_of(locked)
        locked.details = {**locked.details, LET_THROUGH: str(row.amount)}
        resolve(locked, "release", actor, why.strip())
        if row.placement == Placement.UNIDENTIFIED:
            _to_its_customer(locked, row, actor)
        else:
            decide_again([row])


def refuse(item: ExceptionItem, why: str, actor: str) -> None:
    """It reaches no customer: decided again as one that is blocked, which can be released."""
    _require_reason(why)
    with at_work(item, "refuse", actor) as locked:
        row = transaction_of(locked)
        locked.details = {**locked.details, TURNED_DOWN: str(row.amount)}
        resolve(locked, "refuse", actor, why.strip())
        decide_again([row])


def _require_reason(why: str) -> None:
    if not why.strip():
        raise DeskError("Say why; the reason stays with the exception.")


def _to_its_customer(item: ExceptionItem, row: Transaction, actor: str) -> None:
    """A transfer from the unidentified receipts, onto the invoices that the payer named.

    Where nobody in the ERP is known by the payer it stays there, and its exception says so.
    """
    pair = pair_of(item)
    transaction_lock(company_lock(pair))
    decision = decide_for(pair, row, str(item.details.get("customer", "")))
    receipt = decision.receipt
    if receipt is not None and receipt.customer_id:
        rules = (*decision.rules, f"released: {actor}")
        owe_transfer(pair, row, receipt.customer_id, receipt.applications, rules)
    open_exceptions([about_transaction(row, p, item.business_on) for p in decision.problems])
