"""The desk's actions as forms: names and words here, the work in `services.desk`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from django import forms as django_forms
from django.urls import reverse

from audit.roles import Duty
from reconciliation import forms
from reconciliation.models import ExceptionItem, Transaction
from reconciliation.services import desk
from reconciliation.services.candidates import is_close, nearest_batch
from reconciliation.services.desk.at_rate import offered
from reconciliation.services.desk.doing import DOING
from reconciliation.services.desk.duties import duty_of
from reconciliation.services.desk.fitting import ORDER_HELD
from reconciliation.services.desk.steps import pair_of
from reconciliation.services.sales import nearest_sale


@dataclass(frozen=True)
class Action:
    """`duty` is what a person must be trusted with to see the form; the desk asks for it again."""

    name: str
    label: str
    button: str
    form_class: type[django_forms.Form]
    help: str = ""

    @property
    def duty(self) -> Duty:
        return duty_of(self.name)

    def run(self, item: ExceptionItem, data: Mapping[str, Any], actor: str) -> None:
        """`data`: the form's clean values. Raises DeskError where it cannot be done."""
        DOING[self.name](item, data, actor)


@dataclass(frozen=True)
class Offer:
    """An action with the form to show for it; open when it is the likely one or was refused.

    `search_url` is where what the form asks for can be looked for.
    """

    action: Action
    form: django_forms.Form
    is_open: bool
    search_url: str = ""


