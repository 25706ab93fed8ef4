"""The vocabulary of rule sets."""

from __future__ import annotations

from django.db import models


class VersionState(models.TextChoices):
    DRAFT = "draft", "Draft"
    REVIEWED = "reviewed", "Reviewed"
    ACTIVE = "active", "Active"
    RETIRED = "retired", "Retired"


class AccountRole(models.TextChoices):
    """What a general-ledger account is for; a rule says which account it is."""

    BANK = "bank", "Bank"
    CLEARING = "clearing", "Card clearing"
    FEES = "fees", "Processing fees"
    UNIDENTIFIED = "unidentified", "Unidentified receipts"
    REFUNDS = "refunds", "Customer refunds"
    RETURNS = "returns", "Sales returns"
    DIFFERENCES = "differences", "Settlement differences"


class Action(models.TextChoices):
    """What a transaction of a kind and status leads to."""

    NONE = "none", "Nothing to post"
    CASH_RECEIPT = "cash_receipt", "Cash receipt"
    REFUND_JOURNAL = "refund_journal", "Refund journal"
    REFUND_AND_CREDIT_MEMO = "refund_and_memo", "Refund journal and credit memo"
