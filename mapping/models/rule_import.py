"""A file of rules that waits to be looked at: what it would change is shown first."""

from __future__ import annotations

from typing import Any

from django.db import models

from integrations.models import Pair
from mapping.models.ruleset import RuleSetVersion


class RuleImport(models.Model):
    """Rows of one kind for a draft (`version` and `kind`), or a whole rule set for a new draft.

    `content`: {"deposit_pattern": text, "rules": {kind: [[line, {column: text}], …]}}. It is gone
    once it was applied or dropped; what it changed stands in the audit log.
    """

    pair = models.ForeignKey(Pair, on_delete=models.CASCADE, related_name="rule_imports")
    version = models.ForeignKey(
        RuleSetVersion, on_delete=models.CASCADE, null=True, blank=True, related_name="imports"
    )
    kind = models.CharField(max_length=20, blank=True)
    name = models.CharField(max_length=120, help_text="The file's or the template's.")
    note = models.CharField(max_length=200, blank=True)
    content: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField()
    made_by = models.CharField(max_length=80)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(version__isnull=True, kind="")
                | models.Q(version__isnull=False) & ~models.Q(kind=""),
                name="rule_import_of_one_sort",
            ),
        )

    def __str__(self) -> str:
        return self.name