ACTIONS: Final[Mapping[str, Action]] = {
    action.name: action
    for action in (
        Action(
            "claim",
            "Claim",
            "Claim it",
            forms.NothingForm,
            "Others see that you work on it.",
        ),
        Action(
            "link_customer",
            "Link the customer",
            "Link and post",
            forms.CustomerForm,
            "The money moves to this customer's account, and later payments find it by themselves.",
        ),
        Action(
            "link_invoice",
            "Link an invoice",
            "Link and post",
            forms.InvoiceForm,
            "The money is applied to this invoice.",
        ),
        Action(
            "split",
            "Split over several invoices",
            "Split and post",
            forms.SplitForm,
            "One customer's invoices; the shares come to exactly what there is to apply.",
        ),
        Action(
            "link_sale",
            "Link to its sale",
            "Link to this sale",
            forms.SaleForm,
            "The sale counts as refunded by so much. No document changes: the refund is booked.",
        ),
        Action(
            "give_back",
            "Take it from a customer's account",
            "Take it from there",
            forms.GiveBackForm,
            "It gives back what stands on the customer's account from one payment: that receipt is "
            "made anew without it, and the refunds account is even.",
        ),
        Action(
            "book_at_rate",
            "Book at this rate",
            "Book it at this rate",
            forms.RateForm,
            "It stands in the books in the company's currency, with the gateway's amount and the "
            "rate beside it. What the settlement's own rate differs by is named when the batch is "
            "added up.",
        ),
        Action(
            "apply_elsewhere",
            "Apply elsewhere",
            "Apply it there",
            forms.ElsewhereForm,
            "The whole payment pays this invoice instead, also another customer's.",
        ),
        Action(
            "write_off",
            "Write off the difference",
            "Write it off",
            forms.WriteOffForm,
            "A small one, to the account that the rules name; above a limit a second person.",
        ),
        Action(
            "approve_rule",
            "Approve the rule",
            "Put the rule in force",
            forms.NothingForm,
            "From this business day on; what was held is decided again.",
        ),
        Action(
            "map_account",
            "Map the account",
            "Propose the account",
            forms.AccountForm,
            "It goes into a new version of the rules once another person approves it.",
        ),
        Action(
            "map_method",
            "Map the payment method",
            "Propose the method",
            forms.MethodForm,
            "It goes into a new version of the rules once another person approves it.",
        ),
        Action(
            "mend_field",
            "Change the field map as suggested",
            "Propose this change",
            forms.NothingForm,
            "Once another person approves it, this payment and all alike are decided with it.",
        ),
        Action(
            "leave_on_account",
            "Leave on account",
            "Leave it there",
            forms.NoteForm,
            "The money stays unapplied on the customer's account.",
        ),
        Action(
            "link_batch",
            "Link to a batch",
            "Link and post",
            forms.BatchForm,
            "The money leaves the unidentified receipts; a difference gets its name and its line.",
        ),
        Action(
            "wait",
            "Wait for it",
            "Wait until then",
            forms.WaitForm,
            "It is late only after this day, and closes by itself when its cause is gone.",
        ),
        Action(
            "fetch_members",
            "Fetch the members again",
            "Fetch them again",
            forms.NothingForm,
            "The gateway is asked again for the batch's days; what is known changes nothing.",
        ),
        Action(
            "accept",
            "Accept it as it is",
            "Accept with this reason",
            forms.ReasonForm,
            "The batch goes on with the members that are here. Its certificate says so, and why.",
        ),
        Action(
            "post_anyway",
            "Post it all the same",
            "Post it with this reason",
            forms.ReasonForm,
            "For this payment alone, and only for the checks that are named here.",
        ),
        Action(
            "release",
            "Release it",
            "Release it with this reason",
            forms.ReasonForm,
            "It is posted as it would have been without the risk rule, for this amount alone.",
        ),
        Action(
            "refuse",
            "Refuse it",
            "Refuse it with this reason",
            forms.ReasonForm,
            "No invoice is paid by it. Once the gateway has taken the money it stands with the "
            "unidentified receipts, and what you see here becomes a block that can be released.",
        ),
        Action(
            "retry",
            "Try again",
            "Try again",
            forms.NothingForm,
            "What was held is looked up, sent, decided or read once more.",
        ),
        Action(
            "correct",
            "Correct and try again",
            "Try again so",
            forms.CorrectionForm,
            "The original stays as it came, beside it; what was changed is in the audit trail.",
        ),
        Action(
            "send_absent_again",
            "It is not there: send again",
            "Look once more, then send",
            forms.NothingForm,
            "Only when you have seen that the ERP does not hold it. If it does, it is linked.",
        ),
        Action(
            "set_aside",
            "Set aside",
            "Set it aside",
            forms.SetAsideForm,
            "The rest of its ERP batch is posted; the payment is decided anew.",
        ),
        Action(
            "link_existing",
            "Link to an existing customer",
            "Link and create nobody",
            forms.CustomerForm,
            "The payer is this customer of the ERP. What waits for it moves there, and later "
            "payments find it by themselves.",
        ),
        Action(
            "not_created",
            "Do not create this customer",
            "Give it up with this reason",
            forms.ReasonForm,
            "Nobody is created. The payer's money stays with the unidentified receipts.",
        ),
        Action(
            "dismiss",
            "Dismiss",
            "Dismiss",
            forms.ReasonForm,
            "Nothing moves; the exception closes with your reason.",
        ),
    )
}


#: What the same actions are called where an order is concerned: label, button and help.
OF_ORDERS: Final[Mapping[str, tuple[str, str, str]]] = {
    "link_customer": (
        "Say whose order it is",
        "Link and invoice",
        "Later orders and payments of this customer find it by themselves.",
    ),
    "post_anyway": (
        "Invoice it all the same",
        "Invoice it with this reason",
        "For this order as it is now, and for this reason alone.",
    ),
    "retry": (
        "Decide it once more",
        "Decide it once more",
        "With the rules, customers and stock as they are now.",
    ),
    "dismiss": (
        "No invoice for it",
        "It becomes no invoice",
        "With your reason. Should the shop send it again changed, it is decided anew.",
    ),
}


def fitting(item: ExceptionItem) -> list[Action]:
    """The actions that fit, in the order in which the desk shows them."""
    names = set(desk.actions_for(item))
    found = [action for action in ACTIONS.values() if action.name in names]
    return [_of_order(action) for action in found] if item.reason in ORDER_HELD else found


