"""What is wrong with an exception's fields, side by side: one table for every reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from console import formats
from integrations.models import Posting
from mapping.choices import AccountRole
from reconciliation import words
from reconciliation.choices import BankLineState, EffectKind, Reason
from reconciliation.comparison import (
    Comparison,
    Field,
    of_batch,
    of_change,
    of_checks,
    of_differences,
    of_sides,
    of_transaction,
    plain,
)
from reconciliation.models import BankLine, ExceptionItem
from reconciliation.services.candidates import nearest_batch
from reconciliation.services.desk.at_rate import offered
from reconciliation.services.desk.errors import DeskError
from reconciliation.services.desk.steps import pair_of
from reconciliation.services.sales import left_of, nearest_sale

#: Answers None where an exception has nothing of that sort to show.
Sides = Callable[[ExceptionItem], Comparison | None]


def of_item(item: ExceptionItem) -> Comparison | None:
    """The two sides of what an exception is about; what was noted when it was found goes first."""
    if "before" in item.details and "after" in item.details:
        return of_change(item.details["before"], item.details["after"])
    if item.details.get("differences"):
        return of_differences(item.details["differences"])
    own = SIDES.get(item.reason)
    return (own(item) if own else None) or _of_what_it_is_about(item)


def _of_what_it_is_about(item: ExceptionItem) -> Comparison | None:
    if item.transaction is not None:
        return of_transaction(item.transaction)
    if item.batch is not None:
        return of_batch(item.batch)
    if item.line is not None:
        return _line(item)
    if item.posting is not None:
        return _posting(item)
    return None


# --- payments ---------------------------------------------------------------------------------


def _payment(item: ExceptionItem) -> Comparison | None:
    return of_transaction(item.transaction) if item.transaction else None


def _refund(item: ExceptionItem) -> Comparison | None:
    """A refund, and the sale that it has most in common with."""
    refund = item.transaction
    if refund is None:
        return None
    sale = refund.parent or nearest_sale(refund)
    return Comparison(
        "The refund",
        "Its sale" if refund.parent else "Nearest sale that can bear it",
        (
            Field("Payment", refund.vendor_id, sale.vendor_id if sale else "none", False),
            Field(
                "Amount",
                formats.money_text(refund.amount, refund.currency),
                formats.money_text(sale.amount, sale.currency) if sale else "",
                is_comparable=False,
            ),
            Field("Not given back yet", "", str(left_of(sale)) if sale else ""),
            Field(
                "Day",
                refund.captured_on.isoformat(),
                sale.captured_on.isoformat() if sale else "",
                is_comparable=False,
            ),
            Field("Card ends in", refund.last4, sale.last4 if sale else ""),
            Field("Customer", refund.customer_ref, sale.customer_ref if sale else ""),
            Field(
                "Pays",
                words.payer_wrote(refund.reference_texts, refund.payer_ref),
                words.payer_wrote(sale.reference_texts, sale.payer_ref) if sale else "",
            ),
        ),
    )


def _rule(item: ExceptionItem) -> Comparison:
    """What a document needs, and what the rules in force have for it."""
    about = item.details
    role = about.get("role", "")
    needs = {
        Reason.ACCOUNT_UNMAPPED: ("Account for", words.label(AccountRole, role) if role else "it"),
        Reason.METHOD_UNMAPPED: ("ERP method for card", about.get("method") or "without a name"),
        Reason.ACTION_UNMAPPED: ("Status", f"{about.get('kind', '')} {about.get('status', '')}"),
    }
    label, wanted = needs.get(
        Reason(item.reason), ("Rule set on", formats.day_text(item.business_on))
    )
    proposed = about.get("proposed_account") or about.get("proposed_erp_method") or ""
    by = words.person(str(about.get("proposed_by", "")))
    return Comparison(
        "The payment needs",
        "The rules have",
        (
            Field(label, wanted.strip() or "not said", "no rule"),
            Field("Business day", formats.day_text(item.business_on), ""),
            Field("Amount", formats.money_text(item.amount, item.currency), ""),
            Field("Proposed", "", f"{proposed} by {by}" if proposed else ""),
        ),
    )


def _field(item: ExceptionItem) -> Comparison:
    """The field of the ERP, and what the field map makes of the payment for it."""
    about = item.details
    return Comparison(
        "The ERP's field",
        "The field map gives",
        (
            Field(
                words.rule(str(about.get("field") or "field")).capitalize(),
                "has to fit",
                f"row {about['row']} does not" if about.get("row") else "nothing that fits",
            ),
            Field("Why", "", item.message, is_comparable=False),
            *_mended(about),
        ),
    )


def _mended(about: Mapping[str, Any]) -> Sequence[Field]:
    """What the field would hold with the change that is suggested, if one is."""
    if "would_give" not in about:
        return ()
    before, after = (f"“{about[name]}”" for name in ("gives", "would_give"))
    return (Field("Now", "", before), Field("With the change suggested", "", after))


def _currency(item: ExceptionItem) -> Comparison:
    """The payment's currency and the pair's, what it came to by the rules, and comes to now."""
    about = item.details
    is_open = item.closed_at is None
    return Comparison(
        "The payment",
        "The company’s books",
        (
            Field("Currency", item.currency, str(about.get("pair_currency", ""))),
            Field(
                "Amount",
                formats.money_text(item.amount, item.currency),
                str(about.get("worth", "")),
                is_comparable=False,
            ),
            Field("Rate now", "", _rate_now(item) if is_open else "", is_comparable=False),
        ),
    )


def _rate_now(item: ExceptionItem) -> str:
    """The rate that it would be booked at, with its source; else what is to be set up."""
    if item.transaction is None:
        return ""
    try:
        worth = offered(pair_of(item), item.transaction)
    except DeskError as error:
        return str(error)
    rate = worth.rate
    said = f"1 {rate.source} = {rate.rate.normalize():f} {rate.target}"
    return f"{said}, {rate.table} of {rate.valid_on}: {worth.amount}"


def _checks(item: ExceptionItem) -> Comparison | None:
    """What the rules' checks ask for, and what the payment has."""
    found = item.details.get("checks")
    return of_checks(found) if found else None


