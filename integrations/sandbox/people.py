"""Who the sandbox's customers are: made-up names and addresses, the same for the same number.

The ERP's sandbox writes them down with care, the payers of the world type them as people do.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

FIRST = ("Ann", "Robert", "Maria", "James", "Helen", "Peter", "Susan", "Daniel", "Laura", "Thomas",
         "Grace", "William", "Ruth", "Paul")  # fmt: skip
LAST = ("Abbott", "Barlow", "Carver", "Dalton", "Ellery", "Fowler", "Garner", "Hollis", "Ingram",
        "Keller", "Lowry", "Mercer")  # fmt: skip
TRADE = ("Gifts", "Toys", "Interiors", "Homeware", "Flowers", "Crafts", "Books", "Antiques",
         "Kitchens", "Gardens")  # fmt: skip
STREET = ("Mill Road", "High Street", "Station Road", "Church Lane", "Park Avenue", "Elm Street")
TOWN = (
    ("Salem", "OR", "97301"), ("Boise", "ID", "83702"), ("Austin", "TX", "78701"),
    ("Albany", "NY", "12207"), ("Madison", "WI", "53703"), ("Augusta", "GA", "30901"),
)  # fmt: skip
SHORT = {"Road": "Rd", "Street": "St.", "Avenue": "Ave", "Lane": "Ln"}


@dataclass(frozen=True, slots=True)
class Party:
    name: str
    email: str
    phone: str
    street: str
    city: str
    state: str
    postcode: str


def party_of(customer_id: str) -> Party:
    """A shop or a person. `customer_id` stands in the e-mail, so that no two share one."""
    chance = random.Random(f"party {customer_id}")
    first, last = chance.choice(FIRST), chance.choice(LAST)
    town, state, code = chance.choice(TOWN)
    is_shop = chance.random() < 0.6
    shop = f"{last} & {chance.choice(LAST)} {chance.choice(TRADE)} Ltd"
    tag = "".join(c for c in customer_id.lower() if c.isalnum())
    mail = f"{first.lower()}@{last.lower()}{tag}.example.com"
    return Party(
        name=shop if is_shop else f"{first} {last}",
        email=mail if is_shop else f"{first.lower()}.{last.lower()}{tag}@gmail.com",
        phone=f"555 {chance.randint(200, 999)} {chance.randint(1000, 9999)}",
        street=f"{chance.randint(1, 400)} {chance.choice(STREET)}",
        city=town,
        state=state,
        postcode=code,
    )


def as_typed(party: Party, chance: random.Random) -> dict[str, str]:
    """A billing address as a payer types it: capitals, abbreviations, a part left out."""
    street = party.street
    for whole, short in SHORT.items():
        street = street.replace(whole, short) if chance.random() < 0.5 else street
    name = party.name.upper() if chance.random() < 0.3 else party.name
    typed = {"name": name.removesuffix(" Ltd"), "street_address": street, "city": party.city,
             "state": party.state, "zip": party.postcode}  # fmt: skip
    if chance.random() < 0.3:
        del typed["city"], typed["state"]
    return typed
