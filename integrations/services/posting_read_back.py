"""Reading back: which entered documents a bookkeeper has posted in the ERP."""

from __future__ import annotations

import logging

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from audit import services as audit
from integrations.canonical import DocumentKind
from integrations.choices import PostingState
from integrations.clock import wall_now
from integrations.errors import EdgeError
from integrations.models import Connection, Posting
from integrations.services import circuit
from integrations.services.posting_look_up import LOOK_UP_AT_ONCE, find
from integrations.services.posting_record import READ_BACK_EVERY

logger = logging.getLogger(__name__)


def read_back_entered(target: Connection) -> int:
    """Where batches are posted in the ERP by hand: see which documents have been."""
    ours = Posting.objects.filter(group=OuterRef("group"), kind=DocumentKind.BATCH_POST)
    rows = list(
        Posting.objects.filter(
            target=target,
            state=PostingState.ENTERED,
            group__isnull=False,
            due_at__lte=wall_now(),
        )
        .exclude(Exists(ours))
        .order_by("due_at")[:LOOK_UP_AT_ONCE]
    )
    if not rows:
        return 0
    now = wall_now()
    try:
        found = find(target, rows)
    except EdgeError as error:
        circuit.failed(target, error)
        Posting.objects.filter(pk__in=[row.pk for row in rows]).update(due_at=now + READ_BACK_EVERY)
        logger.warning("%s cannot say what has been posted: %s", target, error.message)
        return 0
    circuit.answered(target)
    posted = [row for row in rows if row.key in found and found[row.key].document.is_posted]
    with transaction.atomic():
        Posting.objects.filter(pk__in=[row.pk for row in rows]).update(due_at=now + READ_BACK_EVERY)
        Posting.objects.filter(
            Q(pk__in=[row.pk for row in posted]) | Q(pk__in={row.group_id for row in posted}),
            state=PostingState.ENTERED,
        ).update(state=PostingState.POSTED, posted_at=now)
        audit.record_many([_posted_in_the_erp(row) for row in posted])
    return len(posted)


def _posted_in_the_erp(row: Posting) -> audit.EntryDraft:
    return audit.EntryDraft(
        "posting.posted",
        ("posting", str(row.pk)),
        actor="worker",
        summary=f"{row.document_no} has been posted in the ERP.",
        details={"key": row.key, "document": row.document_no},
    )
