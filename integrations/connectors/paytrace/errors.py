"""PayTrace's error numbers as data: number -> (what it means for us, in words).

The numbers are keys of `errors` in a reply with `success: false`; the list is not complete at any
public source, and a number that is not here is a refusal.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from integrations.errors import AuthError, EdgeError, RejectedError
from integrations.redactor import Redactor

NOT_FOUND: Final = "58"
INVALID_TOKEN: Final = "invalid_token"

MEANINGS: Final[dict[str, tuple[type[AuthError] | type[RejectedError], str]]] = {
    "30": (RejectedError, "The customer id is not known or not complete."),
    "35": (RejectedError, "The card number is not valid."),
    "43": (RejectedError, "The expiry month is not valid."),
    "44": (RejectedError, "The expiry year is not valid."),
    "45": (RejectedError, "The bank account number is not valid."),
    "46": (RejectedError, "The bank routing number is not valid."),
    "58": (RejectedError, "The transaction id is missing or not known."),
    "80": (RejectedError, "The check is not known, or voided or settled already."),
    "148": (RejectedError, "The security code is not valid."),
    "171": (RejectedError, "The customer id is in use already."),
    "817": (RejectedError, "The transaction is not settled yet; void it instead."),
    "981": (AuthError, "The API user has no permission for this."),
    "998": (AuthError, "The user name or password is refused."),
}


def numbers_of(reply: Mapping[str, Any]) -> dict[str, str]:
    """The error numbers of a reply with their own texts, in the reply's order."""
    errors = reply.get("errors")
    if not isinstance(errors, Mapping):
        return {}
    return {
        str(number): "; ".join(map(str, texts)) if isinstance(texts, list) else str(texts)
        for number, texts in errors.items()
    }


def error_of(reply: Mapping[str, Any], redactor: Redactor, request_id: str = "") -> EdgeError:
    """The error for a reply that says no. Refused permission wins over any other number."""
    if reply.get("error") is not None:
        said = redactor.clean(str(reply.get("error_description") or reply["error"]))[:200]
        code = str(reply["error"])[:40]
        return AuthError(f"PayTrace refuses the log-in: {said}", code=code, request_id=request_id)
    numbers = numbers_of(reply)
    if not numbers:
        said = redactor.clean(str(reply.get("status_message") or "no reason given"))[:200]
        code = str(reply.get("response_code", ""))[:40]
        return RejectedError(f"PayTrace refuses: {said}", code=code, request_id=request_id)
    known = {number: MEANINGS.get(number, (RejectedError, "")) for number in numbers}
    first = next((n for n in numbers if known[n][0] is AuthError), next(iter(numbers)))
    kind, meaning = known[first]
    said = redactor.clean(numbers[first])[:200]
    text = f"PayTrace refuses with error {first}: {meaning or said}"
    return kind(text, code=first, request_id=request_id)
