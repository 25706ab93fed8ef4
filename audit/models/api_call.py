"""Writing calls of the API, each remembered under the key that its caller gave it."""

from __future__ import annotations

from django.db import models


class ApiCall(models.Model):
    """One call that was carried out, and its answer.

    `caller` is the actor; `content_hash` is keyed and covers method, path and content. The row is
    inserted before the work and committed with it: of several calls with one key at the same time,
    the database lets one through. Times are wall time.
    """

    caller = models.CharField(max_length=200)
    key = models.CharField(max_length=100)
    content_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    content_type = models.CharField(max_length=60, blank=True)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("caller", "key"), name="api_call_once"),)

    def __str__(self) -> str:
        return f"{self.caller}: {self.key}"
