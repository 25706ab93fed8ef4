"""Each action of the desk by its name: what it does to one item.

Values are what the action's form answers, or the same as texts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from reconciliation.models import BulkItem, ExceptionItem
from reconciliation.services.desk import (
    at_rate,
    bank,
    closing,
    correcting,
    customers,
    elsewhere,
    giving_back,
    invoices,
    new_customers,
    reading,
    releasing,
    rules,
    sales,
    splits,
    writing_off,
)
from reconciliation.services.desk.undo import undo

Values = Mapping[str, Any]
#: Takes the item, the values and the actor; raises DeskError where it cannot be done.
Do = Callable[[ExceptionItem, Values, str], object]

DOING: Final[Mapping[str, Do]] = {
    "claim": lambda item, data, actor: closing.claim(item, actor),
    "link_customer": lambda item, data, actor: customers.link_customer(
        item, data["customer_id"], actor
    ),
    "link_invoice": lambda item, data, actor: invoices.link_invoice(
        item, data["document_no"], actor
    ),
    "link_sale": lambda item, data, actor: sales.link_sale(item, data["sale_ref"], actor),
    "give_back": lambda item, data, actor: giving_back.give_back(
        item, data["customer_id"], data["note"], actor
    ),
    "book_at_rate": lambda item, data, actor: at_rate.book_at_rate(
        item, str(data["rate"] or ""), data["note"], actor
    ),
    "split": lambda item, data, actor: splits.split(item, data["shares"], actor),
    "apply_elsewhere": lambda item, data, actor: elsewhere.apply_elsewhere(
        item, data["document_no"], data["confirmed"], actor
    ),
    "write_off": lambda item, data, actor: writing_off.write_off(
        item, data["document_no"], data["note"], actor
    ),
    "approve_rule": lambda item, data, actor: rules.approve_rule(item, actor),
    "map_account": lambda item, data, actor: rules.map_account(
        item, data["role"], data["account"], actor
    ),
    "map_method": lambda item, data, actor: rules.map_method(
        item, data["method"], data["erp_method"], actor
    ),
    "mend_field": lambda item, data, actor: rules.mend_field(item, actor),
    "leave_on_account": lambda item, data, actor: closing.leave_on_account(
        item, data["note"], actor
    ),
    "fetch_members": lambda item, data, actor: reading.fetch_members(item, actor),
    "accept": lambda item, data, actor: reading.accept(item, data["note"], actor),
    "link_batch": lambda item, data, actor: bank.link_batch(item, data["batch_ref"], actor),
    "wait": bank.wait,
    "post_anyway": lambda item, data, actor: closing.post_anyway(item, data["note"], actor),
    "release": lambda item, data, actor: releasing.release(item, data["note"], actor),
    "refuse": lambda item, data, actor: releasing.refuse(item, data["note"], actor),
    "correct": lambda item, data, actor: correcting.correct(
        item, data["corrections"], data["note"], actor
    ),
    "retry": lambda item, data, actor: closing.retry(item, actor),
    "send_absent_again": lambda item, data, actor: closing.send_absent_again(item, actor),
    "set_aside": lambda item, data, actor: closing.set_aside(item, data["note"], actor),
    "link_existing": lambda item, data, actor: new_customers.link_existing(
        item, data["customer_id"], actor
    ),
    "not_created": lambda item, data, actor: new_customers.do_not_create(item, data["note"], actor),
    "dismiss": lambda item, data, actor: closing.dismiss(item, data["note"], actor),
    # What runs do by themselves; no form of the desk's asks for these.
    "follow_rule": lambda item, data, actor: closing.retry(item, actor),
    "undo": lambda item, data, actor: undo(BulkItem.objects.get(pk=int(data["of"])), actor),
}