# --- documents --------------------------------------------------------------------------------


def _posting(item: ExceptionItem) -> Comparison | None:
    """The document that is owed, and what the target says about it."""
    posting = item.posting
    if posting is None:
        return None
    draft = posting.draft
    applied = ", ".join(each["document_no"] for each in draft.get("applications") or ())
    return Comparison(
        "Owed",
        "The ERP says",
        (
            Field("Document", words.label(EffectKind, posting.kind), posting.document_no),
            Field("Amount", formats.money_text(posting.amount, posting.currency), ""),
            Field("Date of the document", _day_of(draft), ""),
            Field("Posting date of its ERP batch", _day_of(posting.group.draft), "")
            if posting.group
            else Field("Posting date of its ERP batch", "", ""),
            Field("Customer", draft.get("customer_id") or "", ""),
            Field("Account", draft.get("offset_account") or "", ""),
            Field("Payment method", draft.get("method") or "", ""),
            Field("Pays", applied, ""),
            Field("Answer", _sent(posting), posting.message or _code(posting), is_comparable=False),
        ),
    )


def _day_of(draft: Mapping[str, Any]) -> str:
    names = ("received_on", "dated_on", "posting_on")
    return next((str(draft[name]) for name in names if draft.get(name)), "")


def _sent(posting: Posting) -> str:
    return f"sent {posting.attempt_count} times" if posting.attempt_count else "never sent"


def _code(posting: Posting) -> str:
    return words.rule(posting.code).capitalize() or "no answer"


def _standing(item: ExceptionItem) -> Comparison | None:
    """What a census found: the document as it is owed, and as it stands."""
    owed, found = item.details.get("owed", {}), item.details.get("in_the_erp", {})
    names = dict.fromkeys([*owed, *found])
    if not names:
        return _posting(item)
    fields = [
        Field(words.rule(name).capitalize(), plain(owed.get(name)), plain(found.get(name)))
        for name in names
    ]
    return Comparison("Owed", "The ERP holds", fields)


# --- batches and the bank ---------------------------------------------------------------------


def _batch(item: ExceptionItem) -> Comparison | None:
    return of_batch(item.batch) if item.batch else None


