"""The books and the desk."""

from reconciliation.models.batch import BankLine, Certificate, Match, SettlementBatch
from reconciliation.models.effect import Effect, Reservation
from reconciliation.models.exception import ExceptionItem, ExceptionNote
from reconciliation.models.transaction import Transaction, TransactionHistory

__all__ = [
    "BankLine",
    "Certificate",
    "Effect",
    "ExceptionItem",
    "ExceptionNote",
    "Match",
    "Reservation",
    "SettlementBatch",
    "Transaction",
    "TransactionHistory",
]
