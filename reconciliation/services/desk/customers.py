"""Link a customer: the money leaves the unidentified receipts for the customer's account."""

from __future__ import annotations

from dataclasses import replace

from integrations.locks import transaction_lock
from integrations.models import Pair
from mapping.choices import LinkSystem
from mapping.decide import Decision, decide
from mapping.services.customers.deciding import settled_elsewhere
from mapping.services.links import link
from mapping.services.rulesets import rules_in_force
from reconciliation.choices import OPEN_STATES, Placement
from reconciliation.models import ExceptionItem, Transaction
from reconciliation.services.desk import order_actions
from reconciliation.services.desk.erp import asking, require_customer
from reconciliation.services.desk.errors import DeskError
from reconciliation.services.desk.fitting import PLACEMENT_REASONS
from reconciliation.services.desk.steps import at_work, pair_of, resolve
from reconciliation.services.desk.transfers import owe_transfer
from reconciliation.services.desk_open import about_transaction, open_exceptions
from reconciliation.services.known import case_of, company_lock, desk_of, payment_of


def link_customer(item: ExceptionItem, customer_id: str, actor: str) -> None:
    """Remember whose money it is and move it there, onto the invoices that the payer named.

    What the invoices cannot take stands on account, with an exception of its own.
    """
    with at_work(item, "link_customer", actor) as locked:
        if locked.order_id is not None:
            order_actions.link_customer(locked, pair_of(locked), customer_id, actor)
            return
        pair, row = pair_of(locked), transaction_of(locked)
        customer = require_customer(pair, customer_id)
        if row.customer_ref:
            link(pair, row.customer_ref, customer, actor)
            settled_elsewhere(pair, LinkSystem.GATEWAY, row.customer_ref)
        move_to(locked, pair, customer, "link_customer", actor)


def move_to(item: ExceptionItem, pair: Pair, customer: str, action: str, actor: str) -> None:
    """Owe the transfer of an unidentified payment's money to its customer; in a transaction."""
    row = transaction_of(item)
    transaction_lock(company_lock(pair))
    decision = decide_for(pair, row, customer)
    applications = decision.receipt.applications if decision.receipt else ()
    owe_transfer(pair, row, customer, applications, (f"{action.replace('_', ' ')}: {actor}",))
    said = _where(customer, [application.document_no for application in applications])
    close_placement(item, row, action, actor, said)
    solved = (item.reason, "customer_unknown")
    open_exceptions(
        [
            about_transaction(row, problem, item.business_on)
            for problem in decision.problems
            if problem.kind.value not in solved
        ]
    )


def transaction_of(item: ExceptionItem) -> Transaction:
    if item.transaction is None:
        raise DeskError("The exception is not about a payment.")
    return item.transaction


def decide_for(pair: Pair, row: Transaction, customer: str) -> Decision:
    """What would have been decided had the payer been known; nothing of it is posted as it is."""
    business_on = row.settled_on or row.captured_on
    rules = rules_in_force(pair, business_on)
    if rules is None:
        raise DeskError(f"No rule set of {pair.name} is in force on {business_on}.")
    case = case_of(row, business_on)
    with asking(pair):
        desk = desk_of(pair, [case])
    desk.customers = {customer: customer}
    # It is on the books already, and a person says whose it is: nothing is left to hold back.
    unchecked = replace(rules, validations=(), risks=())
    decision = decide(replace(payment_of(pair, case), customer_ref=customer), unchecked, desk)
    if decision.is_held:
        raise DeskError(decision.problems[0].message)
    return decision


def _where(customer: str, invoices: list[str]) -> str:
    if invoices:
        return f"Transferred to customer {customer}, applied to {', '.join(invoices)}."
    return f"Transferred to the account of customer {customer}."


def close_placement(
    item: ExceptionItem, row: Transaction, action: str, actor: str, text: str
) -> None:
    """Close the item and the payment's other open exceptions about where its money stands."""
    others = ExceptionItem.objects.select_for_update(of=("self",)).filter(
        transaction=row, reason__in=PLACEMENT_REASONS, state__in=OPEN_STATES
    )
    for other in others.exclude(pk=item.pk).order_by("pk"):
        resolve(other, action, actor, text)
    resolve(item, action, actor, text)


def is_unidentified(row: Transaction) -> bool:
    return row.placement == Placement.UNIDENTIFIED
