"""What becomes of values that a person types, step by step under the rules. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from integrations.money import Money
from mapping.decide.foreign import by_itself
from mapping.rules import currencies, taxes
from mapping.rules.currencies import CurrencyError, CurrencyRow, Rate
from mapping.rules.taxes import TaxComponent, TaxRow


@dataclass(frozen=True, slots=True)
class Worked:
    """(what, value) of each step; `problem` says why it goes no further, or what differs."""

    steps: tuple[tuple[str, str], ...] = ()
    problem: str = ""


def of_tax(rows: Sequence[TaxRow], component: TaxComponent) -> Worked:
    """Code and account of a tax, and the tax worked out anew beside what was charged."""
    mapped = taxes.map_component(rows, component)
    if mapped is None:
        return Worked()
    row = mapped.row
    steps = (("Tax code", row.tax_code), ("GL account", row.account))
    charged = (("Charged, and booked as it is", str(component.charged)),)
    if mapped.recomputed is None or row.percent is None:
        return Worked((*steps, *charged))
    compared = (
        (f"Worked out anew with {row.percent.normalize():f} %", str(mapped.recomputed)),
        ("Difference", str(mapped.difference)),
    )
    problem = "" if mapped.is_within_tolerance else f"The rule allows {row.tolerance:f}."
    return Worked((*steps, *charged, *compared), problem)


def of_amount(
    rows: Sequence[CurrencyRow], amount: Money, rates: Sequence[Rate], day: date
) -> Worked:
    """Conversion, decimals and form of an amount, each by itself."""
    row = currencies.choose(rows, amount.currency)
    if row is None:
        return Worked()
    steps: list[tuple[str, str]] = []
    try:
        converted = currencies.convert(row, amount, rates, day)
        steps.append(("Converted", f"{converted.amount:f} {converted.currency}"))
        if converted.rate is not None:
            rate = converted.rate
            said = f"1 {rate.source} = {rate.rate.normalize():f} {rate.target}"
            steps.append(("By", f"{rate.table}, {said} from {rate.valid_on}"))
        kept, rounding = currencies.kept(row, converted)
    except CurrencyError as error:
        return Worked(tuple(steps), str(error))
    steps.append(("Kept", f"{kept.amount:f} {kept.currency}, rounded by {rounding.normalize():f}"))
    steps.append(("Written", currencies.written(row, kept)))
    if converted.rate is not None:
        steps.append(("Booked without a person", _alone(rows, amount, rates, day)))
    return Worked(tuple(steps))


def _alone(rows: Sequence[CurrencyRow], amount: Money, rates: Sequence[Rate], day: date) -> str:
    row = currencies.choose(rows, amount.currency)
    if row is None or row.alone_days is None:
        return "no"
    try:
        by_itself(amount, rows, rates, row.base, day)
    except CurrencyError as error:
        return f"no: {error}"
    return "yes"
