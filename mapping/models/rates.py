"""Tables of exchange rates: loaded before they are used, never changed afterwards."""

from __future__ import annotations

from django.db import models

from mapping.rules.currencies import Rate


class ExchangeRate(models.Model):
    """One unit of `source` is `rate` units of `target` from `valid_on` on, by a named table."""

    table = models.CharField("Table", max_length=40)
    source = models.CharField("From", max_length=3)
    target = models.CharField("To", max_length=3)
    valid_on = models.DateField("Valid from")
    rate = models.DecimalField("Rate", max_digits=18, decimal_places=8)
    origin = models.CharField("Where it is from", max_length=120)
    added_by = models.CharField(max_length=80)
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("table", "source", "target", "-valid_on")
        constraints = (
            models.UniqueConstraint(
                fields=("table", "source", "target", "valid_on"), name="exchange_rate_once"
            ),
            models.CheckConstraint(
                condition=models.Q(rate__gt=0) & ~models.Q(source=models.F("target")),
                name="exchange_rate_sane",
            ),
        )

    def __str__(self) -> str:
        rate = f"{self.rate.normalize():f}"
        return f"{self.table}: 1 {self.source} = {rate} {self.target} from {self.valid_on}"

    def as_rate(self) -> Rate:
        return Rate(self.table, self.source, self.target, self.valid_on, self.rate)
