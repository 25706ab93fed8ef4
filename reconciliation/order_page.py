"""An order for its page: every line, charge and tax with what the rules made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from integrations.choices import PostingState
from reconciliation.models import Effect, Order


@dataclass(frozen=True)
class Named:
    """Somewhere to go, and what it is called; `number` is the ERP's, once it has one."""

    url: str
    name: str
    number: str = ""


@dataclass(frozen=True)
class LineRow:
    """A line as the shop has it, and the ERP's item and account by which rule.

    `short` says in words that the ERP has too little of it; empty where it has enough.
    """

    position: int
    item: str
    description: str
    quantity: str
    unit_price: str
    amount: str
    erp_item: str = ""
    account: str = ""
    rule: str = ""
    stock: str = ""
    short: str = ""


@dataclass(frozen=True)
class TaxRow:
    """A tax as charged, and as the rule works it out. Amounts are texts with their currency."""

    name: str
    taxable: str
    charged: str
    tax_code: str = ""
    account: str = ""
    rule: str = ""
    recomputed: str = ""
    difference: str = ""

    @property
    def differs(self) -> bool:
        return bool(self.difference.strip("-0."))


@dataclass(frozen=True)
class ChargeRow:
    """Shipping, or a discount: what it comes to with its sign, and its account by which rule."""

    name: str
    amount: str
    account: str = ""
    rule: str = ""


def line_rows(order: Order) -> list[LineRow]:
    mapped = {each["position"]: each for each in _decided(order, "lines")}
    return [_line(line, mapped.get(line["position"], {})) for line in order.content["lines"]]


def _line(line: Mapping[str, Any], mapped: Mapping[str, str]) -> LineRow:
    return LineRow(
        position=line["position"],
        item=line["item"],
        description=line["description"],
        quantity=line["quantity"],
        unit_price=_price(line["unit_price"], _bare(line["amount"])),
        amount=_bare(line["amount"]),
        erp_item=mapped.get("item", ""),
        account=mapped.get("account", ""),
        rule=mapped.get("rule", ""),
        stock=mapped.get("stock", ""),
        short=mapped.get("short", ""),
    )


def _price(price: str, amount: str) -> str:
    """With as many decimals as an amount has, and more only where the price has more."""
    _, _, digits = amount.partition(".")
    whole, _, fraction = price.partition(".")
    longest = max(len(digits), len(fraction))
    return f"{whole}.{fraction.ljust(longest, '0')}" if longest else whole


def tax_rows(order: Order) -> list[TaxRow]:
    mapped = order.decided.get("taxes", {}) if is_decided(order) else {}
    rows = []
    for tax in order.content["taxes"]:
        name = " ".join(filter(None, (tax["component"], tax["jurisdiction"])))
        found = mapped.get(name, {})
        rows.append(
            TaxRow(
                name=name,
                taxable=_bare(tax["taxable"]),
                charged=_bare(tax["charged"]),
                tax_code=found.get("tax_code", ""),
                account=found.get("account", ""),
                rule=found.get("rule", ""),
                recomputed=_bare(found.get("recomputed", "")),
                difference=_bare(found.get("difference", "")),
            )
        )
    return rows


def charge_rows(order: Order) -> list[ChargeRow]:
    mapped = {each["name"]: each for each in _decided(order, "charges")}
    given = (("Shipping", order.shipping_amount), ("Discount", -order.discount_amount))
    return [
        ChargeRow(
            name,
            f"{amount:.{_decimals(order)}f}".replace("-", "−"),
            mapped.get(name, {}).get("account", ""),
            mapped.get(name, {}).get("rule", ""),
        )
        for name, amount in given
        if amount
    ]


def _decimals(order: Order) -> int:
    """As many as the shop's own total has."""
    _, _, fraction = _bare(order.content["total"]).partition(".")
    return len(fraction)


def _decided(order: Order, part: str) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = order.decided.get(part, ()) if is_decided(order) else ()
    return found


def is_decided(order: Order) -> bool:
    """Whether it was decided of this content; of another one it would stand beside other lines."""
    return bool(order.decided.get("meaning") == order.meaning_hash)


def _bare(amount: str) -> str:
    """The amount without its currency, which the page says once."""
    return amount.split(" ", maxsplit=1)[0]


def invoice_of(order: Order) -> Named | None:
    """Where the order's newest invoice is to be seen; its effects are prefetched by lists."""
    live = [
        effect
        for effect in order.effects.all()
        if effect.kind == "invoice" and effect.posting.state != PostingState.CANCELLED
    ]
    if not live:
        return None
    effect: Effect = max(live, key=lambda each: each.pk)
    if effect.posting.document_no:
        number = effect.posting.document_no
        return Named(reverse("document", args=[effect.pk]), number, number)
    return Named(reverse("posting", args=[effect.posting.pk]), "on its way")
