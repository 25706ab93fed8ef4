"""Customers as Sage 500 has them, with the address and contact that stand first. Pure.

`tarCustomer` is confirmed by public code, with `PrimaryAddrKey`, `PrimaryCntctKey`, `CRMCustID` and
`Status`. That addresses and contacts stand in tables of their own is inferred: their names are
settings, and reading either can be switched off. No public source shows a tax number.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import (
    Column,
    FromClause,
    Integer,
    MetaData,
    Select,
    SmallInteger,
    String,
    Table,
    select,
)

from integrations.canonical import CustomerRecord, PartyRecord
from integrations.connectors.sage500.config import Sage500Settings

STREET_LINES: Final = ("AddrLine1", "AddrLine2", "AddrLine3")
_ADDRESS: Final = (*STREET_LINES, "City", "StateID", "PostalCode", "CountryID")
ACTIVE: Final = 1


def _customer(metadata: MetaData, schema: str | None) -> Table:
    return Table(
        "tarCustomer",
        metadata,
        Column("CustKey", Integer, primary_key=True),
        Column("CompanyID", String(3)),
        Column("CustID", String(12)),
        Column("CustName", String(40)),
        Column("Status", SmallInteger),
        Column("CRMCustID", String(32)),
        Column("PrimaryAddrKey", Integer),
        Column("PrimaryCntctKey", Integer),
        schema=schema,
    )


def customers_behind(
    settings: Sage500Settings, company: str, after_key: int, limit: int
) -> Select[Any]:
    """Customers with a key above `after_key`, in the order of their keys."""
    metadata, schema = MetaData(), settings.table_schema or None
    customer = _customer(metadata, schema)
    columns: list[Any] = [customer.c[n] for n in ("CustKey", "CustID", "CustName", "Status")]
    columns.append(customer.c.CRMCustID)
    rows: FromClause = customer
    if settings.reads_addresses:
        names = [Column(name, String(40)) for name in _ADDRESS]
        key = Column("AddrKey", Integer, primary_key=True)
        address = Table(settings.address_table, metadata, key, *names, schema=schema)
        rows = rows.outerjoin(address, address.c.AddrKey == customer.c.PrimaryAddrKey)
        columns += [address.c[name] for name in _ADDRESS]
    if settings.reads_contacts:
        wanted = (settings.contact_email_column, settings.contact_phone_column)
        names = [Column(name, String(256)) for name in wanted]
        key = Column("CntctKey", Integer, primary_key=True)
        contact = Table(settings.contact_table, metadata, key, *names, schema=schema)
        rows = rows.outerjoin(contact, contact.c.CntctKey == customer.c.PrimaryCntctKey)
        columns += [
            contact.c[name].label(label)
            for name, label in zip(wanted, ("EMail", "Telephone"), strict=True)
        ]
    return (
        select(*columns)
        .select_from(rows)
        .where(customer.c.CompanyID == company, customer.c.CustKey > after_key)
        .order_by(customer.c.CustKey)
        .limit(limit)
    )


def customer_of(row: Mapping[str, Any], company: str) -> CustomerRecord:
    """Texts may be padded or hold line breaks: both go."""

    def text(name: str) -> str:
        return " ".join(str(row.get(name) or "").split())

    lines = tuple(text(name) for name in STREET_LINES)
    party = PartyRecord(
        name=text("CustName"),
        email=text("EMail"),
        phone=text("Telephone"),
        lines=tuple(line for line in lines if line),
        city=text("City"),
        region=text("StateID"),
        postcode=text("PostalCode"),
        country=text("CountryID"),
    )
    return CustomerRecord(
        company, text("CustID"), party, text("CRMCustID"), is_active=row["Status"] == ACTIVE
    )
