"""Two customer records, field by field: what agrees and what differs, in words. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from rapidfuzz.distance import OSA
from rapidfuzz.fuzz import ratio

from mapping.customers.addresses import Standard
from mapping.customers.emails import Email
from mapping.customers.name_comparing import NameLikeness, compare_names
from mapping.customers.prepared import Prepared


class Field(StrEnum):
    NUMBER = "number"
    TAX_NUMBER = "tax_number"
    EMAIL = "email"
    PHONE = "phone"
    NAME = "name"
    ADDRESS = "address"


class Verdict(StrEnum):
    SAME = "same"
    CLOSE = "close"
    PARTLY = "partly"
    DIFFERS = "differs"
    ABSENT = "absent"


AGREEING: Final = frozenset({Verdict.SAME, Verdict.CLOSE})


@dataclass(frozen=True, slots=True)
class Comparison:
    """One field on both sides as it was written, and what is to be said about it.

    `conflict` says why these two should not become one without a person; empty mostly.
    """

    field: Field
    verdict: Verdict
    words: str
    left: str = ""
    right: str = ""
    conflict: str = ""


def compare(left: Prepared, right: Prepared) -> dict[Field, Comparison]:
    one, other = left.identity, right.identity
    found = (
        _numbers(left, right),
        _tax_numbers(left, right),
        _emails(left.email, right.email, one.email, other.email),
        _phones(left, right),
        _names(left, right),
        _addresses(left.address, right.address, str(one.address), str(other.address)),
    )
    return {comparison.field: comparison for comparison in found}


def _absent(field: Field, label: str, left: str, right: str) -> Comparison:
    if left or right:
        return Comparison(field, Verdict.ABSENT, f"{label} on one side only", left, right)
    return Comparison(field, Verdict.ABSENT, f"no {label}")


def _numbers(left: Prepared, right: Prepared) -> Comparison:
    """Numbers of one system on both sides; a gateway's number may be the ERP's."""
    one, other = left.identity, right.identity
    shown = one.ref, other.ref
    mine, theirs = dict(left.numbers), dict(right.numbers)
    for system in mine.keys() & theirs.keys():
        same = mine[system] == theirs[system]
        word = f"{system.upper() if system != 'gateway' else system} number {mine[system].upper()}"
        if same:
            return Comparison(Field.NUMBER, Verdict.SAME, f"same {word}", *shown)
        said = f"{word} on one side, {theirs[system].upper()} on the other"
        return Comparison(Field.NUMBER, Verdict.DIFFERS, said, *shown, conflict=said)
    if left.numbers and right.numbers and left.numbers[0][1] == right.numbers[0][1]:
        return Comparison(Field.NUMBER, Verdict.SAME, f"same customer number {one.ref}", *shown)
    return Comparison(Field.NUMBER, Verdict.ABSENT, "no number in common", *shown)


def _tax_numbers(left: Prepared, right: Prepared) -> Comparison:
    shown = left.identity.tax_number, right.identity.tax_number
    if not (left.tax_number and right.tax_number):
        return _absent(Field.TAX_NUMBER, "tax number", *shown)
    # One may carry its country: DE123456789, 123456789.
    one, other = sorted((left.tax_number, right.tax_number), key=len)
    if one == other or (other[:2].isalpha() and other[2:] == one):
        return Comparison(Field.TAX_NUMBER, Verdict.SAME, "same tax number", *shown)
    said = "the tax numbers differ"
    return Comparison(Field.TAX_NUMBER, Verdict.DIFFERS, said, *shown, conflict=said)


def _emails(one: Email, other: Email, left: str, right: str) -> Comparison:
    if not (one and other):
        return _absent(Field.EMAIL, "e-mail", left, right)
    if one.normal == other.normal:
        said = "same e-mail"
        if one.is_shared:
            said = f"same e-mail, a mailbox that several people share ({one.local}@)"
        return Comparison(Field.EMAIL, Verdict.SAME, said, left, right)
    if len(one.normal) >= 10 and OSA.distance(one.normal, other.normal) <= 1:
        said = "e-mails differ in one letter"
        return Comparison(Field.EMAIL, Verdict.CLOSE, said, left, right)
    if one.domain == other.domain and not one.is_public:
        said = f"different e-mails of one company ({one.domain})"
        return Comparison(Field.EMAIL, Verdict.PARTLY, said, left, right)
    return Comparison(Field.EMAIL, Verdict.DIFFERS, "different e-mails", left, right)


def _phones(left: Prepared, right: Prepared) -> Comparison:
    shown = left.identity.phone, right.identity.phone
    if not (left.phone and right.phone):
        return _absent(Field.PHONE, "telephone", *shown)
    shorter = min(len(left.phone), len(right.phone))
    if left.phone[-shorter:] == right.phone[-shorter:]:
        return Comparison(Field.PHONE, Verdict.SAME, "same telephone", *shown)
    return Comparison(Field.PHONE, Verdict.DIFFERS, "different telephones", *shown)


_NAME_VERDICTS: Final = {
    NameLikeness.SAME: Verdict.SAME,
    NameLikeness.CLOSE: Verdict.CLOSE,
    NameLikeness.PARTLY: Verdict.PARTLY,
    NameLikeness.DIFFERS: Verdict.DIFFERS,
}


def _names(left: Prepared, right: Prepared) -> Comparison:
    shown = left.identity.name, right.identity.name
    if not (left.name and right.name):
        return _absent(Field.NAME, "name", *shown)
    found = compare_names(left.name, right.name, is_firm=left.is_company or right.is_company)
    verdict = _NAME_VERDICTS[found.likeness]
    return Comparison(Field.NAME, verdict, found.words, *shown, found.conflict)


# --- addresses --------------------------------------------------------------------------------

_STREETS_ALIKE: Final = 86.0


def _addresses(one: Standard, other: Standard, left: str, right: str) -> Comparison:
    if not (one and other):
        return _absent(Field.ADDRESS, "address", left, right)
    verdict, said = _places(one, other)
    return Comparison(Field.ADDRESS, verdict, said, left, right)


def _places(one: Standard, other: Standard) -> tuple[Verdict, str]:
    if one.country and other.country and one.country != other.country:
        return Verdict.DIFFERS, "addresses in different countries"
    if not _same_place(one, other):
        return Verdict.DIFFERS, "addresses in different towns"
    if not (one.street and other.street):
        return Verdict.PARTLY, "same town, no street on one side"
    if not _same_street(one, other):
        return Verdict.PARTLY, "another street in the same town"
    if not (one.number and other.number):
        return Verdict.CLOSE, "same street, no house number on one side"
    if one.number != other.number:
        return Verdict.PARTLY, f"same street, house {one.number} and house {other.number}"
    if one.unit and other.unit and one.unit != other.unit:
        said = f"same house, unit {one.unit} and unit {other.unit}"
        return Verdict.PARTLY, said
    return Verdict.SAME, "same address"


def _same_place(one: Standard, other: Standard) -> bool:
    same_city = bool(one.city) and bool(other.city) and ratio(one.city, other.city) >= 85
    if one.postcode and other.postcode:
        if one.postcode == other.postcode:
            return True
        # A slip of a finger in the code, where the town agrees.
        return same_city and OSA.distance(one.postcode, other.postcode) <= 1
    return same_city


def _same_street(one: Standard, other: Standard) -> bool:
    if one.street_kinds and other.street_kinds and not one.street_kinds & other.street_kinds:
        return False
    return ratio(one.telling_street, other.telling_street) >= _STREETS_ALIKE
