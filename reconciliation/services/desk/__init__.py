"""What people do about exceptions. Money is never off the books: a change is a new effect."""

from reconciliation.services.desk.closing import (
    claim,
    dismiss,
    leave_on_account,
    post_anyway,
    retry,
    send_absent_again,
    set_aside,
)
from reconciliation.services.desk.customers import link_customer
from reconciliation.services.desk.errors import DeskError
from reconciliation.services.desk.fitting import actions_for
from reconciliation.services.desk.invoices import link_invoice
from reconciliation.services.desk.reading import accept, fetch_members
from reconciliation.services.desk.rules import approve_rule, map_account, map_method, mend_field

__all__ = [
    "DeskError",
    "accept",
    "actions_for",
    "approve_rule",
    "claim",
    "dismiss",
    "fetch_members",
    "leave_on_account",
    "link_customer",
    "link_invoice",
    "map_account",
    "map_method",
    "mend_field",
    "post_anyway",
    "retry",
    "send_absent_again",
    "set_aside",
]
