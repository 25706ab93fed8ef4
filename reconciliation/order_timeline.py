"""An order's way: what the shop said, how it was decided, what went to the ERP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.html import format_html

from console import formats
from reconciliation import words
from reconciliation.choices import OrderState
from reconciliation.models import Effect, Order, OrderHistory
from reconciliation.order_changes import changes_between
from reconciliation.reported import source_of
from reconciliation.timeline import Step, fact_line, posted


def order_steps(order: Order, *, may_open: bool = False) -> list[Step]:
    """Every step of one order. `may_open`: whether the envelopes are linked that told of it."""
    effects = (
        Effect.objects.filter(order=order)
        .select_related("posting", "posting__target", "version", "pair")
        .prefetch_related("posting__attempts", "reservations")
        .order_by("id")
    )
    steps = _said(order, may_open)
    steps.append(_decided(order))
    return [*steps, *(posted(effect) for effect in effects)]


def _said(order: Order, may_open: bool) -> list[Step]:
    rows = (
        OrderHistory.objects.filter(order=order)
        .select_related("fact__envelope__connection")
        .order_by("id")
    )
    steps: list[Step] = []
    before: Mapping[str, Any] | None = None
    for row in rows:
        envelope = row.fact.envelope
        lines = [
            fact_line("Came by", f"{words.brought(envelope.source)} {envelope.connection.name}"),
            fact_line("Envelope", source_of(row.fact, may_open=may_open)),
        ]
        if before is not None:
            lines += [
                fact_line(each.label, f"{each.before or 'nothing'} → {each.after or 'nothing'}")
                for each in changes_between(before, row.meaning)
            ]
        title = "The shop says" if before is None else "The shop changed it"
        steps.append(Step(title, "good", row.business_at, "", lines))
        before = row.meaning
    return steps


def _decided(order: Order) -> Step:
    tone = words.ORDER_TONES.get(order.state, "mute")
    lines = []
    if order.state == OrderState.WAITING and order.wait_until:
        said = f"payment {order.payment_ref}, until {formats.day_text(order.wait_until)}"
        lines.append(fact_line("Waits for", said))
    if version := order.decided.get("version"):
        lines.append(fact_line("By", f"rule set {version}"))
    if order.payment is not None:
        url = reverse("transaction", args=[order.payment.pk])
        lines.append(
            format_html('<b>Paid by</b> <a href="{}">{}</a>', url, order.payment.vendor_id)
        )
    return Step("Decided by the rules", tone, None, words.order_state(order.state), lines)
