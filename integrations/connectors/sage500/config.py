"""Settings of a Sage 500 connection: the company database, and the names that are assumed.

No public source shows the names marked "assumed"; they are settings, so that a real database
needs no change of code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from integrations.errors import ConfigError
from integrations.options import option, read_options

POSTGRESQL: Final = "postgresql+psycopg"
SQL_SERVER: Final = "mssql+mssqlpython"
#: How the address of the database may begin -> the driver it stands for.
DRIVERS: Final[Mapping[str, str]] = {
    "mssql": SQL_SERVER,
    SQL_SERVER: SQL_SERVER,
    "postgres": POSTGRESQL,
    "postgresql": POSTGRESQL,
    POSTGRESQL: POSTGRESQL,
}
REFERENCE_COLUMNS: Final = ("TranNo", "TranID", "CustPONo")
ORDER_COLUMNS: Final = ("TranNo", "CustPONo", "UserFld1")


@dataclass(frozen=True, slots=True)
class Sage500Settings:
    """`url` is a secret as a whole: it holds the password. Amounts are in `currency`."""

    url: str = option(
        "Database address",
        secret=True,
        hint="mssql://user:password@server/mas500_app",
        example="mssql://user:password@server/mas500_app",
    )
    companies: tuple[str, ...] = option(
        "Companies", default=(), hint="Company ids that the connection test looks for."
    )
    currency: str = option("Home currency", default="USD")
    user_id: str = option(
        "User id", default="tieout", hint="Stands as creator on what is posted; 30 characters."
    )
    invoice_reference_columns: tuple[str, ...] = option(
        "Columns with invoice numbers",
        default=REFERENCE_COLUMNS,
        hint="Columns of tarInvoice in which a number that a payer types may stand.",
    )
    invoice_tran_types: tuple[str, ...] = option(
        "Transaction types of invoices", default=("501",), advanced=True
    )
    statement_seconds: int = option("Longest statement (seconds)", default=60, advanced=True)
    rescan_seconds: int = option(
        "Changes to read again (seconds)",
        default=60,
        hint="A change shows only when its transaction ends: that much is read twice.",
        advanced=True,
    )
    wrapper_schema: str = option("Schema of the wrappers", default="tieout", advanced=True)
    table_schema: str = option("Schema of Sage's tables", default="", advanced=True)
    pending_payment_table: str = option(
        "Pending receipts (assumed)", default="tarPendCustPmt", advanced=True
    )
    pending_application_table: str = option(
        "Pending applications (assumed)", default="tarPendCustPmtAppl", advanced=True
    )
    application_table: str = option(
        "Posted applications (assumed)", default="tarCustPmtAppl", advanced=True
    )
    pending_invoice_table: str = option("Pending invoices", default="tarPendInvoice", advanced=True)
    fiscal_period_table: str = option(
        "Fiscal periods (assumed)", default="tglFiscalPeriod", advanced=True
    )
    journal_line_table: str = option(
        "Lines of journals (assumed)", default="tglJournalDetl", advanced=True
    )
    receipt_status_column: str = option(
        "Receipt status (assumed)",
        default="Status",
        hint="2 there means void. Empty: voided receipts are not noticed when one is looked up.",
        advanced=True,
    )
    reversed_receipt_column: str = option(
        "Receipt that a reversal takes back (assumed)",
        default="RvrsdPmtKey",
        hint="Its key. Empty: it is not compared when a reversal is looked up.",
        advanced=True,
    )
    reads_addresses: bool = option(
        "Read customers’ addresses",
        default=True,
        hint="No: customers are compared without their addresses.",
        advanced=True,
    )
    reads_contacts: bool = option(
        "Read customers’ contacts",
        default=True,
        hint="No: customers are compared without e-mail and telephone.",
        advanced=True,
    )
    address_table: str = option("Addresses (assumed)", default="tciAddress", advanced=True)
    contact_table: str = option("Contacts (assumed)", default="tciContact", advanced=True)
    contact_email_column: str = option(
        "E-mail of a contact (assumed)", default="EMailAddr", advanced=True
    )
    contact_phone_column: str = option(
        "Telephone of a contact (assumed)", default="Phone", advanced=True
    )
    invoice_line_table: str = option(
        "Lines of invoices",
        default="tarInvoiceDetl",
        hint="Pending invoices are taken to have their lines there too.",
        advanced=True,
    )
    invoice_distribution_table: str = option(
        "Accounts of invoice lines (assumed)", default="tarInvoiceLineDist", advanced=True
    )
    item_table: str = option("Items (assumed)", default="timItem", advanced=True)
    reads_stock: bool = option(
        "Read the stock",
        default=True,
        hint="No: an order is not held against what is there.",
        advanced=True,
    )
    stock_view: str = option(
        "View of the stock",
        default="StockLevel",
        hint="In the schema of the wrappers: CompanyID, ItemID, WhseID, Available.",
        advanced=True,
    )
    stock_warehouses: tuple[str, ...] = option(
        "Warehouses that count",
        default=(),
        hint="Ids of the warehouses from which orders are shipped. Empty: all of them.",
        advanced=True,
    )
    reads_orders: bool = option(
        "Read sales orders",
        default=True,
        hint="No: pages do not show Sage’s own sales orders beside an invoice.",
        advanced=True,
    )
    order_reference_columns: tuple[str, ...] = option(
        "Columns with order numbers",
        default=ORDER_COLUMNS,
        hint="Columns of tsoSalesOrder in which an order’s number may stand.",
        advanced=True,
    )
    ledger_table: str = option("Posted ledger lines", default="tglTransaction", advanced=True)

    @classmethod
    def from_mapping(
        cls, settings: Mapping[str, Any], secrets: Mapping[str, str]
    ) -> Sage500Settings:
        """Raises ConfigError that names the setting in words and never quotes the address."""
        read = read_options(cls, settings, secrets)
        read.database()
        if len(read.user_id) > 30:
            raise ConfigError("“User id” has at most 30 characters.", setting="user_id")
        if not (len(read.currency) == 3 and read.currency.isalpha() and read.currency.isupper()):
            raise ConfigError("“Home currency” is a code like USD.", setting="currency")
        if any(not company or len(company) > 3 for company in read.companies):
            raise ConfigError("A company id has at most 3 characters.", setting="companies")
        if not all(code.isdecimal() for code in read.invoice_tran_types):
            raise ConfigError(
                "“Transaction types of invoices” are whole numbers.", setting="invoice_tran_types"
            )
        for name, words in (
            ("invoice_reference_columns", "Columns with invoice numbers"),
            ("order_reference_columns", "Columns with order numbers"),
        ):
            columns = getattr(read, name)
            if not columns or not all(column.isidentifier() for column in columns):
                raise ConfigError(f"“{words}” needs at least one column name.", setting=name)
        for name in ("statement_seconds", "rescan_seconds"):
            if not 0 < getattr(read, name) <= 3600:
                raise ConfigError(f"{name} has to lie between 1 and 3600.", setting=name)
        return read

    def database(self) -> URL:
        """The address with its driver. Raises ConfigError."""
        try:
            url = make_url(self.url)
        except (ArgumentError, ValueError):
            url = None
        if url is None or url.drivername not in DRIVERS or not url.database:
            raise ConfigError(
                "“Database address” has to look like mssql://user:password@server/database.",
                setting="url",
            )
        return url.set(drivername=DRIVERS[url.drivername])
