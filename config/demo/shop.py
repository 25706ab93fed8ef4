"""The demo's shop at the hub: its connection, the rules for what it sells, and its stock."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from integrations.choices import Environment
from integrations.models import Connection
from integrations.sandbox.sage500.stock import StockItem, put_in_stock
from integrations.sandbox.world.shop import (
    ARTICLES,
    SCARCE,
    TAX_COMPONENT,
    TAX_JURISDICTION,
    TAX_PERCENT,
    Shop,
)
from integrations.services import vault
from mapping.rule_yaml import RuleFile

SHOP: Final = "shop-demo"
SALES: Final = "4000-00"


def connect(webhook_secret: str) -> Connection:
    """The connection that takes the shop's orders; a repeat brings its secret up to date."""
    shop, _ = Connection.objects.update_or_create(
        slug=SHOP,
        defaults={
            "name": "Shop sandbox",
            "connector": "orders",
            "account": "web",
            "environment": Environment.SANDBOX,
            "settings": {},
        },
    )
    vault.set_credential(shop, vault.WEBHOOK_SECRET, webhook_secret)
    return shop


def with_rules(file: RuleFile) -> RuleFile:
    """The rule set with rows for what the shop sells, its tax, shipping and discounts."""
    accounts = [
        {"role": "sales", "account": SALES},
        {"role": "shipping", "account": "4200-00"},
        {"role": "discounts", "account": "4050-00"},
    ]
    items = [
        {"item": article.item, "erp_item": article.item, "account": SALES}
        for article in (*ARTICLES, SCARCE)
    ]
    taxes = [
        {
            "component": TAX_COMPONENT,
            "jurisdiction": TAX_JURISDICTION,
            "tax_code": "CA-SALES",
            "account": "2200-00",
            "percent": f"{TAX_PERCENT:f}",
        }
    ]
    return RuleFile(
        name=file.name,
        deposit_pattern=file.deposit_pattern,
        rules=_with(file.rules, {"accounts": accounts, "items": items, "taxes": taxes}),
    )


def _with(
    rules: Mapping[str, object], more: Mapping[str, list[dict[str, str]]]
) -> dict[str, list[dict[str, str]]]:
    found = {kind: list(rows) for kind, rows in rules.items() if isinstance(rows, list)}
    for kind, rows in more.items():
        found[kind] = [*found.get(kind, []), *rows]
    return found


def stock(shop: Shop, database_url: str, company: str) -> None:
    """What the shop sells lies in the ERP's warehouse; nothing where there is no shop."""
    items = [
        StockItem(article.item, article.description, None if on_hand is None else Decimal(on_hand))
        for article, on_hand in shop.on_hand.items()
    ]
    if items:
        put_in_stock(database_url, items, company=company)
