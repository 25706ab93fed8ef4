"""What a payer would look like as a new customer of the ERP, and what of it does not fit. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Final

from integrations.canonical import CustomerDraft, PartyRecord
from mapping.customers.policy import NumberFrom, Policy

#: Address lines that are asked for and sent.
ADDRESS_LINES: Final = 3
NAMES: Final[Mapping[str, str]] = {
    "customer_id": "number",
    "number_prefix": "beginning of the number",
    "name": "name",
    "email": "e-mail address",
    "phone": "telephone number",
    "city": "city",
    "region": "state",
    "postcode": "post code",
    "country": "country",
    "customer_class": "customer class",
    "terms": "payment terms",
}


def draft_of(
    company: str,
    ref: str,
    party: PartyRecord,
    policy: Policy,
    since_on: date,
    widths: Mapping[str, int],
) -> CustomerDraft:
    """A payer as the pair's policy would have it made: texts as the gateway shows them, uncut."""
    is_next = policy.number_from == NumberFrom.NEXT
    return CustomerDraft(
        company=company,
        name=party.name.strip(),
        since_on=since_on,
        customer_id="" if is_next else ref.strip(),
        number_prefix=policy.number_prefix if is_next else "",
        number_digits=policy.number_digits,
        email=party.email.strip(),
        phone=party.phone.strip(),
        lines=tuple(line.strip() for line in party.lines if line.strip()),
        city=party.city.strip(),
        region=party.region.strip(),
        postcode=party.postcode.strip(),
        country=party.country.strip(),
        # It helps a bookkeeper and decides nothing: where there is no room for it, it is left out.
        reference=ref if len(ref) <= widths.get("reference", 0) else "",
        customer_class=policy.customer_class,
        terms=policy.terms,
    )


def unfit(draft: CustomerDraft, widths: Mapping[str, int]) -> dict[str, str]:
    """Why it cannot be made as it is, by field, in sentences; nothing is ever cut."""
    found: dict[str, str] = {}
    if not draft.name:
        found["name"] = "A new customer needs a name."
    for name, words in NAMES.items():
        text, width = str(getattr(draft, name)), widths.get(name)
        if width is not None and len(text) > width:
            found[name] = _too_long(words, text, width)
    if bool(draft.customer_id) == bool(draft.number_prefix):
        found.setdefault("customer_id", "Give it a number, or say how numbers begin.")
    elif draft.number_prefix and len(draft.number_prefix) + draft.number_digits > widths.get(
        "customer_id", 0
    ):
        found["number_prefix"] = "With so many digits behind it the number is too long."
    width = widths.get("lines", 0)
    if len(draft.lines) > ADDRESS_LINES:
        found["lines"] = f"The address has more than {ADDRESS_LINES} lines."
    for line in draft.lines:
        if len(line) > width:
            found["lines"] = _too_long("address line", line, width)
    return found


def with_number(draft: CustomerDraft, number: str, policy: Policy) -> CustomerDraft:
    """The draft with a number that a person gives, or, where that is empty, the next one."""
    number = number.strip()
    return replace(draft, customer_id=number, number_prefix="" if number else policy.number_prefix)


def _too_long(words: str, text: str, width: int) -> str:
    return f"The {words} has {len(text)} characters; the ERP takes {width}."
