"""Columns and formats of bulk runs and of their rows."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from django.urls import reverse

from console import formats
from console.keyset import Order
from console.tables import Column, Table
from reconciliation import tables, words
from reconciliation.actions import ACTIONS
from reconciliation.models import BulkItem, BulkRun


def action_label(name: str) -> str:
    action = ACTIONS.get(name)
    return action.label if action else name.replace("_", " ").capitalize()


def run_title(run: BulkRun) -> str:
    """What a run does, in words: its action, or where its rows came from."""
    return action_label(run.action) if run.action else str(run.get_origin_display())


def money_of(amounts: Mapping[str, str]) -> str:
    """`1,204.00 USD`, one for each currency."""
    return ", ".join(
        formats.money_text(Decimal(held), name) for name, held in sorted(amounts.items())
    )


RUNS: Final = Table[BulkRun](
    caption="Bulk runs",
    order=Order("id"),
    card=("what", "state", "total", "money"),
    columns=(
        Column(
            "made_at",
            "Begun",
            lambda row: row.made_at,
            lambda row: formats.link(
                reverse("run", args=[row.pk]), formats.moment_text(row.made_at)
            ),
            sort="id",
        ),
        Column("what", "What", run_title),
        Column("chosen_by", "For", lambda row: row.chosen_by, css="clip"),
        Column("actor", "By", lambda row: words.person(row.actor)),
        Column(
            "state",
            "State",
            lambda row: row.get_state_display(),
            lambda row: words.run_state(row.state),
        ),
        Column("total", "Exceptions", lambda row: row.total, is_number=True),
        Column("done", "Done", lambda row: row.done, is_number=True),
        Column("refused", "Not done", lambda row: row.refused, is_number=True),
        Column("money", "Money", lambda row: money_of(row.amounts), is_number=True),
    ),
)

RUN_ITEMS: Final = Table[BulkItem](
    caption="Exceptions of the run",
    order=Order("id", descending=False),
    card=("amount", "state", "said"),
    columns=(
        Column(
            "about",
            "About",
            lambda row: tables.subject(row.item),
            lambda row: formats.link(
                reverse("exception", args=[row.item_id]), tables.subject(row.item)
            ),
        ),
        Column("reason", "What was wrong", lambda row: words.reason(row.item.reason)),
        Column("action", "Action", lambda row: action_label(row.action)),
        Column(
            "amount",
            "Amount",
            lambda row: row.item.amount,
            lambda row: formats.money(row.item.amount, row.item.currency),
            is_number=True,
        ),
        Column(
            "state",
            "End",
            lambda row: row.get_state_display(),
            lambda row: words.run_item_state(row.state),
        ),
        Column("said", "In words", lambda row: row.said),
    ),
)