def _line(item: ExceptionItem) -> Comparison | None:
    """A deposit, and the batch that comes nearest to it among those that wait for their money."""
    line = item.line
    if line is None:
        return None
    near = nearest_batch(line)
    batch = near.batch if near else None
    state = line.get_state_display() if line.state != BankLineState.UNMATCHED else ""
    return Comparison(
        "The bank says",
        "Nearest batch that waits",
        (
            Field("Reference", line.reference, near.reference if near else "none waits"),
            Field(
                "Amount, net",
                formats.money_text(line.amount, line.currency),
                formats.money_text(batch.net_amount, batch.currency) if batch else "",
            ),
            Field(
                "Day",
                formats.day_text(line.booked_on),
                f"closed {formats.day_text(batch.closed_on)}" if batch else "",
                is_comparable=False,
            ),
            Field("Text", line.description, ""),
            Field("Money stands", _stands(line), state, is_comparable=False),
        ),
    )


def _stands(line: BankLine) -> str:
    is_booked = line.state == BankLineState.UNMATCHED
    return "Unidentified receipts" if is_booked else "Not booked yet"


def _ledger(item: ExceptionItem) -> Comparison | None:
    """What the last certificate read from the clearing account, beside what the batch is."""
    batch = item.batch
    if batch is None:
        return None
    last = batch.certificates.order_by("-number").first()
    read = last.body.get("clearing", {}) if last else {}
    due = max(batch.sales_amount, batch.refunds_amount)

    def money(amount: object) -> str:
        return formats.money_text(Decimal(str(amount)), batch.currency) if amount != "" else ""

    return Comparison(
        "Our books",
        "The ERP's ledger",
        (
            Field("Debits to clearing", money(due), money(read.get("debits", ""))),
            Field("Credits to clearing", money(due), money(read.get("credits", ""))),
            Field("Left on clearing", money(0), money(read.get("sum", ""))),
        ),
    )


# --- what came in -----------------------------------------------------------------------------


def _unread(item: ExceptionItem) -> Comparison:
    """The document as it came in, and what could be made of it."""
    about, fact = item.details, item.fact
    place = f"record {fact.position + 1}" if fact is not None else "the whole of it"
    return Comparison(
        "As it came in",
        "As it was read",
        (
            Field("Document", str(about.get("name") or about.get("kind") or "without a name"), ""),
            Field("Part of it", place, ""),
            Field("Number at the sender", str(about.get("vendor_id") or ""), ""),
            Field("What it says", "kept as it came", item.message, is_comparable=False),
        ),
    )


def _statement(item: ExceptionItem) -> Comparison:
    """The file, and what its balances say to its lines."""
    found = item.details.get("said") or [item.message]
    return Comparison(
        "The statement",
        "What does not fit",
        (
            Field("File", str(item.details.get("name", "")), ""),
            Field("Account", item.connection.name, ""),
            *(Field("Balances", "", str(said), is_comparable=False) for said in found[:10]),
        ),
    )


def _card_data(item: ExceptionItem) -> Comparison:
    """What the guard found, never the digits, and what was stored in their stead."""
    found = item.details.get("findings") or [{}]
    fields = [
        Field(
            _place(str(each.get("where") or each.get("field") or item.details.get("name") or "")),
            words.rule(str(each.get("kind", "card data"))).capitalize(),
            "removed before it was stored",
        )
        for each in found[:20]
    ]
    return Comparison("Came in", "Kept", fields)


def _place(where: str) -> str:
    """Where the guard found it; a place in the text is counted in characters."""
    return f"At character {where[7:]}" if where.startswith("offset ") else where or "Document"


def _announced(item: ExceptionItem) -> Comparison:
    fact = item.fact
    return Comparison(
        "Announced",
        "The gateway says",
        (
            Field("Payment", str(item.details.get("vendor_id", "")), "not confirmed"),
            Field("Day", formats.day_text(item.business_on), ""),
            Field("Answer", "", fact.reason if fact else "", is_comparable=False),
        ),
    )


def _set_aside(item: ExceptionItem) -> Comparison:
    """What it is about, and why the program could not go on."""
    about = _of_what_it_is_about(item)
    said = Field("Failed with", "", item.message)
    step = Field("Step", str(item.details.get("step", "")), "")
    if about is None:
        return Comparison("Was to be done", "What happened", (step, said))
    return Comparison(about.left, about.right, (*about.fields, said))


