"""The guided demo: four numbered places that tell the story, found in the demo's own rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from console import formats
from console.preferences import preference
from reconciliation import words
from reconciliation.choices import BatchState, Reason
from reconciliation.models import Certificate, ExceptionItem, SettlementBatch
from reconciliation.questions import open_exceptions

#: The choice of a person that says whether the notes are shown.
PREFERENCE: Final = "demo tour"
ENDED: Final = "ended"
#: What stands in the address of a page that a note leads to.
PARAMETER: Final = "tour"


@dataclass(frozen=True, slots=True)
class Note:
    """A place of the story. `place` is where the dashboard bears its number; `there` says what to
    look at once one has arrived."""

    number: int
    title: str
    text: str
    link: str
    url: str
    place: str
    there: str

    @property
    def address(self) -> str:
        return f"{self.url}?{PARAMETER}={self.number}"


@dataclass(frozen=True, slots=True)
class Stop:
    """The note of the page at hand, and the ones beside it."""

    note: Note
    count: int
    before: Note | None
    after: Note | None


def is_demo() -> bool:
    return bool(settings.TIEOUT_MODE == "demo")


def notes_for(request: HttpRequest) -> list[Note]:
    """The notes that the dashboard shows this person; none outside the demo or once ended."""
    if not is_demo() or preference(request.user, PREFERENCE) == ENDED:
        return []
    return notes()


def stop_at(request: HttpRequest) -> Stop | None:
    """The note that led to this page, if one did and the page is still the one it leads to."""
    asked = request.GET.get(PARAMETER, "")
    if not asked or not is_demo():
        return None
    found = notes()
    for place, note in enumerate(found):
        if str(note.number) == asked and note.url == request.path:
            before = found[place - 1] if place else None
            after = found[place + 1] if place + 1 < len(found) else None
            return Stop(note, len(found), before, after)
    return None


def notes() -> list[Note]:
    """Numbered in the order of the story; a place that the data do not have is left out."""
    certificate = _proof()
    found = [
        _tied_out(certificate),
        _different(_discrepant()),
        _exception(_item()),
        _certificate(certificate),
    ]
    return _numbered([note for note in found if note is not None])


def _numbered(found: Sequence[Note]) -> list[Note]:
    return [
        Note(number, each.title, each.text, each.link, each.url, each.place, each.there)
        for number, each in enumerate(found, 1)
    ]


def _proof() -> Certificate | None:
    """The standing certificate of the largest batch that ties out."""
    batches = SettlementBatch.objects.filter(state=BatchState.TIED_OUT)
    batch = batches.order_by("-sales_amount", "id").first()
    if batch is None:
        return None
    standing = batch.certificates.filter(ties_out=True, superseded_by__isnull=True)
    return standing.select_related("batch").order_by("id").first()


def _discrepant() -> SettlementBatch | None:
    """One that has a difference; else one that waits."""
    for state in (BatchState.DISCREPANT, BatchState.WAITING):
        batch = SettlementBatch.objects.filter(state=state).order_by("closed_on", "id").first()
        if batch is not None:
            return batch
    return None


def _item() -> ExceptionItem | None:
    """One that a person can end in a minute: an invoice that the payer misspelt; else any."""
    found = open_exceptions().select_related("connection").order_by("business_on", "id")
    near = found.filter(reason=Reason.INVOICE_NOT_FOUND).exclude(suggestions=[])
    return near.first() or found.first()


def _tied_out(certificate: Certificate | None) -> Note | None:
    if certificate is None:
        return None
    batch = certificate.batch
    net = formats.money_text(batch.net_amount, batch.currency)
    return Note(
        0,
        "A batch that ties out",
        f"Batch {batch.vendor_ref} came to {net}: gateway, bank and ledger agree to the cent.",
        f"Open batch {batch.vendor_ref}",
        reverse("batch", args=[batch.pk]),
        "tied-out",
        "Sales less refunds and fees are what the bank paid: the difference is zero. Below stand"
        " the payments of the batch, each with the receipt that it became in the ERP.",
    )


def _different(batch: SettlementBatch | None) -> Note | None:
    if batch is None:
        return None
    reason = batch.reasons[0] if batch.reasons else {}
    why = f"{words.reason(reason['reason'])}. {reason['message']}" if reason else "It waits."
    return Note(
        0,
        "One that does not, and why",
        f"Batch {batch.vendor_ref}: {why}",
        f"Open batch {batch.vendor_ref}",
        reverse("batch", args=[batch.pk]),
        "batches",
        "The reason stands on top, in words. Side by side shows what the gateway reports, what the"
        " books hold and what the bank paid; nothing is rounded away to make it fit.",
    )


def _exception(item: ExceptionItem | None) -> Note | None:
    if item is None:
        return None
    return Note(
        0,
        "An exception to resolve",
        f"{words.reason(item.reason)}. {item.message}",
        "Open the exception",
        reverse("exception", args=[item.pk]),
        "exceptions",
        "The panel says what is wrong and shows both sides. Take a suggestion, or choose what to"
        " do: the money is booked anew, and the exception leaves the list.",
    )


def _certificate(certificate: Certificate | None) -> Note | None:
    if certificate is None:
        return None
    batch = certificate.batch
    return Note(
        0,
        "The certificate",
        f"The proof for batch {batch.vendor_ref}, sealed: print it for whoever audits the books.",
        "Open the certificate",
        reverse("certificate", args=[batch.pk, certificate.number]),
        "certificate",
        "Every document with its number in the ERP and the rule set that decided it. It is never"
        " edited: a later fact makes a new certificate that supersedes this one.",
    )
