"""Which ERP customer a gateway's customer is."""

from __future__ import annotations

from django.db import models

from integrations.models import Pair


class CustomerLink(models.Model):
    """A person's decision that a gateway customer is this ERP customer."""

    pair = models.ForeignKey(Pair, on_delete=models.PROTECT, related_name="customer_links")
    gateway_ref = models.CharField(max_length=60)
    customer_id = models.CharField(max_length=20)
    made_by = models.CharField(max_length=80)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("pair", "gateway_ref"), name="customer_link_once"),
        )

    def __str__(self) -> str:
        return f"{self.gateway_ref} → {self.customer_id}"
