"""Amounts that no column holds: sums, for the schema."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from console.api.fields import MONEY


@extend_schema_field(MONEY)
class MoneySerializer(serializers.JSONField):
    """`console.api.fields.money` has made it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)
