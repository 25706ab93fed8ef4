"""Connectors of connections, kept for as long as their settings stay the same."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import cast

from django.conf import settings

from integrations import registry
from integrations.contracts import (
    Capability,
    Connector,
    CreatesCustomers,
    CreatesInvoices,
    FetchesDocuments,
    PostsDocuments,
    ReadsCustomers,
    ReadsLedger,
    ReadsOpenItems,
    ReadsOrders,
    ReadsPostings,
    ReadsStock,
    RereadsDays,
)
from integrations.errors import ConfigError, EdgeError
from integrations.models import Connection
from integrations.services import vault

_kept: dict[int, tuple[datetime, Connector]] = {}


def connector_of(connection: Connection) -> Connector:
    """The connector of a connection, built anew only after its settings changed.

    Raises ConfigError when a setting is missing, or for a sandbox where none is allowed.
    """
    kept = _kept.get(connection.pk)
    if kept is not None and kept[0] == connection.updated_at:
        return kept[1]
    if connection.is_sandbox and not settings.TIEOUT_ALLOW_SANDBOX:
        raise ConfigError(
            f"{connection.name} is a sandbox, and this installation allows none.",
            setting="TIEOUT_ALLOW_SANDBOX",
        )
    if kept is not None:
        with suppress(EdgeError):
            kept[1].close()
    try:
        secrets = vault.connector_secrets(connection)
    except vault.VaultError as error:
        raise ConfigError(f"{connection.name}: {error}", setting="TIEOUT_VAULT_KEYS") from error
    built = registry.build(
        connection.connector, connection.settings, secrets, sandbox=connection.is_sandbox
    )
    _kept[connection.pk] = (connection.updated_at, built)
    return built


def reader_of(connection: Connection) -> FetchesDocuments:
    return cast(FetchesDocuments, connector_of(connection))


def poster_of(connection: Connection) -> PostsDocuments:
    return cast(PostsDocuments, connector_of(connection))


def open_items_of(connection: Connection) -> ReadsOpenItems:
    return cast(ReadsOpenItems, connector_of(connection))


def customers_of(connection: Connection) -> ReadsCustomers | None:
    """The connector, where it can list customers."""
    if Capability.CUSTOMERS not in registry.info_of(connection.connector).capabilities:
        return None
    return cast(ReadsCustomers, connector_of(connection))


def creates_customers(connection: Connection) -> bool:
    """Whether new customers can be made through it: known without asking it."""
    return Capability.NEW_CUSTOMERS in registry.info_of(connection.connector).capabilities


def customer_creator_of(connection: Connection) -> CreatesCustomers | None:
    """The connector, where it can make new customers."""
    if not creates_customers(connection):
        return None
    return cast(CreatesCustomers, connector_of(connection))


def creates_invoices(connection: Connection) -> bool:
    """Whether invoices with lines can be posted through it: known without asking it."""
    return Capability.INVOICES in registry.info_of(connection.connector).capabilities


def invoice_creator_of(connection: Connection) -> CreatesInvoices | None:
    """The connector, where it takes invoices with lines."""
    if not creates_invoices(connection):
        return None
    return cast(CreatesInvoices, connector_of(connection))


def stock_of(connection: Connection) -> ReadsStock | None:
    """The connector, where it knows what is in stock."""
    if Capability.STOCK not in registry.info_of(connection.connector).capabilities:
        return None
    return cast(ReadsStock, connector_of(connection))


def orders_of(connection: Connection) -> ReadsOrders | None:
    """The connector, where it has sales orders of its own."""
    if Capability.ORDERS not in registry.info_of(connection.connector).capabilities:
        return None
    return cast(ReadsOrders, connector_of(connection))


def ledger_of(connection: Connection) -> ReadsLedger:
    return cast(ReadsLedger, connector_of(connection))


def standing_of(connection: Connection) -> ReadsPostings:
    return cast(ReadsPostings, connector_of(connection))


def rereads_days(connection: Connection) -> RereadsDays | None:
    """The connector, where it can read a day again."""
    if Capability.DAYS not in registry.info_of(connection.connector).capabilities:
        return None
    return cast(RereadsDays, connector_of(connection))
