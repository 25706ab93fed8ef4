"""A customer as one system knows it. The original is kept as it came; nothing here changes it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class System(StrEnum):
    GATEWAY = "gateway"
    ERP = "erp"
    CRM = "crm"


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address as it was written. `lines` are street lines, in their order."""

    lines: tuple[str, ...] = ()
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""

    def __bool__(self) -> bool:
        return any((*self.lines, self.city, self.postcode))

    def __str__(self) -> str:
        parts = (*self.lines, self.city, self.region, self.postcode, self.country)
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Identity:
    """One customer record of one system.

    `ref` is its number in its own system. `known_as` holds numbers by which it says that it is
    known in other systems, as (system, number): a CRM's column with the ERP's customer number,
    the ERP's column with the CRM's.
    """

    system: System
    ref: str
    name: str = ""
    email: str = ""
    phone: str = ""
    tax_number: str = ""
    address: Address = Address()
    known_as: tuple[tuple[System, str], ...] = ()
