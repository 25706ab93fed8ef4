"""What goes over the wire: envelopes, masks and times, as PayTrace v1 writes them."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from integrations.sandbox.paytrace import assumptions
from integrations.sandbox.wire import Answer


class Refused(Exception):
    """The request is not done; `errors` maps error numbers to texts."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(", ".join(errors))
        self.errors = dict(errors)


def refusal(errors: Mapping[str, str]) -> Answer:
    return Answer(
        assumptions.HTTP_REFUSED,
        {
            "success": False,
            "response_code": 1,
            "status_message": "One or more errors have occurred.",
            "errors": {number: [text] for number, text in errors.items()},
            "external_transaction_id": "",
        },
    )


def done(response_code: int, message: str, **rest: Any) -> Answer:
    payload = {
        "success": True,
        "response_code": response_code,
        "status_message": message,
        **rest,
    }
    return Answer(assumptions.HTTP_APPROVED, payload)


def exported(key: str, records: Any) -> Answer:
    """Exports answer success with response code 1, which elsewhere means errors."""
    return done(1, "The export is complete.", **{key: records}, external_transaction_id="")


def unauthorized(error: str, description: str) -> Answer:
    return Answer(assumptions.HTTP_UNAUTHORIZED, {"error": error, "error_description": description})


def live_mask(digits: int, last4: str) -> str:
    return "x" * (digits - 4) + last4


def export_mask(digits: int, bin_number: str, last4: str, including_bin: bool) -> str:
    if including_bin:
        return bin_number + "*" * (digits - 10) + last4
    return "*" * (digits - 4) + last4


def local_time(moment: datetime | None) -> str:
    """`12/1/2010 9:05:00 AM`, Pacific; nothing is an empty string."""
    if moment is None:
        return ""
    at = moment.astimezone(assumptions.ZONE)
    half = "AM" if at.hour < 12 else "PM"
    return (
        f"{at.month}/{at.day}/{at.year} {at.hour % 12 or 12}:{at.minute:02}:{at.second:02} {half}"
    )


def json_number(amount: Decimal) -> float:
    """A transaction's amount is a JSON number on the wire: 12.5, not "12.50"."""
    return float(amount)


def approval_code(transaction_id: int) -> str:
    return f"TAS{transaction_id % 1000:03}"


def batch_code(number: int) -> str:
    return f"GB{number:0{assumptions.BATCH_DIGITS}}"
