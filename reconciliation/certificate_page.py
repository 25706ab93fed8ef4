"""A certificate's body as a document: the sum first, then every other line that it holds.

The body is shown as it was certified; nothing is read from the books again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from console import formats
from reconciliation import words
from reconciliation.choices import EffectKind


@dataclass(frozen=True)
class SumLine:
    label: str
    amount: str
    is_total: bool = False


@dataclass(frozen=True)
class Sheet:
    """A table of the document; `numbers` are the places of its right-aligned columns."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: frozenset[int] = frozenset()
    empty: str = ""

    @property
    def lines(self) -> list[list[tuple[str, str, bool]]]:
        """Each row as (head, value, is a number), so that a narrow screen can name every value."""
        return [
            [(head, said, place in self.numbers) for place, (head, said) in enumerate(cells)]
            for cells in (zip(self.heads, row, strict=True) for row in self.rows)
        ]


@dataclass(frozen=True)
class CertificatePage:
    heading: Sequence[tuple[str, str]]
    equation: Sequence[SumLine]
    sheets: Sequence[Sheet]
    rest: Sequence[tuple[str, str]]


#: Keys of the body that stand at a place of their own; every other key is listed at the end.
PLACED: Final = frozenset(
    {"batch", "reference", "pair", "company", "gateway", "currency", "closed_on", "sales"}
    | {"refunds", "fees", "net", "bank", "clearing", "documents", "residual", "residuals"}
)


def certificate_page(body: Mapping[str, Any]) -> CertificatePage:
    """Lay a body out. Keys that this code does not know are shown too, under their own names."""
    currency = str(body.get("currency", ""))
    return CertificatePage(
        heading=_heading(body),
        equation=_equation(body, currency),
        sheets=[
            _bank(body, currency),
            _clearing(body, currency),
            _documents(body, currency),
            _residuals(body, currency),
        ],
        rest=[(_name(key), _plain(value)) for key, value in body.items() if key not in PLACED],
    )


def _heading(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    named = (
        ("Settlement batch", "batch"),
        ("Closed on", "closed_on"),
        ("Gateway account", "gateway"),
        ("Company", "company"),
        ("Payment route", "pair"),
        ("Reference in the ledger", "reference"),
        ("Currency", "currency"),
    )
    return [(label, _day(body[key])) for label, key in named if body.get(key)]


def _equation(body: Mapping[str, Any], currency: str) -> list[SumLine]:
    sales, refunds = _counted(body.get("sales")), _counted(body.get("refunds"))
    bank = body.get("bank")
    paid = bank.get("amount") if isinstance(bank, Mapping) else bank
    return [
        SumLine(f"Gross sales{sales[1]}", _money(sales[0], currency)),
        SumLine(f"Refunds{refunds[1]}", _money(refunds[0], currency, negative=True)),
        SumLine("Fees", _money(body.get("fees"), currency, negative=True)),
        SumLine("Net", _money(body.get("net"), currency), is_total=True),
        SumLine("Paid by the bank", _money(paid, currency)),
        SumLine("Difference", _money(body.get("residual"), currency), is_total=True),
    ]


def _counted(part: Any) -> tuple[Any, str]:
    """The amount of a part, and how many it has, if it says."""
    if not isinstance(part, Mapping):
        return part, ""
    count = part.get("count")
    return part.get("amount"), f" ({count:,})" if isinstance(count, int) else ""


def _bank(body: Mapping[str, Any], currency: str) -> Sheet:
    bank = body.get("bank")
    lines = bank.get("lines", []) if isinstance(bank, Mapping) else []
    return Sheet(
        "Bank lines",
        ("Booked", "Description", "Reference", "Matched by", "Amount"),
        [
            (
                _day(line.get("booked_on")),
                str(line.get("description", "")),
                str(line.get("reference", "")),
                str(line.get("matched", "")),
                _money(line.get("amount"), currency),
            )
            for line in lines
        ],
        frozenset({4}),
        "No bank line pays this batch.",
    )


def _clearing(body: Mapping[str, Any], currency: str) -> Sheet:
    clearing = body.get("clearing") or {}
    row = (
        _plain(clearing.get("lines", "")),
        _money(clearing.get("debits"), currency),
        _money(clearing.get("credits"), currency),
        _money(clearing.get("sum"), currency),
    )
    return Sheet(
        "Clearing account, as the ERP's ledger holds it",
        ("Lines with this reference", "Debits", "Credits", "Sum"),
        [row] if clearing else [],
        frozenset({0, 1, 2, 3}),
        "The ledger holds no clearing line with this reference.",
    )


def _is_erp_batch(row: Mapping[str, Any]) -> bool:
    """It is opened before anything stands in it: its documents have the amounts."""
    return bool(row.get("effect") == EffectKind.ERP_BATCH)


def _documents(body: Mapping[str, Any], currency: str) -> Sheet:
    return Sheet(
        "Documents in the ERP",
        ("Document", "Number", "Rule set", "Key", "Amount"),
        [
            (
                words.effect_kind(str(row.get("effect", ""))),
                str(row.get("number", "")),
                _plain(row.get("rules", "")),
                str(row.get("key", "")),
                _money(None if _is_erp_batch(row) else row.get("amount"), currency),
            )
            for row in body.get("documents", [])
        ],
        frozenset({4}),
        "The batch led to no document.",
    )


def _residuals(body: Mapping[str, Any], currency: str) -> Sheet:
    return Sheet(
        "Differences and their reasons",
        ("Reason", "What it is", "Amount"),
        [
            (
                words.reason(str(row.get("reason", ""))),
                formats.said(str(row.get("message", ""))),
                _money(row.get("amount"), currency),
            )
            for row in body.get("residuals", [])
        ],
        frozenset({2}),
        "None: every cent is accounted for.",
    )


def _money(value: Any, currency: str, *, negative: bool = False) -> str:
    if value in (None, ""):
        return ""
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return str(value)
    return formats.money_text(-amount if negative and amount else amount, currency)


def _day(value: Any) -> str:
    try:
        return formats.day_text(date.fromisoformat(str(value)))
    except ValueError:
        return str(value)


def _name(key: str) -> str:
    return key.replace("_", " ").capitalize()


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{_name(str(key))}: {_plain(each)}" for key, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_plain(each) for each in value)
    return str(value)
