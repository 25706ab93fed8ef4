"""What the desk asks the ERP; an ERP that cannot answer is a refusal in words, nothing changes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from integrations.canonical import OpenItemRecord
from integrations.errors import EdgeError
from integrations.models import Pair
from integrations.services.connectors import open_items_of
from mapping.references import references
from reconciliation.services.desk.errors import DeskError


@contextmanager
def asking(pair: Pair) -> Iterator[None]:
    try:
        yield
    except EdgeError as error:
        raise DeskError(f"{pair.erp.name} gave no answer: {error.message}") from error


def require_customer(pair: Pair, customer_id: str) -> str:
    """The customer's id as the ERP has it. Raises DeskError when there is none."""
    wanted = customer_id.strip()
    with asking(pair):
        found = open_items_of(pair.erp).customers_exist(pair.company, [wanted]) if wanted else ()
    if wanted not in found:
        raise DeskError(f"No customer of company {pair.company} is called {wanted or '—'}.")
    return wanted


def require_invoice(pair: Pair, document_no: str, customer_id: str = "") -> OpenItemRecord:
    """The one open invoice that a number names; of this customer, if one is given.

    Raises DeskError when there is none, more than one, or it is another customer's.
    """
    named = references([document_no.strip()])
    forms = sorted({form for reference in named for form in reference.forms})
    with asking(pair):
        items = (
            open_items_of(pair.erp).snapshot(pair.company, references=forms).items if forms else ()
        )
    if not items:
        raise DeskError(
            f"No invoice of company {pair.company} that is open is called {document_no.strip()}: "
            "it is paid already, or the number is another one."
        )
    own = [item for item in items if customer_id in ("", item.customer_id)]
    exact = [item for item in own if item.document_no == document_no.strip().upper()] or own
    if not own:
        owners = ", ".join(sorted({item.customer_id for item in items}))
        raise DeskError(
            f"Invoice {document_no.strip()} belongs to {owners}; the money is {customer_id}'s."
        )
    if len(exact) > 1:
        listed = ", ".join(item.document_no for item in exact[:5])
        raise DeskError(f"{document_no.strip()} fits several invoices ({listed}): name one.")
    return exact[0]
