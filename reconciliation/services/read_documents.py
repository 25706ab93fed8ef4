"""Look one document up in the ERP now, outside the nightly count."""

from __future__ import annotations

from django.db import transaction

from audit import services as audit
from audit.acting import Someone
from audit.roles import Duty, require
from integrations.services.connectors import standing_of
from reconciliation import words
from reconciliation.models import DocumentReading, Effect
from reconciliation.services.census import books, readings


def read_now(effect: Effect, who: Someone) -> str:
    """Keep how the document stands, and say it in words, to who works on exceptions.

    Raises what reading the ERP raises. It opens no exception and closes none: that is the
    census's, which looks twice.
    """
    posting = effect.posting
    require(who, Duty.WORK_EXCEPTIONS, ("posting", str(posting.pk)))
    documents = standing_of(posting.target).postings_of(posting.company, [effect.key])
    owed = books.owed_by_key(effect.pair, [effect.key])
    with transaction.atomic():
        readings.note(documents, owed)
        if not documents:
            readings.note_missing(owed.values())
        verdict = words.read_back_word(DocumentReading.objects.get(posting=posting).verdict)
        audit.record(
            "document.read",
            ("posting", str(posting.pk)),
            actor=audit.user_actor(who),
            summary=f"{posting.document_no} was read back: {verdict.lower()}.",
            business_on=effect.business_on,
        )
    return verdict
