"""What goes out: one posting for each effect on a target, with its attempts."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from integrations.choices import AttemptOutcome, PostingState
from integrations.last_digits import last_digits
from integrations.models.connection import Connection


class Posting(models.Model):
    """A draft that is owed to a target. The row is the queue.

    `key` is made of outside ids only, so that a restored backup derives the same; `content_hash`
    binds it to the draft. `group` is the posting that opens the ERP batch this one goes into.
    """

    key = models.CharField(max_length=200, unique=True)
    target = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="postings")
    company = models.CharField(max_length=10)
    kind = models.CharField(max_length=20)
    draft: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField()
    content_hash = models.CharField(max_length=64)
    amount = models.DecimalField(max_digits=15, decimal_places=3)
    currency = models.CharField(max_length=3)
    group = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="members",
        db_index=False,
    )  # posting_group_state begins with it
    after = models.CharField(
        max_length=200, blank=True, help_text="The key of what has to stand in the target before."
    )
    state = models.CharField(
        max_length=10, choices=PostingState.choices, default=PostingState.READY
    )
    due_at = models.DateTimeField()
    claim = models.UUIDField(null=True, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    attempt_count = models.PositiveIntegerField(default=0)
    #: Attempts before a person let it go again: the count of tries begins anew with them.
    attempts_before = models.PositiveIntegerField(default=0)
    #: When it was last sent without an answer, and how often it has been looked up since.
    unknown_since = models.DateTimeField(null=True, blank=True)
    looks = models.PositiveIntegerField(default=0)
    #: Fields in which the target holds another document: {"field", "owed", "found"} each.
    differences: models.JSONField[list[dict[str, str]], list[dict[str, str]]] = models.JSONField(
        default=list, blank=True
    )
    code = models.CharField(max_length=40, blank=True)
    message = models.CharField(max_length=300, blank=True)
    document_no = models.CharField(max_length=30, blank=True)
    document_key = models.CharField(max_length=30, blank=True)
    batch_ref = models.CharField(max_length=30, blank=True)
    created_at = models.DateTimeField()
    entered_at = models.DateTimeField(null=True, blank=True)
    posted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(condition=Q(amount__gte=0), name="posting_amount_magnitude"),
            models.CheckConstraint(
                condition=Q(state__in=PostingState.values), name="posting_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state=PostingState.SENDING) | Q(claim__isnull=False),
                name="posting_sending_has_claim",
            ),
        )
        indexes = (
            models.Index(
                fields=("target", "due_at", "id"),
                name="posting_due",
                condition=Q(state__in=(PostingState.READY, PostingState.WAITING)),
            ),
            models.Index(
                fields=("target", "id"),
                name="posting_in_doubt",
                condition=Q(state__in=(PostingState.SENDING, PostingState.UNKNOWN)),
            ),
            models.Index(
                fields=("state", "id"), name="posting_held", condition=Q(state=PostingState.HELD)
            ),
            models.Index(
                fields=("due_at", "id"),
                name="posting_to_read_back",
                condition=Q(state=PostingState.ENTERED),
            ),
            models.Index(fields=("group", "state"), name="posting_group_state"),
            models.Index(
                fields=("id",),
                name="posting_open_batch",
                condition=Q(
                    kind="batch",
                    state__in=(
                        PostingState.READY,
                        PostingState.WAITING,
                        PostingState.ENTERED,
                        PostingState.HELD,
                    ),
                ),
            ),
            models.Index(fields=("state", "id"), name="posting_by_state"),
            models.Index(fields=("document_no",), name="posting_by_document"),
            models.Index(
                last_digits("document_no"),
                name="posting_by_last_digits",
                condition=~Q(document_no=""),
            ),
            models.Index(fields=("batch_ref",), name="posting_by_batch_ref"),
            models.Index(fields=("amount", "id"), name="posting_by_amount"),
            models.Index(fields=("code", "id"), name="posting_by_code", condition=~Q(code="")),
        )

    def __str__(self) -> str:
        return self.key


class Attempt(models.Model):
    """One try of a posting and its answer; append-only."""

    posting = models.ForeignKey(Posting, on_delete=models.PROTECT, related_name="attempts")
    number = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=AttemptOutcome.choices)
    code = models.CharField(max_length=40, blank=True)
    message = models.CharField(max_length=300, blank=True)
    request_id = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.posting_id} #{self.number}: {self.outcome}"
