"""The formats in which the bank can give its statements."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from integrations.sandbox.world.statement import Line, as_csv
from integrations.sandbox.world.statement_bai2 import as_bai2
from integrations.sandbox.world.statement_camt053 import as_camt053
from integrations.sandbox.world.statement_ofx import as_ofx

#: The account's number, as the bank writes it in every format that has one.
ACCOUNT = "0001234567"
CSV = "csv"


@dataclass(frozen=True, slots=True)
class Style:
    """`suffix` ends the names of files; `write` makes the text of lines and of a damaged one."""

    suffix: str
    write: Callable[[Sequence[Line], int | None], str]


STYLES: Mapping[str, Style] = {
    CSV: Style(".csv", as_csv),
    "bai2": Style(".bai", lambda lines, damaged: as_bai2(lines, ACCOUNT, damaged)),
    "camt053": Style(".xml", lambda lines, damaged: as_camt053(lines, ACCOUNT, damaged)),
    "ofx": Style(".ofx", lambda lines, damaged: as_ofx(lines, ACCOUNT, damaged)),
}
