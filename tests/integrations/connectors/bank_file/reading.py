"""One way to read a file for all formats."""

from decimal import Decimal

from integrations.canonical import StatementLineRecord, Unreadable
from integrations.connectors.bank_file.config import BankFileSettings
from integrations.connectors.bank_file.parser import parse_statement
from integrations.money import Money

ACCOUNT = "0975312468"


def usd(text):
    return Money(Decimal(text), "USD")


def settings(kind, **more):
    given = {"format": kind, "account": "Main", "account_number": ACCOUNT}
    return BankFileSettings.from_mapping(given | more, {})


def parse(kind, body, **more):
    body = body.encode() if isinstance(body, str) else body
    return parse_statement(body, settings(kind, **more))


def read(parsed):
    """Amounts of the entries that could be read, in order."""
    return [r.amount.text for r in parsed.records if isinstance(r, StatementLineRecord)]


def refused(parsed):
    return [r.reason for r in parsed.records if isinstance(r, Unreadable)]
