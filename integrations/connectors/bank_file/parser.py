"""Statement files in the banks' own formats as canonical lines. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from integrations import statement_formats
from integrations.connectors.bank_file.bai2 import read_bai2
from integrations.connectors.bank_file.camt053 import read_camt053
from integrations.connectors.bank_file.config import BankFileSettings
from integrations.connectors.bank_file.ofx import read_ofx
from integrations.connectors.bank_file.statements import Found, parsed
from integrations.contracts import Parsed
from integrations.errors import UnreadableError

_READERS: Final[Mapping[str, Callable[[bytes, BankFileSettings], Found]]] = {
    statement_formats.BAI2: lambda body, settings: read_bai2(body, settings.currency),
    statement_formats.CAMT053: lambda body, settings: read_camt053(
        body, settings.currency, settings.zone
    ),
    statement_formats.OFX: lambda body, settings: read_ofx(body, settings.currency, settings.zone),
}
_ARTICLES: Final[Mapping[str, str]] = {
    statement_formats.BAI2: "a",
    statement_formats.CAMT053: "a",
    statement_formats.OFX: "an",
}


def parse_statement(body: bytes, settings: BankFileSettings) -> Parsed:
    """Every entry of the connection's account: a record, or an Unreadable with its place.

    Raises UnreadableError for a file of another format, another account or in another currency,
    and for one that cannot be read as a whole.
    """
    found = statement_formats.format_of(body)
    if found != settings.format:
        other = statement_formats.what_else(body) or "something else"
        what = f"{_ARTICLES[found]} {found} file" if found else other
        raise UnreadableError(
            f"This account's statements are {settings.format} files, and this is {what}."
        )
    return parsed(_READERS[found](body, settings), settings)
