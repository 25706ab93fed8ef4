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
    WRITE_OFFS = "write_offs", "Small differences written off"
    SALES = "sales", "Sales"
    SHIPPING = "shipping", "Shipping charged"
    DISCOUNTS = "discounts", "Discounts given"


class Action(models.TextChoices):
    """What a transaction of a kind and status leads to."""

    NONE = "none", "Nothing to post"
    CASH_RECEIPT = "cash_receipt", "Cash receipt"
    REFUND_JOURNAL = "refund_journal", "Refund journal"
    REFUND_AND_CREDIT_MEMO = "refund_and_memo", "Refund journal and credit memo"


class IdentitySystem(models.TextChoices):
    GATEWAY = "gateway", "Gateway"
    ERP = "erp", "ERP"
    CRM = "crm", "CRM"


class LinkSystem(models.TextChoices):
    """Systems whose customers are linked to the ERP's."""

    GATEWAY = "gateway", "Gateway"
    CRM = "crm", "CRM"


class LinkGround(models.TextChoices):
    """Who made a link."""

    PERSON = "person", "A person"
    POLICY = "policy", "The policy"
    IMPORT = "import", "A spreadsheet"
    MERGE = "merge", "A merge"


class Band(models.TextChoices):
    LINK = "link", "Link"
    REVIEW = "review", "Review"
    CREATE = "create", "Create"


class NewNumber(models.TextChoices):
    """Which number a new customer of the ERP gets."""

    NEXT = "next", "The next one of the ERP"
    PAYER = "payer", "The payer’s number at the gateway"


class CandidateState(models.TextChoices):
    """What became of a suggestion; `gone`: it does not fit any more."""

    OPEN = "open", "Open"
    LINKED = "linked", "Linked"
    NOT_SAME = "not_same", "Not the same"
    GONE = "gone", "Gone"
