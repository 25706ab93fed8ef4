"""Settings of a PayTrace connection (JSON API, version 1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from integrations.errors import ConfigError
from integrations.options import option, read_options

PACIFIC = "America/Los_Angeles"


@dataclass(frozen=True, slots=True)
class BatchKeys:
    """The JSON keys of a batch record. No public source shows them, so each is a setting."""

    outer: str = "batches"
    number: str = "batch_number"
    when: str = "when"
    transaction_count: str = "tranx_count"
    net: str = "net_amount"
    sales_count: str = "sales_count"
    sales: str = "sales_amount"
    refund_count: str = "refund_count"
    refunds: str = "refund_amount"


@dataclass(frozen=True, slots=True)
class PayTraceSettings:
    """Times from PayTrace are read in `time_zone`; business days are always Pacific."""

    username: str = option("User name", hint="The name of the API user at PayTrace.")
    password: str = option(
        "Password", secret=True, hint="The password of the API user.", example="password"
    )
    base_url: str = option("Address", default="https://api.paytrace.com")
    start_on: date | None = option(  # noqa: RUF009  (a field, as all the others)
        "First day", default=None, hint="The day to begin with when nothing was read yet."
    )
    integrator_id: str = option("Integrator id", default="", hint="At most 12 characters.")
    include_bin: bool = option(
        "Ask for card prefixes",
        default=False,
        hint="The first six digits tell the card brand; full numbers are never asked for.",
    )
    window_days: int = option(
        "Days to read again", default=3, hint="How many days back every poll reads anew."
    )
    time_zone: str = option("Time zone of PayTrace's times", default=PACIFIC, advanced=True)
    batch_outer_key: str = option("Key of the batch list", default="batches", advanced=True)
    batch_number_key: str = option("Key of a batch number", default="batch_number", advanced=True)
    batch_when_key: str = option("Key of a batch's closing time", default="when", advanced=True)
    batch_count_key: str = option(
        "Key of a batch's transaction count", default="tranx_count", advanced=True
    )
    batch_net_key: str = option("Key of a batch's net amount", default="net_amount", advanced=True)
    batch_sales_count_key: str = option(
        "Key of a batch's sales count", default="sales_count", advanced=True
    )
    batch_sales_key: str = option(
        "Key of a batch's sales amount", default="sales_amount", advanced=True
    )
    batch_refund_count_key: str = option(
        "Key of a batch's refund count", default="refund_count", advanced=True
    )
    batch_refunds_key: str = option(
        "Key of a batch's refund amount", default="refund_amount", advanced=True
    )

    @classmethod
    def from_mapping(
        cls, settings: Mapping[str, Any], secrets: Mapping[str, str]
    ) -> PayTraceSettings:
        """Raises ConfigError that names the setting in words."""
        read = read_options(cls, settings, secrets)
        try:
            ZoneInfo(read.time_zone)
        except (KeyError, ValueError, OSError):
            raise ConfigError(
                f"{read.time_zone[:40]!r} is not a known time zone.", setting="time_zone"
            ) from None
        if not 0 <= read.window_days <= 60:
            raise ConfigError(
                "“Days to read again” has to lie between 0 and 60.", setting="window_days"
            )
        if len(read.integrator_id) > 12:
            raise ConfigError("“Integrator id” has at most 12 characters.", setting="integrator_id")
        return read

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def batch_keys(self) -> BatchKeys:
        return BatchKeys(
            outer=self.batch_outer_key,
            number=self.batch_number_key,
            when=self.batch_when_key,
            transaction_count=self.batch_count_key,
            net=self.batch_net_key,
            sales_count=self.batch_sales_count_key,
            sales=self.batch_sales_key,
            refund_count=self.batch_refund_count_key,
            refunds=self.batch_refunds_key,
        )
