"""How the API tells what a payment was converted by."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from console.api.fields import money
from mapping.decide.conversion import plain
from reconciliation.models import Transaction

_TEXT = {"type": "string"}


@extend_schema_field(
    {
        "type": "object",
        "nullable": True,
        "properties": {
            "original": {
                "type": "object",
                "properties": {"amount": _TEXT, "currency": _TEXT},
            },
            "rate": _TEXT,
            "table": {**_TEXT, "description": "Empty where a person chose another rate."},
            "valid_on": {"type": "string", "format": "date", "nullable": True},
            "rounding": {**_TEXT, "nullable": True},
            "source": {**_TEXT, "description": "Where the rate is from, in words."},
            "booked_by": {**_TEXT, "description": "`user:…`, or `rule:…` without a person."},
        },
    }
)
class Conversion(serializers.Field[Any, Any, Any, Any]):
    """Of a whole payment (`source="*"`). Day and rounding are null for what was booked earlier."""

    def to_representation(self, row: Transaction) -> dict[str, Any] | None:
        if row.booked_rate is None:
            return None
        return {
            "original": money(row.original_amount, row.original_currency),
            "rate": plain(row.booked_rate),
            "table": row.rate_table,
            "valid_on": row.rate_on.isoformat() if row.rate_on else None,
            "rounding": None if row.rate_rounding is None else plain(row.rate_rounding),
            "source": row.rate_source,
            "booked_by": row.rate_by,
        }
