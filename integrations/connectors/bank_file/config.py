"""Settings of a bank account whose statements come in one of the banks' own formats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from integrations.errors import ConfigError
from integrations.options import option, read_options
from integrations.statement_formats import BAI2, CAMT053, OFX

#: The formats that are read.
FORMATS: Final = (BAI2, CAMT053, OFX)
REFERENCE: Final = "reference"
TEXT: Final = "text"


@dataclass(frozen=True, slots=True)
class BankFileSettings:
    """One bank account and the one format in which its statements come."""

    format: str = option(
        "Format of the files",
        choices=FORMATS,
        hint="One for each account: entries of another format would count a second time.",
    )
    account: str = option("Bank account", hint="The name by which people know the account.")
    account_number: str = option(
        "Account number", hint="As the bank's files write it; files of other accounts are refused."
    )
    currency: str = option("Currency", default="USD")
    folder: str = option(
        "Folder",
        default="",
        hint="Full path of the folder on this server. Empty where files are uploaded by hand.",
    )
    pattern: str = option("File names", default="*", advanced=True)
    reference_from: str = option(
        "What a payment is known by",
        default=REFERENCE,
        choices=(REFERENCE, TEXT),
        hint="Text, where the bank writes batch numbers into the text of an entry only.",
        advanced=True,
    )
    time_zone: str = option(
        "Time zone",
        default="",
        hint="For example America/New_York: moments that a file gives with their zone are taken"
        " for the day there. Empty: the day as the bank writes it.",
        advanced=True,
    )

    @classmethod
    def from_mapping(
        cls, settings: Mapping[str, Any], secrets: Mapping[str, str]
    ) -> BankFileSettings:
        """Raises ConfigError that names the setting in words."""
        read = read_options(cls, settings, secrets)
        if read.folder and not Path(read.folder).is_absolute():
            raise ConfigError("“Folder” has to be a full path.", setting="folder")
        if not (len(read.currency) == 3 and read.currency.isalpha() and read.currency.isupper()):
            raise ConfigError("“Currency” is a code like USD.", setting="currency")
        if "/" in read.pattern or "\\" in read.pattern:
            raise ConfigError("“File names” is a pattern without a folder.", setting="pattern")
        if not plain_number(read.account_number):
            raise ConfigError(
                "“Account number” has to hold letters or digits.", setting="account_number"
            )
        try:
            read.zone  # noqa: B018  (looked up to know that it is there)
        except (ValueError, OSError, KeyError):
            raise ConfigError(
                "“Time zone” is a name like America/New_York.", setting="time_zone"
            ) from None
        return read

    @property
    def zone(self) -> ZoneInfo | None:
        """Of the account, None where days are taken as they are written."""
        return ZoneInfo(self.time_zone) if self.time_zone else None


def plain_number(text: str) -> str:
    """An account number without spaces, signs and zeros in front, as two are compared."""
    kept = "".join(character for character in text.upper() if character.isalnum())
    return kept.lstrip("0") if kept.isdigit() else kept
