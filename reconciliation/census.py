"""A census's decisions: what a document found in the ERP is, against what is owed. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

from integrations.plain import canonical_json
from integrations.standing import LABELS, Standing, StandingDocument

#: How a document stands, in words.
STANDING_WORDS: Final[Mapping[str, str]] = {
    Standing.PENDING: "entered",
    Standing.POSTED: "posted",
    Standing.VOIDED: "voided",
    Standing.GONE: "deleted",
}


@dataclass(frozen=True, slots=True)
class Owed:
    """An effect as our books have it. `fields` as `integrations.standing` names them.

    `stands`: the ERP has said that the document is there; `is_posted`: that it is in its ledger.
    `is_reversed`: a correction of ours takes it back, so that it may be voided. `is_left_empty`:
    an ERP batch that was closed without a document; the ERP may keep it, empty.
    """

    key: str
    posting_id: int
    kind: str
    stands: bool
    is_cancelled: bool
    is_posted: bool
    fields: Mapping[str, str]
    amount: Decimal
    currency: str
    document_no: str = ""
    is_reversed: bool = False
    is_left_empty: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """A difference, as `CensusFinding` keeps it."""

    kind: str
    subject: str
    message: str
    document_kind: str
    key: str = ""
    posting_id: int | None = None
    document_no: str = ""
    document_key: str = ""
    batch_ref: str = ""
    amount: Decimal = Decimal(0)
    currency: str = ""
    owed: Mapping[str, str] = field(default_factory=dict)
    found: Mapping[str, str] = field(default_factory=dict)
    differing: Sequence[str] = ()
    changed_by: str = ""
    changed_at: str = ""

    @property
    def fingerprint(self) -> str:
        """The same difference again has the same: what a person accepted once stays accepted."""
        plain = {"kind": self.kind, "subject": self.subject, "found": dict(self.found)}
        return hashlib.sha256(canonical_json(plain).encode()).hexdigest()


def is_there(document: StandingDocument) -> bool:
    """A key whose document was taken away counts as no document."""
    return document.standing is not Standing.GONE


def differing_fields(owed: Owed, document: StandingDocument) -> list[str]:
    """Names of what is not as it was posted; [] where the document is as it should be."""
    is_taken_back = owed.is_reversed and document.standing is Standing.VOIDED
    if document.standing in (Standing.VOIDED, Standing.GONE) and not is_taken_back:
        return ["status"]
    names = [name for name, value in owed.fields.items() if document.fields.get(name, "") != value]
    if owed.is_posted and document.standing is not Standing.POSTED and not is_taken_back:
        names.append("status")
    return names


def out_of_order(owed: Owed, document: StandingDocument) -> list[str]:
    """Names of what is wrong with a document under a key of ours; what is on its way may change."""
    if owed.is_cancelled:
        return ["status"] if is_there(document) and not owed.is_left_empty else []
    return differing_fields(owed, document) if owed.stands else []


def missing(owed: Owed) -> Finding:
    return Finding(
        kind="missing",
        subject=_posting(owed),
        message=f"{_name(owed)} is owed and the ERP had taken it; it is not there.",
        document_kind=owed.kind,
        key=owed.key,
        posting_id=owed.posting_id,
        document_no=owed.document_no,
        amount=owed.amount,
        currency=owed.currency,
        owed=_owed(owed),
    )


def edited(owed: Owed, document: StandingDocument, names: Sequence[str]) -> Finding:
    return replace(
        _about(document, owed),
        kind="edited",
        subject=_posting(owed),
        message=_change(owed, document, names),
        differing=tuple(names),
    )


def double(owed: Owed, document: StandingDocument) -> Finding:
    message = f"{_name(owed)} stands in the ERP once more, as {_number(document)}."
    return replace(_about(document, owed), kind="double", message=message)


def unowed(document: StandingDocument) -> Finding:
    where = "under our key" if document.key else "in an ERP batch that we opened"
    message = f"{_number(document)} stands in the ERP {where}, and nothing owes it."
    return replace(_about(document), kind="unowed", message=message)


def _about(document: StandingDocument, owed: Owed | None = None) -> Finding:
    """What a finding says of the document that was found, and of what is owed in its place."""
    finding = Finding(
        kind="",
        subject=f"erp:{document.kind.value}:{document.document.batch_ref}:{document.document.key}",
        message="",
        document_kind=document.kind.value,
        key=document.key,
        document_no=document.document.number,
        document_key=document.document.key,
        batch_ref=document.document.batch_ref,
        found=found_fields(document),
        changed_by=document.changed_by,
        changed_at=document.changed_at,
    )
    if owed is None:
        return finding
    return replace(
        finding,
        key=owed.key,
        posting_id=owed.posting_id,
        amount=owed.amount,
        currency=owed.currency,
        owed=_owed(owed),
    )


def found_fields(document: StandingDocument) -> dict[str, str]:
    return {**document.fields, "status": STANDING_WORDS[document.standing]}


def _owed(owed: Owed) -> dict[str, str]:
    return {**owed.fields, "status": "posted" if owed.is_posted else "entered"}


def _change(owed: Owed, document: StandingDocument, names: Sequence[str]) -> str:
    by = f" by {document.changed_by}" if document.changed_by else ""
    if document.standing is Standing.VOIDED:
        return f"{_name(owed)} was voided in the ERP{by} after it was posted."
    if document.standing is Standing.GONE:
        return f"{_name(owed)} was deleted in the ERP after it was posted."
    found = found_fields(document)
    before = _owed(owed)
    parts = [
        f"{LABELS[name].lower()} “{before.get(name, '')}” → “{found.get(name, '')}”"
        for name in names
    ]
    return f"{_name(owed)} was changed in the ERP{by}: {', '.join(parts)}."


def _name(owed: Owed) -> str:
    return f"{_kind(owed.kind)} {owed.document_no}".strip()


def _number(document: StandingDocument) -> str:
    return f"{_kind(document.kind.value)} {document.document.number}".strip()


def _kind(kind: str) -> str:
    return kind.replace("_", " ").capitalize()


def _posting(owed: Owed) -> str:
    return f"posting:{owed.posting_id}"
