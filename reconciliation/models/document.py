"""ERP documents as they were read back; what is owed is the posting's, what stands is this."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from integrations.models import Posting
from reconciliation.choices import ReadBack


class DocumentReading(models.Model):
    """What the ERP held under a posting's key when it was last looked at.

    A row changes only when the ERP shows something else than before, so that a census of a million
    documents in order writes nothing: `first_read_at` is when it was first found, `read_at` when
    what stands here was first seen (wall time). What a census said of it stays in its findings.
    `fields` and `differing` are named by `integrations.standing`; `fields` has its status too.
    `changed_by` and `changed_at` are the ERP's own note of the last change.
    """

    posting = models.OneToOneField(Posting, on_delete=models.PROTECT, related_name="reading")
    verdict = models.CharField(max_length=10, choices=ReadBack.choices)
    document_no = models.CharField(max_length=30, blank=True)
    document_key = models.CharField(max_length=30, blank=True)
    batch_ref = models.CharField(max_length=30, blank=True)
    fields: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(default=dict)
    differing: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    changed_by = models.CharField(max_length=60, blank=True)
    changed_at = models.CharField(max_length=30, blank=True)
    first_read_at = models.DateTimeField()
    read_at = models.DateTimeField()

    class Meta:
        ordering = ("posting",)
        indexes = (
            models.Index(
                fields=("verdict", "posting"),
                name="reading_out_of_order",
                condition=~Q(verdict=ReadBack.AS_POSTED),
            ),
        )

    def __str__(self) -> str:
        return f"{self.posting_id}: {self.verdict}"
