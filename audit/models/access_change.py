"""A change of what a person may do, which waits for a second person."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q


class AccessChangeKind(models.TextChoices):
    ROLES = "roles", "Roles"
    LINK = "link", "Link to set the password"


class AccessChangeState(models.TextChoices):
    WAITING = "waiting", "Waiting for a second person"
    DONE = "done", "Approved"
    REFUSED = "refused", "Refused"


class AccessChange(models.Model):
    """Roles to give and to take, or a link to set the password, as one administrator asked for it.

    Another one approves. Who refuses may also be the one who asked, or the person concerned.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="access_changes"
    )
    kind = models.CharField(max_length=10, choices=AccessChangeKind)
    give = ArrayField(models.CharField(max_length=20), default=list)
    take = ArrayField(models.CharField(max_length=20), default=list)
    state = models.CharField(
        max_length=10, choices=AccessChangeState, default=AccessChangeState.WAITING
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    decided_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "change of access"
        constraints = (
            models.UniqueConstraint(
                fields=("user", "kind"),
                condition=Q(state="waiting"),
                name="access_change_one_waits",
            ),
            models.CheckConstraint(
                condition=~Q(state="done")
                | Q(decided_by__isnull=False) & ~Q(decided_by=F("asked_by")),
                name="access_change_second_person",
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | ~Q(decided_by=F("user")),
                name="access_change_not_by_oneself",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of user {self.user_id}: {self.get_state_display()}"

    @property
    def in_words(self) -> str:
        """Such as "give approver, take viewer"."""
        if self.kind == AccessChangeKind.LINK:
            return "a link with which the password is set anew"
        parts = [f"give {name}" for name in self.give] + [f"take {name}" for name in self.take]
        return ", ".join(parts)
