"""Columns of the list of censuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.urls import reverse
from django.utils.safestring import SafeString

from console import formats
from console.keyset import Order
from console.tables import Column, Table
from reconciliation.models import Census


def address(row: Census, kind: str = "") -> str:
    url = reverse("census", args=[row.pk])
    return f"{url}?kind={kind}" if kind else url


def _number(name: str, label: str, kind: str = "") -> Column[Census]:
    """A number with the rows behind it."""
    value: Callable[[Census], int] = lambda row: getattr(row, name)  # noqa: E731

    def show(row: Census) -> SafeString:
        return formats.link(address(row, kind), formats.number_text(value(row)))

    return Column(name, label, value, show, is_number=True)


def verdict(row: Census) -> SafeString:
    return formats.tag("In order", "good") if row.fits else formats.tag("Differs", "bad")


CENSUSES: Final = Table[Census](
    caption="ERP checks",
    order=Order("started_at"),
    card=("fits", "missing", "double", "edited", "unowed"),
    columns=(
        Column(
            "started_at",
            "Checked",
            lambda row: row.started_at,
            lambda row: formats.link(address(row), formats.moment_text(row.started_at)),
            sort="started_at",
        ),
        Column("pair", "Payment route", lambda row: row.pair.name),
        Column("fits", "Verdict", lambda row: "In order" if row.fits else "Differs", verdict),
        _number("owed", "Owed"),
        _number("found", "Found"),
        _number("missing", "Missing", "missing"),
        _number("double", "Twice", "double"),
        _number("edited", "Changed", "edited"),
        _number("unowed", "Not owed", "unowed"),
        _number("accepted", "Accepted", "accepted"),
        _number("waiting", "On the way"),
    ),
)
