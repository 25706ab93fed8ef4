"""Entries of CAMT.053: one movement of the account, or the parts that it says it is made of. Pure.

Which way money went is CdtDbtInd alone, also for a reversal: RvslInd says that what was booked
before went the other way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from xml.etree.ElementTree import Element  # only its type; nothing is parsed with it
from zoneinfo import ZoneInfo

from integrations.connectors.bank_file.dates import iso_day, iso_moment_day
from integrations.connectors.bank_file.statements import Entry, UnfitError, read_money
from integrations.money import Money, total

_AMOUNT: Final = re.compile(r"[0-9]{1,15}(?:\.[0-9]{0,5})?")
#: What banks write where there is no reference.
_NO_REFERENCE: Final = frozenset({"", "NOTPROVIDED", "NOT PROVIDED", "NONREF", "NOREF"})
#: Several payments in one entry that tell no amounts: so many of their texts.
MOST_TEXTS: Final = 5


@dataclass(frozen=True, slots=True)
class Read:
    """What became of one Ntry: lines, or none where it is not booked. `note` is a sentence."""

    lines: Sequence[Entry]
    status: str
    note: str = ""


def text_at(element: Element, path: str) -> str:
    return (element.findtext(path) or "").strip()


def signed(element: Element) -> Money:
    """An Amt with its currency and its CdtDbtInd. Raises UnfitError."""
    amount = _amount(element.find("Amt"))
    return _directed(amount, text_at(element, "CdtDbtInd"))


def read_entry(entry: Element, number: int, zone: ZoneInfo | None) -> Read:
    """Raises UnfitError, with a sentence that does not say the place."""
    status = text_at(entry, "Sts/Cd") or text_at(entry, "Sts/Prtry") or text_at(entry, "Sts")
    if status in ("PDNG", "INFO", "FUTR"):
        return Read((), status)
    if status != "BOOK":
        raise UnfitError(f"its status {status[:20]!r} does not say that it is booked")
    amount = signed(entry)
    details = entry.findall("NtryDtls/TxDtls")
    whole = Entry(
        place=f"entry {number}",
        number=number,
        booked_on=_day(entry, zone),
        amount=amount,
        description=_description(entry, details[:MOST_TEXTS], amount),
        reference=" ".join(_once(_reference(each) for each in details[:MOST_TEXTS])),
        bank_ref=text_at(entry, "AcctSvcrRef"),
    )
    if len(details) < 2:
        return Read([replace(whole, bank_ref=_bank_ref(whole, details))], status)
    parts = _amounts(details, text_at(entry, "CdtDbtInd"))
    if not parts:
        return Read([whole], status)
    if total(parts, amount.currency) != amount:
        note = f"Entry {number}: its {len(parts)} parts do not come to {amount}; it is one line."
        return Read([whole], status, note)
    return Read(list(_parts(whole, entry, details, parts)), status)


def _parts(
    whole: Entry, entry: Element, details: Sequence[Element], amounts: Sequence[Money]
) -> Iterator[Entry]:
    for place, (each, amount) in enumerate(zip(details, amounts, strict=True), start=1):
        yield replace(
            whole,
            place=f"{whole.place}, part {place}",
            amount=amount,
            description=_description(entry, [each], amount),
            reference=_reference(each),
            bank_ref=_bank_ref(whole, [each]),
        )


def _amounts(details: Iterable[Element], direction: str) -> list[Money]:
    """Signed amounts of all parts; none where one does not tell a readable one."""
    found: list[Money] = []
    for each in details:
        element = each.find("Amt")
        element = element if element is not None else each.find("AmtDtls/TxAmt/Amt")
        try:
            amount = _amount(element)
            found.append(_directed(amount, text_at(each, "CdtDbtInd") or direction))
        except UnfitError:
            return []
    return found if len({amount.currency for amount in found}) == 1 else []


def _amount(element: Element | None) -> Money:
    text = (element.text or "").strip() if element is not None else ""
    currency = element.get("Ccy", "") if element is not None else ""
    if not _AMOUNT.fullmatch(text):
        raise UnfitError(f"{text[:40]!r} is not an amount")
    return read_money(text, currency)


def _directed(amount: Money, direction: str) -> Money:
    if direction not in ("CRDT", "DBIT"):
        raise UnfitError(f"CdtDbtInd {direction[:20]!r} does not say whether money came or went")
    return amount if direction == "CRDT" else -amount


def _day(entry: Element, zone: ZoneInfo | None) -> date:
    """The booking day, else the value date."""
    for name in ("BookgDt", "ValDt"):
        if day := text_at(entry, f"{name}/Dt"):
            return iso_day(day)
        if moment := text_at(entry, f"{name}/DtTm"):
            return iso_moment_day(moment, zone)
    raise UnfitError("it has no booking date")


def _description(entry: Element, details: Sequence[Element], amount: Money) -> str:
    """Who paid or was paid, what for, and what the bank calls it."""
    other = "Dbtr" if amount.amount >= 0 else "Cdtr"
    texts: list[str] = []
    for each in details:
        texts += (text_at(each, f"RltdPties/{other}/{name}") for name in ("Nm", "Pty/Nm"))
        texts += (found.text or "" for found in each.findall("RmtInf/Ustrd"))
        texts.append(text_at(each, "AddtlTxInf"))
    texts.append(text_at(entry, "AddtlNtryInf"))
    if text_at(entry, "RvslInd") in ("true", "1"):
        texts.append("(reversal)")
    return " ".join(_once(texts)) or text_at(entry, "BkTxCd/Prtry/Cd") or "No text"


def _reference(detail: Element) -> str:
    for path in ("Refs/EndToEndId", "RmtInf/Strd/CdtrRefInf/Ref", "Refs/ChqNb"):
        if (found := text_at(detail, path)).upper() not in _NO_REFERENCE:
            return found
    return ""


def _bank_ref(whole: Entry, details: Sequence[Element]) -> str:
    own = [whole.bank_ref]
    own += (text_at(each, f"Refs/{name}") for each in details for name in ("AcctSvcrRef", "TxId"))
    return " ".join(_once(own))


def _once(texts: Iterable[str]) -> list[str]:
    """Without the empty ones and repetitions, in order."""
    return list(dict.fromkeys(filter(None, (" ".join(text.split()) for text in texts))))
