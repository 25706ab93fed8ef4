"""Postings that are owed to a target in memory."""

from datetime import date
from decimal import Decimal

from integrations.canonical import JournalDraft
from integrations.services import posting_owe

DAY = date(2010, 12, 1)
DRAFT = JournalDraft("SOA", DAY, "one")


def owe(target, key="k1", draft=DRAFT, group=None, after=""):
    owed = posting_owe.Owed(key, target, "SOA", draft, Decimal("10.00"), "USD", group, after)
    return posting_owe.owe([owed])[key]
