"""The bank's statement as a BAI2 report: one group for each day, after the public manual. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby

from integrations.sandbox.world.statement import Line

BANK = "122099999"
CUSTOMER = "TIEOUT"
CREDIT = "165"
DEBIT = "475"


def as_bai2(lines: Sequence[Line], account: str, damaged: int | None = None) -> str:
    """The entry of the line with the id `damaged` has an amount nobody can read."""
    made = max((line.booked_on for line in lines), default=date(2000, 1, 1))
    records = [f"01,{BANK},{CUSTOMER},{made:%y%m%d},0600,1,,,2/"]
    total, groups = 0, 0
    for day, of_day in groupby(lines, key=lambda line: line.booked_on):
        control, group = _group(day, list(of_day), account, damaged)
        records += group
        total += control
        groups += 1
    records.append(f"99,{total},{groups},{len(records) + 1}/")
    return "\r\n".join([*records, ""])


def _group(
    day: date, lines: Sequence[Line], account: str, damaged: int | None
) -> tuple[int, list[str]]:
    """Control total and records of one day."""
    opening = _cents(lines[0].balance - lines[0].amount)
    closing = _cents(lines[-1].balance)
    entries = list(_entries(lines, damaged))
    control = opening + closing + sum(abs(_cents(line.amount)) for line in lines)
    return control, [
        f"02,{CUSTOMER},{BANK},1,{day:%y%m%d},2359,USD,2/",
        f"03,{account},USD,010,{opening},,,015,{closing},,/",
        *entries,
        f"49,{control},{len(entries) + 2}/",
        f"98,{control},1,{len(entries) + 4}/",
    ]


def _entries(lines: Iterable[Line], damaged: int | None) -> Iterator[str]:
    """A text that is long goes on in a continuation."""
    for line in lines:
        amount = f"{abs(_cents(line.amount))}"
        if line.id == damaged:
            amount = f"{amount[:-1]}#"
        kind = CREDIT if line.amount >= 0 else DEBIT
        first, _, rest = line.description.partition(" ")
        yield f"16,{kind},{amount},0,SB{line.id:08d},{line.reference},{first}"
        if rest:
            yield f"88,{rest}"


def _cents(amount: Decimal) -> int:
    return int(amount.scaleb(2))
