"""A customer record beside its standardised parts: read once, compared many times. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mapping.customers.addresses import Standard, read_address
from mapping.customers.emails import Email, read_email
from mapping.customers.folding import fold
from mapping.customers.identity import Identity, System
from mapping.customers.names import Name, read_name
from mapping.customers.phones import read_phone

SHORTEST_TAX_NUMBER = 6


@dataclass(frozen=True, slots=True)
class Prepared:
    identity: Identity
    name: Name
    email: Email
    phone: str
    tax_number: str
    address: Standard
    #: Numbers it goes by, its own first: (system, folded number).
    numbers: tuple[tuple[System, str], ...]

    @property
    def is_company(self) -> bool:
        """By a word in the name, or by an e-mail address at a domain of its own."""
        return self.name.is_company or (bool(self.email) and not self.email.is_public)


def prepare(identity: Identity) -> Prepared:
    own = ((identity.system, identity.ref), *identity.known_as)
    return Prepared(
        identity,
        read_name(identity.name),
        read_email(identity.email),
        read_phone(identity.phone),
        read_tax_number(identity.tax_number),
        read_address(identity.address),
        tuple((system, fold(ref).strip()) for system, ref in own if ref.strip()),
    )


def read_tax_number(text: str) -> str:
    """Letters and digits only; empty where it is too short, or one digit over and over."""
    plain = re.sub(r"[^a-z0-9]", "", fold(text))
    return plain if len(plain) >= SHORTEST_TAX_NUMBER and len(set(plain)) > 1 else ""