def _new_customer(item: ExceptionItem) -> Comparison | None:
    """Whom the ERP was asked to make, and what it says."""
    posting = item.posting
    if posting is None:
        return None
    draft = posting.draft
    address = ", ".join(
        str(each)
        for each in (*draft.get("lines", ()), *(draft.get(n) for n in ("postcode", "city")))
        if each
    )
    sent = {
        "Name": draft.get("name"),
        "Number": draft.get("customer_id") or "the next one",
        "E-mail": draft.get("email"),
        "Address": address,
        "Class": draft.get("customer_class"),
        "Terms": draft.get("terms"),
    }
    return Comparison(
        "Sent",
        "The ERP says",
        (
            *(Field(label, str(said), "") for label, said in sent.items() if said),
            Field("Answer", "", posting.message or _code(posting), is_comparable=False),
        ),
    )


# --- orders -----------------------------------------------------------------------------------


def _order(item: ExceptionItem) -> Comparison | None:
    """What was noted when the order was decided."""
    if item.details.get("sides"):
        return of_sides(item.details)
    order = item.order
    if order is None:
        return None
    total = formats.money_text(order.total_amount, order.currency)
    return Comparison(
        "The order",
        "What holds it",
        (
            Field("Order", order.number, ""),
            Field("Total", total, ""),
            Field("Why", "", item.message, is_comparable=False),
        ),
    )


#: What each reason shows. A reason that is new needs its row here (a test says so).
SIDES: Final[Mapping[str, Sides]] = {
    Reason.INVOICE_NOT_FOUND: _payment,
    Reason.CUSTOMER_UNKNOWN: _payment,
    Reason.SEVERAL_CUSTOMERS: _payment,
    Reason.SECOND_CHARGE: _payment,
    Reason.OVERPAID: _payment,
    Reason.REFERENCE_AMBIGUOUS: _payment,
    Reason.REFUND_UNLINKED: _refund,
    Reason.QUESTIONED: _payment,
    Reason.NOT_DECIDED: _payment,
    Reason.ACCOUNT_UNMAPPED: _rule,
    Reason.METHOD_UNMAPPED: _rule,
    Reason.ACTION_UNMAPPED: _rule,
    Reason.RULES_MISSING: _rule,
    Reason.FIELD_UNFIT: _field,
    Reason.CURRENCY_FOREIGN: _currency,
    Reason.VALIDATION_HELD: _checks,
    Reason.VALIDATION_WARNED: _checks,
    Reason.RISK_FLAGGED: _checks,
    Reason.RISK_HELD: _checks,
    Reason.RISK_BLOCKED: _checks,
    Reason.ORDER_SUMS: _order,
    Reason.ORDER_PAYMENT: _order,
    Reason.ORDER_CUSTOMER: _order,
    Reason.ORDER_UNMAPPED: _order,
    Reason.ORDER_UNFIT: _order,
    Reason.ORDER_CHANGED: _order,
    Reason.STOCK_SHORT: _order,
    Reason.TAX_DIFFERS: _order,
    Reason.SET_ASIDE: _set_aside,
    Reason.PERIOD_CLOSED: _posting,
    Reason.REFUSED_BY_ERP: _posting,
    Reason.CUSTOMER_REFUSED: _new_customer,
    Reason.UNKNOWN_OUTCOME: _posting,
    Reason.ATTEMPTS_EXHAUSTED: _posting,
    Reason.CONTENT_CONFLICT: _posting,
    Reason.UNREADABLE_RECORD: _unread,
    Reason.UNREADABLE_STATEMENT_LINE: _unread,
    Reason.STATEMENT_UNBALANCED: _statement,
    Reason.CARD_NUMBER_REMOVED: _card_data,
    Reason.HINT_UNCONFIRMED: _announced,
    Reason.BATCH_INCOMPLETE: _batch,
    Reason.FIGURES_CHANGED: _batch,
    Reason.FEE_DIFFERS: _batch,
    Reason.DEPOSIT_DIFFERS: _batch,
    Reason.DEPOSIT_MISSING: _batch,
    Reason.DEPOSIT_UNMATCHED: _line,
    Reason.LEDGER_DIFFERS: _ledger,
    Reason.CENSUS_MISSING: _standing,
    Reason.CENSUS_DOUBLE: _standing,
    Reason.FOREIGN_EDIT: _standing,
    Reason.CENSUS_UNOWED: _standing,
}
