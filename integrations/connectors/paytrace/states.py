"""What PayTrace's type and status texts mean, as data and small pure decisions.

Nothing is guessed: a combination that is not known is refused in words, and the record waits for
a person.
"""

from __future__ import annotations

import re
from typing import Final

from integrations.canonical import TransactionKind, TransactionStatus

K, S = TransactionKind, TransactionStatus

_BATCH: Final = re.compile(r"(?:GB|SETTLED)[\s:#-]*(\d+)", re.IGNORECASE)

#: Words in the status message of a transaction that will not settle. "AUTH" also stands in texts
#: such as "not authorized" or "authorization voided", so it counts only where no other does.
ENDINGS: Final[dict[str, TransactionStatus]] = {"VOID": S.VOIDED, "DECL": S.DECLINED}

KINDS: Final[dict[str, TransactionKind]] = {
    "SALE": K.SALE,
    "FORCE": K.SALE,
    "FORCED SALE": K.SALE,
    "STR/FWD": K.SALE,
    "CAPTURE": K.SALE,
    "AUTHORIZATION": K.AUTHORIZATION,
    "REFUND": K.REFUND,
}

#: (first digits from, to) of a card number -> brand, in the words the batch summaries use.
BRANDS: Final[tuple[tuple[str, str, str], ...]] = (
    ("34", "34", "AMEX"),
    ("37", "37", "AMEX"),
    ("4", "4", "VISA"),
    ("51", "55", "MASTERCARD"),
    ("2221", "2720", "MASTERCARD"),
    ("6011", "6011", "DISCOVER"),
    ("644", "649", "DISCOVER"),
    ("65", "65", "DISCOVER"),
    ("3528", "3589", "JCB"),
    ("300", "305", "DINERS"),
    ("36", "36", "DINERS"),
    ("38", "39", "DINERS"),
)


class UnknownState(ValueError):
    """A type or status that has no known meaning; the text says which."""


def status_of(code: str, message: str) -> tuple[TransactionStatus, str]:
    """The life-cycle status and the settlement batch ("" unless settled)."""
    code = code.strip()
    if re.match(r"(?i)GB|SETTLED", code):
        found = _BATCH.search(code) or _BATCH.search(message)
        if found is None:
            raise UnknownState(f"status {code[:40]!r} names no settlement batch")
        return S.SETTLED, found[1].lstrip("0") or "0"
    if code.upper() == "Y":
        return S.CAPTURED, ""
    if code.upper() == "N":
        return _ending_of(message), ""
    raise UnknownState(f"status {code[:40]!r} ({message.strip()[:60]!r}) is not known")


def _ending_of(message: str) -> TransactionStatus:
    text = message.upper()
    endings = [status for word, status in ENDINGS.items() if word in text]
    if len(endings) == 1:
        return endings[0]
    if not endings and "AUTH" in text:
        return S.AUTHORIZED
    raise UnknownState(f"status 'N' with the message {message.strip()[:60]!r} is not known")


def kind_of(text: str, status: TransactionStatus) -> TransactionKind:
    """Which way the money moves. A captured authorization, which keeps its id, is a sale."""
    name = text.strip().upper()
    kind = KINDS.get(name)
    if kind is None:
        raise UnknownState(f"transaction type {text.strip()[:40]!r} is not known")
    if kind is K.AUTHORIZATION and status in (S.CAPTURED, S.SETTLED):
        return K.SALE
    if kind is not K.AUTHORIZATION and status is S.AUTHORIZED:
        raise UnknownState(f"a {name} that is only authorized is not known")
    return kind


def brand_of(masked: str) -> str:
    """The card brand by the first six digits of a masked number, "" where they are not shown."""
    prefix = masked.replace(" ", "")[:6]
    if len(prefix) < 6 or not prefix.isdecimal():
        return ""
    for first, last, brand in BRANDS:
        if first <= prefix[: len(first)] <= last:
            return brand
    return ""
