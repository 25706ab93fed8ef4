"""Where a bounded look over many rows goes on the next time."""

from __future__ import annotations

from django.db import models


class Rounds(models.Model):
    """`position` is the primary key of the last row that was looked at; 0 begins anew."""

    name = models.CharField(max_length=60, primary_key=True)
    position = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name}: {self.position}"
