"""A rule book and a desk for pure tests."""

from datetime import date
from decimal import Decimal

from integrations.canonical import OpenItemRecord
from integrations.money import Money
from mapping.choices import AccountRole, Action
from mapping.decide import Desk, Payment
from mapping.references import references
from mapping.rulebook import RuleBook
from mapping.rules.accounts import AccountRow
from mapping.rules.fees import FeeRow
from mapping.rules.methods import MethodRow
from mapping.rules.statuses import StatusRow

DAY = date(2010, 12, 1)
ACCOUNTS = {
    AccountRole.BANK: "1000",
    AccountRole.CLEARING: "1050",
    AccountRole.FEES: "6200",
    AccountRole.UNIDENTIFIED: "2300",
    AccountRole.REFUNDS: "2310",
    AccountRole.RETURNS: "4100",
    AccountRole.DIFFERENCES: "6290",
}
STATUSES = (
    ("sale", "settled", Action.CASH_RECEIPT),
    ("refund", "settled", Action.REFUND_JOURNAL),
    ("", "declined", Action.NONE),
    ("", "voided", Action.NONE),
)


def usd(text):
    return Money(Decimal(text), "USD")


def rule_book(**changes):
    values = {
        "version_id": 1,
        "number": 1,
        "accounts": tuple(
            AccountRow(place, role, account)
            for place, (role, account) in enumerate(ACCOUNTS.items())
        ),
        "methods": (MethodRow(1, "Visa", "VISA"), MethodRow(2, "", "CC")),
        "statuses": tuple(StatusRow(place, *row) for place, row in enumerate(STATUSES)),
        "fees": (FeeRow(1, "", Decimal("2.9"), Decimal("0.30")),),
        "deposit_pattern": "MERCHANT DEPOSIT",
    }
    return RuleBook(**(values | changes))


def item(number, balance="100.00", customer="17850", available=None, currency="USD", key=None):
    amount = Money(Decimal(balance), currency)
    return OpenItemRecord(
        company="SOA",
        item_key=key or f"k{number}",
        document_no=f"IN-{number}",
        references=(str(number),),
        customer_id=customer,
        customer_name="",
        invoiced_on=DAY,
        amount=amount,
        balance=amount,
        available=Money(Decimal(available), currency) if available else amount,
    )


def desk(*items, customers=("17850", "13047"), paid=()):
    found = {}
    for one in items:
        for reference in one.references:
            found.setdefault(reference, []).append(one)
    return Desk(
        company="SOA",
        customers={customer: customer for customer in customers},
        items=found,
        available={one.item_key: one.available for one in items},
        paid_by_us=set(paid),
    )


def payment(amount="100.00", typed="536365", **changes):
    values = {
        "vendor_id": "1001",
        "kind": "sale",
        "status": "settled",
        "amount": usd(amount),
        "business_on": DAY,
        "settlement_ref": "PT-7",
        "customer_ref": "17850",
        "references": tuple(references([typed])),
        "method": "VISA",
    }
    return Payment(**(values | changes))
