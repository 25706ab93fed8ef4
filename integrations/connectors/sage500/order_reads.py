"""Stock and sales orders as Sage 500 has them. Pure.

Where stock stands in the product is not documented: it is read through a view of our own schema,
which each site fills from its own tables. Of sales orders the columns that are read are confirmed
by public code, but for the header's `CompanyID` and `CustPONo`; amounts are in the home currency.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import (
    Column,
    DateTime,
    Integer,
    MetaData,
    Numeric,
    Select,
    SmallInteger,
    String,
    Table,
    func,
    or_,
    select,
)

from integrations.canonical import SalesOrderLineRecord, SalesOrderRecord, StockLevel
from integrations.connectors.sage500.answers import money_of
from integrations.connectors.sage500.config import Sage500Settings
from integrations.connectors.sage500.numbers import typed_forms
from integrations.connectors.sage500.tables import Tables
from integrations.money import total

OPEN: Final = 1
#: Status of a sales order, as public code has it.
STATUSES: Final[Mapping[int, str]] = {
    0: "Not activated",
    OPEN: "Open",
    2: "Inactive",
    3: "Cancelled",
    4: "Closed",
    5: "Incomplete",
    6: "Pending approval",
}


def stock_levels(settings: Sage500Settings, company: str, items: Sequence[str]) -> Select[Any]:
    """What is there of each item, over the warehouses that count."""
    view = Table(
        settings.stock_view,
        MetaData(),
        Column("CompanyID", String(3)),
        Column("ItemID", String(30)),
        Column("WhseID", String(6)),
        Column("Available", Numeric(16, 8)),
        schema=settings.wrapper_schema,
    )
    query = (
        select(view.c.ItemID, func.sum(view.c.Available).label("Available"))
        .where(view.c.CompanyID == company, view.c.ItemID.in_(items))
        .group_by(view.c.ItemID)
    )
    if settings.stock_warehouses:
        query = query.where(view.c.WhseID.in_(settings.stock_warehouses))
    return query


def levels_of(asked: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> dict[str, StockLevel]:
    """By the names that were asked for; a database may compare without regard to case."""
    found = {str(row["ItemID"]).strip().upper(): row["Available"] for row in rows}
    return {
        item: StockLevel(item, Decimal(found[item.strip().upper()]))
        for item in asked
        if item.strip().upper() in found
    }


def _order(settings: Sage500Settings, metadata: MetaData) -> Table:
    references = dict.fromkeys(("TranNo", *settings.order_reference_columns))
    return Table(
        "tsoSalesOrder",
        metadata,
        Column("SOKey", Integer, primary_key=True),
        Column("CompanyID", String(3)),
        Column("TranDate", DateTime),
        Column("CustKey", Integer),
        Column("Status", SmallInteger),
        *(Column(name, String(15)) for name in references),
        schema=settings.table_schema or None,
    )


def sales_orders(
    settings: Sage500Settings, tables: Tables, company: str, numbers: Sequence[str]
) -> Select[Any]:
    """Headers in one of whose number columns one of `numbers` stands, oldest first."""
    order, customer = _order(settings, MetaData()), tables.customer
    columns = settings.order_reference_columns
    return (
        select(
            order.c.SOKey,
            order.c.TranNo,
            order.c.TranDate,
            order.c.Status,
            customer.c.CustID,
            *(order.c[name].label(f"Reference{n}") for n, name in enumerate(columns)),
        )
        .join_from(order, customer, customer.c.CustKey == order.c.CustKey)
        .where(order.c.CompanyID == company, or_(*(order.c[name].in_(numbers) for name in columns)))
        .order_by(order.c.TranDate, order.c.SOKey)
    )


def sales_order_lines(
    settings: Sage500Settings, tables: Tables, orders: Sequence[int]
) -> Select[Any]:
    metadata, schema = MetaData(), settings.table_schema or None
    line = Table(
        "tsoSOLine",
        metadata,
        Column("SOLineKey", Integer, primary_key=True),
        Column("SOKey", Integer),
        Column("SOLineNo", Integer),
        Column("ItemKey", Integer),
        Column("Description", String(40)),
        Column("UnitPrice", Numeric(15, 5)),
        schema=schema,
    )
    share = Table(
        "tsoSOLineDist",
        metadata,
        Column("SOLineDistKey", Integer, primary_key=True),
        Column("SOLineKey", Integer),
        Column("QtyOrd", Numeric(16, 8)),
        Column("QtyOpenToShip", Numeric(16, 8)),
        Column("ExtAmt", Numeric(15, 3)),
        Column("GLAcctKey", Integer),
        schema=schema,
    )
    account, item = tables.account, tables.item
    return (
        select(
            line.c.SOKey,
            line.c.SOLineNo,
            line.c.Description,
            line.c.UnitPrice,
            share.c.QtyOrd,
            share.c.QtyOpenToShip,
            share.c.ExtAmt,
            account.c.GLAcctNo,
            item.c.ItemID,
        )
        .select_from(
            line.join(share, share.c.SOLineKey == line.c.SOLineKey)
            .outerjoin(account, account.c.GLAcctKey == share.c.GLAcctKey)
            .outerjoin(item, item.c.ItemKey == line.c.ItemKey)
        )
        .where(line.c.SOKey.in_(orders))
        .order_by(line.c.SOKey, line.c.SOLineNo, share.c.SOLineDistKey)
    )


def orders_of(
    heads: Iterable[Mapping[str, Any]],
    lines: Iterable[Mapping[str, Any]],
    settings: Sage500Settings,
    company: str,
) -> list[SalesOrderRecord]:
    """Headers with their lines. `references` holds every form that would have found the order."""
    by_order: dict[int, list[SalesOrderLineRecord]] = defaultdict(list)
    for row in lines:
        by_order[row["SOKey"]].append(_line(row, settings.currency))
    found = []
    for head in heads:
        own = by_order.get(head["SOKey"], [])
        numbers = [
            _text(head[f"Reference{n}"]) for n in range(len(settings.order_reference_columns))
        ]
        status = head["Status"]
        found.append(
            SalesOrderRecord(
                company=company,
                order_key=str(head["SOKey"]),
                document_no=_text(head["TranNo"]),
                references=typed_forms(numbers),
                customer_id=_text(head["CustID"]),
                ordered_on=head["TranDate"].date(),
                status=STATUSES.get(status, f"Status {status}"),
                is_open=status == OPEN,
                amount=total((line.amount for line in own), settings.currency),
                lines=tuple(own),
            )
        )
    return found


def _line(row: Mapping[str, Any], currency: str) -> SalesOrderLineRecord:
    return SalesOrderLineRecord(
        line_no=row["SOLineNo"],
        item=_text(row["ItemID"]),
        description=_text(row["Description"]),
        quantity=row["QtyOrd"],
        open_quantity=row["QtyOpenToShip"],
        unit_price=row["UnitPrice"],
        amount=money_of(row["ExtAmt"], currency),
        account=_text(row["GLAcctNo"]),
    )


def _text(value: object) -> str:
    """Sage pads, and lets line breaks into names."""
    return " ".join(str(value).split()) if value is not None else ""
