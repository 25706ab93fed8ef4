"""Correct and retry: a person corrects named fields; the original stays untouched beside it.

A record that could not be read: its document is read once more, as an envelope of its own, with
these fields changed. A document that the ERP refused: it goes with these fields changed, as long as
no attempt can have reached the ERP. Both sides stand in the audit entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date
from typing import Any, Final

from audit import guard
from audit import services as audit
from integrations.canonical import (
    BatchRecord,
    Draft,
    Record,
    StatementLineRecord,
    TransactionRecord,
    Unreadable,
    draft_from_json,
)
from integrations.clock import business_now
from integrations.errors import EdgeError
from integrations.models import Envelope, Fact, Posting
from integrations.money import Money
from integrations.record_text import NotFoundError, corrected
from integrations.services import intake, lanes
from integrations.services.connectors import reader_of
from integrations.services.posting_owe import ContentConflictError
from integrations.services.posting_release import release_as
from integrations.services.rereading import read_again
from integrations.services.vault import VaultError
from reconciliation.models import ExceptionItem, Transaction
from reconciliation.services.desk import limits
from reconciliation.services.desk.erp import require_customer
from reconciliation.services.desk.errors import DeskError
from reconciliation.services.desk.fitting import UNREADABLE_REASONS
from reconciliation.services.desk.steps import at_work, move, pair_of

ACTION: Final = "correct"
#: What may be corrected of a refused document; amounts and accounts are the rules' to say.
OF_DRAFT: Final[Mapping[str, tuple[str, ...]]] = {
    "customer": ("customer_id",),
    "method": ("method",),
    "comment": ("comment",),
    "reference": ("reference",),
    "date": ("received_on", "dated_on"),
}
MOST: Final = 20
#: In the details of the exception: the envelope with the corrected fields.
SECOND: Final = "corrected_envelope"


def correct(item: ExceptionItem, text: str, note: str, actor: str) -> None:
    """Try again with corrected fields: `name = value`, one a line."""
    if not note.strip():
        raise DeskError("Say why; the reason stays with the exception.")
    changes = changes_in(text)
    with at_work(item, ACTION, actor) as locked:
        if locked.reason in UNREADABLE_REASONS:
            said = _record(locked, changes, actor)
        else:
            said = _document(locked, changes, actor)
        move(locked, locked.state, ACTION, actor, f"{said} {note.strip()}")
        lanes.wake("deliver")


def changes_in(text: str) -> dict[str, str]:
    """`amount = 12.50`, one a line or between semicolons. Raises DeskError."""
    found: dict[str, str] = {}
    for line in filter(None, (part.strip() for part in text.replace(";", "\n").split("\n"))):
        name, sign, value = (part.strip() for part in line.partition("="))
        if not sign or not name:
            raise DeskError(f"“{line[:60]}” is no field with a value, such as amount = 12.50.")
        if guard.inspect_text(value).findings:
            raise DeskError(f"{name} looks like card data, which is never kept.")
        found[name] = value
    if not 0 < len(found) <= MOST:
        raise DeskError(f"Name one to {MOST} fields.")
    return found


# --- a record that could not be read ----------------------------------------------------------


def _record(item: ExceptionItem, changes: Mapping[str, str], actor: str) -> str:
    fact = item.fact
    if fact is None:
        raise DeskError("The whole document cannot be read; it is corrected at its source.")
    envelope = Envelope.objects.select_related("connection").get(pk=fact.envelope_id)
    set_up = envelope.connection.settings
    delimiter = str(set_up.get("delimiter") or ",").replace("tab", "\t")
    encoding = str(set_up.get("encoding") or "utf-8")
    try:
        body = intake.open_body(envelope)
        changed = corrected(body, fact.position, changes, delimiter, encoding)
        record = _read(envelope, changed, fact)
        _require_within(item, record)
        second = read_again(envelope, changed)
    except (VaultError, NotFoundError) as error:
        raise DeskError(f"{error}") from error
    if second is None:
        raise DeskError("It is about to be read again already.")
    item.details = {**item.details, SECOND: second}
    _note(item, actor, {"envelope": envelope.pk, "corrected": second, "fields": dict(changes)})
    return f"Read again as envelope {second} with {_listed(changes)}."


def _read(envelope: Envelope, body: bytes, fact: Fact) -> Record:
    """The corrected record as its reader understands it. Raises DeskError while it cannot."""
    try:
        parsed = reader_of(envelope.connection).parse(envelope.kind, body, envelope.context)
        records = list(parsed.records)
    except EdgeError as error:
        raise DeskError(f"It still cannot be read: {error.message}") from error
    if fact.position >= len(records):
        raise DeskError("With this the document holds fewer records than before.")
    found = records[fact.position]
    if isinstance(found, Unreadable):
        raise DeskError(f"It still cannot be read: {found.reason}")
    return found


def _require_within(item: ExceptionItem, record: Record) -> None:
    """What a corrected record is about is money that no vendor has vouched for.

    A payment that is known by the corrected record's id changes with it: the larger one counts.
    """
    amounts: list[Money] = []
    if isinstance(record, TransactionRecord):
        known = Transaction.objects.filter(
            connection=item.connection, vendor_id=record.external_id
        ).first()
        amounts = [record.amount, *([Money(known.amount, known.currency)] if known else [])]
    elif isinstance(record, StatementLineRecord):
        amounts = [record.amount]
    elif isinstance(record, BatchRecord):
        amounts = [record.sales, record.refunds, record.net]
    for amount in sorted(amounts, key=lambda each: -abs(each.amount)):
        limits.require_within(limits.limit_of(ACTION), abs(amount.amount), amount.currency)


# --- a document that the ERP refused ----------------------------------------------------------


def _document(item: ExceptionItem, changes: Mapping[str, str], actor: str) -> str:
    posting = Posting.objects.select_related("effect").get(exceptions=item)
    draft = draft_from_json(posting.draft)
    values = {name: _checked(item, draft, name, text) for name, text in changes.items()}
    named = {_name_in(draft, name): value for name, value in values.items()}
    before = {name: str(getattr(draft, field)) for name, field in _names(draft).items()}
    limits.require_within(limits.limit_of(ACTION), posting.amount, posting.currency)
    if "customer_id" in named and posting.draft.get("applications"):
        raise DeskError("It pays invoices of its customer; leave it on account, then move it.")
    try:
        release_as(posting, replace(draft, **named), actor)
    except ContentConflictError as error:
        raise DeskError(f"{error} It cannot be changed any more; try it again.") from error
    was = {name: before[name] for name in changes}
    item.details = {**item.details, "before": was, "after": dict(changes)}
    if "customer_id" in named and item.transaction is not None:
        item.transaction.customer_id = named["customer_id"]
        item.transaction.save(update_fields=["customer_id"])
    _note(item, actor, {"posting": posting.pk, "before": was, "after": dict(changes)})
    return f"It goes again with {_listed(changes)}."


def _names(draft: Draft) -> dict[str, str]:
    """What can be corrected of this draft, and the field that it is."""
    own = {field.name for field in fields(draft)}
    found = {name: next((f for f in those if f in own), "") for name, those in OF_DRAFT.items()}
    return {name: field for name, field in found.items() if field}


def _name_in(draft: Draft, name: str) -> str:
    names = _names(draft)
    if name not in names:
        raise DeskError(f"{name} cannot be corrected here; {', '.join(names) or 'nothing'} can.")
    return names[name]


def _checked(item: ExceptionItem, draft: Draft, name: str, text: str) -> Any:
    field = _name_in(draft, name)
    if field in ("received_on", "dated_on"):
        try:
            return date.fromisoformat(text)
        except ValueError as error:
            raise DeskError(f"“{text[:20]}” is no day such as 2010-12-06.") from error
    if field == "customer_id":
        if not getattr(draft, field):
            raise DeskError("The document has no customer; link the customer instead.")
        return require_customer(pair_of(item), text)
    return text


def _listed(changes: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value or 'empty'}" for name, value in changes.items())


def _note(item: ExceptionItem, actor: str, details: dict[str, Any]) -> None:
    audit.record(
        "exception.corrected",
        ("exception", str(item.pk)),
        actor=actor,
        summary="A person corrected what could not be worked on; the original stays beside it.",
        details=details,
        business_on=business_now().date(),
    )