def _of_order(action: Action) -> Action:
    if action.name not in OF_ORDERS:
        return action
    label, button, said = OF_ORDERS[action.name]
    return replace(action, label=label, button=button, help=said)


def offers(
    item: ExceptionItem,
    duties: Collection[Duty],
    refused: tuple[str, django_forms.Form] | None = None,
    given: Mapping[str, Any] | None = None,
) -> list[Offer]:
    """A form for every action that fits item and person; `refused` came back with its errors.

    `given` is what was chosen on another page, by the field's name.
    """
    found: list[Offer] = []
    given = given or {}
    actions = [action for action in fitting(item) if action.duty in duties]
    proposed = [each.get("action") for each in item.suggestions]
    likely = next((action.name for action in actions if action.name in proposed), "")
    for action in actions:
        if refused and refused[0] == action.name:
            found.append(Offer(action, refused[1], True, search_url(item, action.name)))
            continue
        chosen = {name: given[name] for name in action.form_class.base_fields if name in given}
        form = action.form_class(
            initial=suggested(item, action.name) | chosen, auto_id=f"id_{action.name}_%s"
        )
        is_open = not refused and (action.name == likely or bool(chosen))
        found.append(Offer(action, form, is_open, search_url(item, action.name)))
    return found


def _from_nearest_sale(refund: Transaction, action: str) -> dict[str, str]:
    sale = nearest_sale(refund)
    if action == "link_sale":
        return {"sale_ref": sale.vendor_id} if sale else {}
    customer = refund.customer_id or (sale.customer_id if sale else "")
    return {"customer_id": customer} if customer else {}


def table_rate(item: ExceptionItem) -> dict[str, str]:
    """The rate of the table for a payment; nothing where the rules have none."""
    if item.transaction is None:
        return {}
    try:
        rate = offered(pair_of(item), item.transaction).rate.rate
    except desk.DeskError:
        return {}
    return {"rate": f"{rate.normalize():f}"}


def search_url(item: ExceptionItem, action: str) -> str:
    return reverse("exception-sales", args=[item.pk]) if action == "link_sale" else ""


@dataclass(frozen=True)
class Suggestion:
    """What the machine proposes with a value; `field` is set when one press can do it."""

    action: str
    label: str
    value: str
    field: str


#: Actions that need one value, and the field that takes it.
ONE_VALUE: Final = {"link_customer": "customer_id", "link_invoice": "document_no"}


def suggestions(item: ExceptionItem, offered: Sequence[Offer]) -> list[Suggestion]:
    """The item's suggestions while it is open; one that no action fits is words only."""
    if item.closed_at is not None:
        return []
    names = {offer.action.name for offer in offered}
    found: list[Suggestion] = []
    for each in item.suggestions:
        action, value = each.get("action", ""), each.get("value", "")
        if action in names and not value:
            continue  # The action itself stands below, open.
        field = ONE_VALUE.get(action, "") if action in names else ""
        found.append(Suggestion(action, each.get("label", ""), value, field))
    return found


#: The field of an action's form that a suggestion's value goes into.
VALUE_FIELD: Final = {**ONE_VALUE, "map_account": "role", "map_method": "method"}


def suggested(item: ExceptionItem, action: str) -> dict[str, str]:
    """Values that the action's form can begin with: what the first suggestion for it names.

    A deposit is about the batch that comes nearest to it, if that is near at all, until somebody
    says otherwise, and a refund about the sale with which it has most in common.
    """
    if action == "link_batch" and item.line is not None:
        near = nearest_batch(item.line)
        return {"batch_ref": near.reference} if near and is_close(item.line, near.batch) else {}
    if action == "book_at_rate" and item.transaction is not None:
        return table_rate(item)
    if action in ("link_sale", "give_back") and item.transaction is not None:
        return _from_nearest_sale(item.transaction, action)
    for each in item.suggestions:
        if each.get("action") == action and action in VALUE_FIELD:
            return {VALUE_FIELD[action]: each.get("value", "")}
    return {}
