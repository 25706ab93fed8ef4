"""A shop before the hub: connected, its rules in force, its goods in the warehouse."""

import itertools
import json
import time
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.test import Client

from integrations.api.signature import sign
from integrations.choices import Environment
from integrations.clock import wall_now
from integrations.models import Connection, Pair
from integrations.sandbox.sage500.stock import StockItem, put_in_stock
from integrations.services import vault
from mapping.models import AccountRule, ItemRule, RuleSetVersion, TaxRule
from reconciliation.models import Order
from tests.hub import WEBHOOK_SECRET, Hub
from tests.integrations.connectors.orders.orders import line, order
from tests.sealed import unsealed

ITEMS = {"MUG-BLUE": Decimal(10), "TEAPOT": Decimal(1), "WRAP": None}
ROLES = {"sales": "4000-00", "shipping": "4200-00", "discounts": "4050-00"}


@dataclass
class Shop:
    hub: Hub
    connection: Connection
    events: Any = field(default_factory=lambda: itertools.count(1))

    def sends(self, number: str = "WEB-1", **other: Any) -> None:
        """A signed order comes in, and the hub works through it."""
        given = {"order": number, "ordered_on": self.hub.day.isoformat(), "payment": None}
        self.deliver(order(**{**given, **other}))
        self.hub.run()

    def deliver(self, content: dict[str, Any]) -> None:
        raw, event, at = json.dumps(content).encode(), f"event-{next(self.events)}", time.time()
        headers = {
            "webhook-id": event,
            "webhook-timestamp": str(int(at)),
            "webhook-signature": sign(WEBHOOK_SECRET, event, int(at), raw),
        }
        answer = Client().post(
            "/hooks/shop/", raw, content_type="application/json", headers=headers
        )
        assert answer.status_code == 202, answer.content

    def looks(self) -> None:
        """The time has come to look for the payments of what is invoiced."""
        Order.objects.filter(state="invoiced", look_at__isnull=False).update(look_at=wall_now())
        self.hub.run()

    def restock(self, item: str, on_hand: int) -> None:
        put_in_stock(self.hub.sage_url, [StockItem(item, item.title(), Decimal(on_hand))])

    def order(self, number: str = "WEB-1") -> Order:
        return Order.objects.get(number=number)

    def invoice(self, number: str = "WEB-1") -> list[tuple[str, str, str]]:
        """Item, account and amount of each line that the ERP holds for an order."""
        rows = self.hub.sql(
            """
            SELECT coalesce(i."ItemID", ''), a."GLAcctNo", round(l."ExtAmt", 2)::text
              FROM "tarInvoice" h JOIN "tarInvoiceDetl" l USING ("InvcKey")
              LEFT JOIN "timItem" i USING ("ItemKey")
              JOIN "tarInvoiceLineDist" d USING ("InvoiceLineKey")
              JOIN "tglAccount" a ON a."GLAcctKey" = d."GLAcctKey"
             WHERE h."CustPONo" = %s ORDER BY l."InvoiceLineKey"
            """,
            number,
        )
        return [tuple(row) for row in rows]


def open_shop(hub: Hub) -> Shop:
    hub.invoice("536365", "10.00")  # customer 17850 is one of the ERP's
    shop = Connection.objects.create(
        slug="shop",
        name="Web shop",
        connector="orders",
        account="web",
        environment=Environment.SANDBOX,
    )
    vault.set_credential(shop, vault.WEBHOOK_SECRET, WEBHOOK_SECRET)
    Pair.objects.update(orders=shop, post_after_minutes=0)
    hub.pair.refresh_from_db()
    version = RuleSetVersion.objects.get(pair=hub.pair)
    with unsealed():
        for number, (role, account) in enumerate(ROLES.items(), 50):
            AccountRule.objects.create(version=version, position=number, role=role, account=account)
        for number, item in enumerate(ITEMS, 1):
            ItemRule.objects.create(version=version, position=number, item=item, erp_item=item)
        TaxRule.objects.create(
            version=version,
            position=1,
            component="state",
            tax_code="CA",
            account="2200-00",
            percent=Decimal("7.25"),
        )
    goods = [StockItem(item, item.title(), on_hand) for item, on_hand in ITEMS.items()]
    put_in_stock(hub.sage_url, goods)
    return Shop(hub, shop)


__all__ = ["Shop", "line", "open_shop", "order"]
