"""The fields of Sage 500's documents: widths are those that are checked before anything is sent."""

from __future__ import annotations

from typing import Final

from integrations.connectors.sage500.builder import LINE_WIDTHS, WIDTHS
from integrations.targets import FieldType, TargetField

_BUSINESS_DAY: Final = "The business day"
_AMOUNT: Final = "The payment’s amount, as it is"
_ACCOUNTS: Final = "The rules for GL accounts"
#: numeric(15,3)
_AMOUNT_DIGITS: Final = 15


def _text(
    document: str, field: str, label: str, parameter: str, required: bool = False, by: str = ""
) -> TargetField:
    width = WIDTHS[parameter].length
    return TargetField(document, field, label, FieldType.TEXT, width, required, by)


def _amount(document: str) -> TargetField:
    return TargetField(
        document, "amount", "Amount", FieldType.DECIMAL, _AMOUNT_DIGITS, True, _AMOUNT
    )


def _date(document: str) -> TargetField:
    return TargetField(document, "date", "Date", FieldType.DATE, 0, True, _BUSINESS_DAY)


TARGETS: Final[tuple[TargetField, ...]] = (
    _text("receipt", "comment", "Comment", "iComment"),
    _text(
        "receipt",
        "payment_ref",
        "Payment reference",
        "iPaymentRef",
        True,
        "The transaction’s number at the gateway: the receipt is found again by it",
    ),
    _text(
        "receipt",
        "settlement_ref",
        "Settlement reference",
        "iSettlementRef",
        True,
        "The settlement batch: the clearing account ties out by it",
    ),
    _text(
        "receipt", "customer", "Customer", "iCustID", False, "The invoice, the link or the rules"
    ),
    _text(
        "receipt", "method", "Payment method", "iPmtMethodID", True, "The rules for payment methods"
    ),
    _amount("receipt"),
    _date("receipt"),
    _text("refund", "comment", "Comment", "iComment"),
    TargetField(
        "refund",
        "line_comment",
        "Comment of its lines",
        FieldType.TEXT,
        LINE_WIDTHS["comment"].length,
    ),
    TargetField(
        "refund",
        "line_reference",
        "Reference of its lines",
        FieldType.TEXT,
        LINE_WIDTHS["reference"].length,
        True,
        "The settlement batch: the clearing account ties out by it",
    ),
    TargetField(
        "refund",
        "accounts",
        "Accounts",
        FieldType.TEXT,
        LINE_WIDTHS["account"].length,
        True,
        _ACCOUNTS,
    ),
    _amount("refund"),
    _date("refund"),
    _text("credit_memo", "reference", "Reference", "iReference", True),
    _text("credit_memo", "comment", "Comment", "iComment"),
    _text("credit_memo", "customer", "Customer", "iCustID", True, "The link or the same number"),
    _text("credit_memo", "account", "Account", "iOffsetAcctNo", True, _ACCOUNTS),
    _amount("credit_memo"),
    _date("credit_memo"),
)
