"""What a person keeps of their own: views of lists, choices. The console has no other tables."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class SavedView(models.Model):
    """A list's filter, order and columns under a name of one person's own.

    `query` is what stands behind the question mark of the list's address, without the page.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views"
    )
    path = models.CharField(max_length=100)
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1000, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(fields=("user", "path", "name"), name="saved_view_name_once"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def url(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path


class Preference(models.Model):
    """One choice of one person, by its name."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="preferences"
    )
    name = models.CharField(max_length=40)
    value = models.CharField(max_length=100)
    chosen_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(fields=("user", "name"), name="preference_name_once"),
        )

    def __str__(self) -> str:
        return f"{self.name}: {self.value}"
