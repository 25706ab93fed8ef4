"""A person doubts where a payment's money stands: the desk has it from then on."""

from __future__ import annotations

from typing import Final

from django.db import transaction

from audit import guard
from audit import services as audit
from audit.acting import require_actor
from audit.roles import Duty
from integrations.clock import business_now
from reconciliation.choices import OPEN_STATES, Placement, Reason
from reconciliation.models import ExceptionItem, Transaction
from reconciliation.services.desk.errors import DeskError
from reconciliation.services.desk_open import Wanted, open_exceptions

#: Money that stands with a customer.
OWNED: Final = (Placement.APPLIED, Placement.ON_ACCOUNT)


def question(row: Transaction, note: str, actor: str) -> ExceptionItem:
    """Open an exception about a payment that is on a customer's account or applied to invoices.

    Answers the one that is open already, if there is one. Raises DeskError.
    """
    require_actor(actor, Duty.WORK_EXCEPTIONS, ("transaction", str(row.pk)))
    said = guard.inspect_text(note.strip()).text
    if not said:
        raise DeskError("Say what is wrong; it stands on the exception.")
    if row.placement not in OWNED:
        raise DeskError("Its money stands with no customer; there is nothing to move.")
    wanted = Wanted(
        reason=Reason.QUESTIONED,
        subject=f"transaction:{row.pk}",
        connection=row.connection,
        message=f"{actor.removeprefix('user:')}: {said}",
        business_on=business_now().date(),
        amount=row.amount,
        currency=row.currency,
        transaction=row,
        fact=row.last_fact,
    )
    with transaction.atomic():
        open_exceptions([wanted])
        item = ExceptionItem.objects.get(
            subject=wanted.subject, reason=wanted.reason, state__in=OPEN_STATES
        )
        audit.record(
            "transaction.questioned",
            ("transaction", str(row.pk)),
            actor=actor,
            summary=said,
            details={"exception": item.pk},
            business_on=wanted.business_on,
        )
    return item
