"""The books and the desk."""

from reconciliation.models.batch import (
    BankLine,
    BatchHistory,
    Certificate,
    Match,
    SettlementBatch,
)
from reconciliation.models.bulk import BulkItem, BulkRun, Sheet
from reconciliation.models.census import Census, CensusFinding
from reconciliation.models.desk import DeskLimit, OwnerRule
from reconciliation.models.document import DocumentReading
from reconciliation.models.effect import Effect, Reservation
from reconciliation.models.exception import ExceptionItem, ExceptionNote
from reconciliation.models.gap import GapReading
from reconciliation.models.impact import Impact, ImpactApproval, ImpactRow
from reconciliation.models.new_customer import NewCustomer
from reconciliation.models.order import Order, OrderHistory
from reconciliation.models.rounds import Rounds
from reconciliation.models.transaction import Transaction, TransactionHistory

__all__ = [
    "BankLine",
    "BatchHistory",
    "BulkItem",
    "BulkRun",
    "Census",
    "CensusFinding",
    "Certificate",
    "DeskLimit",
    "DocumentReading",
    "Effect",
    "ExceptionItem",
    "ExceptionNote",
    "GapReading",
    "Impact",
    "ImpactApproval",
    "ImpactRow",
    "Match",
    "NewCustomer",
    "Order",
    "OrderHistory",
    "OwnerRule",
    "Reservation",
    "Rounds",
    "SettlementBatch",
    "Sheet",
    "Transaction",
    "TransactionHistory",
]
