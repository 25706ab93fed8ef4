"""Settings of a folder into which bank statements are put as CSV files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from integrations.errors import ConfigError
from integrations.options import option, read_options


@dataclass(frozen=True, slots=True)
class BankCsvSettings:
    """One bank account's statements. Amounts are signed: money to the account is positive."""

    folder: str = option("Folder", hint="Full path of the folder on this server.")
    account: str = option("Bank account", hint="The name by which people know the account.")
    currency: str = option("Currency", default="USD")
    date_column: str = option("Column of the date", default="date")
    description_column: str = option("Column of the description", default="description")
    reference_column: str = option(
        "Column of the reference", default="reference", hint="A dash if there is none."
    )
    amount_column: str = option("Column of the amount", default="amount")
    balance_column: str = option(
        "Column of the balance", default="balance", hint="A dash if there is none."
    )
    date_format: str = option("Form of dates", default="%Y-%m-%d", hint="For example %m/%d/%Y.")
    decimal_comma: bool = option("Decimal comma", default=False, hint="1.234,56 for 1,234.56.")
    delimiter: str = option("Separator", default=",", choices=(",", ";", "|", "tab"))
    encoding: str = option("Encoding", default="utf-8", choices=("utf-8", "windows-1252"))
    pattern: str = option("File names", default="*.csv", advanced=True)

    @classmethod
    def from_mapping(
        cls, settings: Mapping[str, Any], secrets: Mapping[str, str]
    ) -> BankCsvSettings:
        """Raises ConfigError that names the setting in words."""
        read = read_options(cls, settings, secrets)
        if not Path(read.folder).is_absolute():
            raise ConfigError("“Folder” has to be a full path.", setting="folder")
        if not (len(read.currency) == 3 and read.currency.isalpha() and read.currency.isupper()):
            raise ConfigError("“Currency” is a code like USD.", setting="currency")
        if "/" in read.pattern or "\\" in read.pattern:
            raise ConfigError("“File names” is a pattern without a folder.", setting="pattern")
        probe = datetime(2011, 10, 28, tzinfo=UTC)
        try:
            text = probe.strftime(read.date_format)
            same = datetime.strptime(text, read.date_format).replace(tzinfo=UTC)
        except ValueError:
            same = None
        if same is None or same.date() != probe.date():
            raise ConfigError(
                "“Form of dates” has to hold day, month and year, like %Y-%m-%d.",
                setting="date_format",
            )
        names = [name.lower() for name in read.columns]
        if len(names) != len(set(names)):
            raise ConfigError("Two settings name the same column.", setting="amount_column")
        return read

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns a file must have, in the order of the settings."""
        wanted = (
            self.date_column,
            self.description_column,
            self.reference_column,
            self.amount_column,
            self.balance_column,
        )
        return tuple(name for name in wanted if name != "-")
