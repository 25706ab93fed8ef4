"""Rows as the schema shows them: one payment, its batch, and what was wrong with it."""

from __future__ import annotations

from typing import Final

from drf_spectacular.utils import OpenApiExample

_AMOUNT: Final = {"amount": "139.12", "currency": "USD"}

TRANSACTION: Final = OpenApiExample(
    "A settled sale",
    response_only=True,
    value={
        "id": 4211,
        "connection": "paytrace",
        "vendor_id": "410000030",
        "kind": "sale",
        "status": "settled",
        "amount": _AMOUNT,
        "captured_at": "2011-02-14T18:30:00Z",
        "captured_on": "2011-02-14",
        "settled_at": "2011-02-15T04:10:00Z",
        "settled_on": "2011-02-14",
        "batch_id": 58,
        "batch_ref": "41",
        "parent_id": None,
        "customer_ref": "17850",
        "customer_id": "17850",
        "payer_ref": "INV 536365",
        "reference_texts": ["INV 536365"],
        "method": "VISA",
        "last4": "1111",
        "approval_code": "TAS679",
        "response": "Approved / Settled",
        "decision": "effects",
        "decided_rule": "settled sale: cash receipt",
        "placement": "applied",
        "conversion": None,
        "documents": [
            {"posting_id": 977, "kind": "receipt", "state": "posted", "document_no": "CR-100041"}
        ],
        "updated_at": "2011-02-15T04:12:09Z",
        "erp_status": "Paid",
        "history": [
            {
                "from_status": "",
                "to_status": "captured",
                "business_at": "2011-02-14T18:30:00Z",
                "recorded_at": "2011-02-14T18:45:02Z",
            }
        ],
        "exception_ids": [17],
    },
)
BATCH: Final = OpenApiExample(
    "A batch that ties out",
    response_only=True,
    value={
        "id": 58,
        "connection": "paytrace",
        "vendor_ref": "41",
        "state": "tied_out",
        "closed_at": "2011-02-15T04:10:00Z",
        "closed_on": "2011-02-14",
        "reported_count": 1,
        "sales": _AMOUNT,
        "refunds": {"amount": "0.00", "currency": "USD"},
        "fee": {"amount": "4.33", "currency": "USD"},
        "net": {"amount": "134.79", "currency": "USD"},
        "bank": {"amount": "134.79", "currency": "USD"},
        "residual": {"amount": "0.00", "currency": "USD"},
        "reasons": [],
        "accepted": "",
        "updated_at": "2011-02-16T12:00:03Z",
        "certificate": {
            "number": 1,
            "ties_out": True,
            "supersedes": None,
            "business_at": "2011-02-16T12:00:00Z",
            "issued_at": "2011-02-16T12:00:03Z",
            "body_hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "body": {"version": 1, "batch": "41", "net": "134.79", "residual": "0.00"},
        },
        "exception_ids": [],
    },
)
DOCUMENT: Final = OpenApiExample(
    "A receipt that somebody changed in the ERP",
    response_only=True,
    value={
        "id": 1204,
        "posting_id": 977,
        "kind": "receipt",
        "state": "posted",
        "document_no": "CR-100041",
        "target": "sage500",
        "company": "SOA",
        "amount": _AMOUNT,
        "business_on": "2011-02-14",
        "erp_batch_ref": "41",
        "transaction_id": 4211,
        "batch_id": 58,
        "bank_line_id": None,
        "corrects_id": None,
        "rule_set": 3,
        "entered_at": "2011-02-15T04:12:20Z",
        "posted_at": "2011-02-15T04:13:02Z",
        "read_back": {
            "verdict": "changed",
            "found": {"amount": "139.00 USD", "customer": "17850", "status": "posted"},
            "differing": ["amount"],
            "changed_by": "bookkeeper",
            "changed_at": "2011-02-16 10:00:00",
            "first_read_at": "2011-02-15T05:00:00Z",
            "read_at": "2011-02-16T05:00:00Z",
        },
        "owed": {"amount": "139.12 USD", "customer": "17850"},
        "conversion": None,
    },
)
EXCEPTION: Final = OpenApiExample(
    "An invoice that is not found",
    response_only=True,
    value={
        "id": 17,
        "reason": "invoice_not_found",
        "message": "No open invoice of customer 17850 is called 53636.",
        "amount": _AMOUNT,
        "state": "open",
        "owner": "finance",
        "connection": "paytrace",
        "transaction_id": 4211,
        "batch_id": None,
        "bank_line_id": None,
        "posting_id": None,
        "order_id": None,
        "business_on": "2011-02-14",
        "due_on": "2011-02-17",
        "opened_at": "2011-02-15T04:12:09Z",
        "closed_at": None,
        "closed_by": "",
        "resolution": "",
        "details": {"written": "INV 53636"},
        "suggestions": [
            {"action": "link_invoice", "label": "Perhaps meant invoice", "value": "536365"}
        ],
        "notes": [],
        "actions": ["claim", "link_invoice", "leave_on_account", "dismiss"],
        "waits_in_run_id": None,
    },
)
DISMISS: Final = OpenApiExample(
    "Dismiss it with a reason", request_only=True, value={"note": "Paid by cheque."}
)

_ERP_NOW: Final = {
    "problem": "",
    "has_more": False,
    "items": [
        {
            "document_no": "0000536365-IN",
            "key": "4021",
            "customer_id": "17850",
            "customer_name": "Grand Hotel",
            "invoiced_on": "2011-02-01",
            "amount": _AMOUNT,
            "balance": {"amount": "39.12", "currency": "USD"},
            "available": {"amount": "39.12", "currency": "USD"},
        }
    ],
}

INVOICE: Final = OpenApiExample(
    "An invoice with a part paid",
    response_only=True,
    value={
        "number": "0000536365-IN",
        "pair": "paytrace-sage500",
        "erp": _ERP_NOW,
        "applied": [
            {
                "posting_id": 977,
                "document_no": "CR-100041",
                "state": "posted",
                "transaction_id": 4211,
                "amount": {"amount": "100.00", "currency": "USD"},
                "counts": True,
            }
        ],
    },
)

CUSTOMER: Final = OpenApiExample(
    "A customer with money on account",
    response_only=True,
    value={
        "number": "17850",
        "pair": "paytrace-sage500",
        "name": "Grand Hotel",
        "known_as": [{"id": 12, "system": "gateway", "ref": "payer-7"}],
        "on_account": [{"amount": "42.50", "currency": "USD"}],
        "exception_ids": [17],
        "erp": _ERP_NOW,
    },
)
