"""How payers write invoice numbers."""

import random
from collections.abc import Collection, Sequence
from typing import Final

# What the gateway keeps of invoice_id; longer texts go into the description.
LONGEST_INVOICE_ID: Final = 50
SEPARATORS: Final = ("/", ", ", " + ", " and ")
FORMS: Final = (
    "INV {}",
    "#{}",
    "inv no. {}",
    "invoice {}",
    "Inv. {}",
    " {} ",
    "INV#{}",
    "{} - thanks",
    "Invoice no {} paid in full",
)


def can_be_dirty(number: str) -> bool:
    """Short numbers and those with marks of their own would not be found again among other text."""
    return len(number) >= 4 and number.isascii() and number.isalnum() and number[-1].isdigit()


def clean(numbers: Sequence[str]) -> tuple[str, str]:
    """(invoice_id, description) of a payer who types carefully."""
    return place("/".join(numbers))


def dirty(numbers: Sequence[str], rng: random.Random) -> tuple[str, str]:
    """(invoice_id, description) of one who does not."""
    text = rng.choice(FORMS).format(rng.choice(SEPARATORS).join(numbers))
    if rng.random() < 0.25:
        return "", text
    return place(text)


def place(text: str) -> tuple[str, str]:
    return (text, "") if len(text) <= LONGEST_INVOICE_ID else ("", text)


def unknown_number(taken: Collection[str], rng: random.Random) -> str:
    """A number that looks like the others and belongs to none of them."""
    while True:
        number = f"9{rng.randrange(10**7):07d}"
        if number not in taken:
            return number
