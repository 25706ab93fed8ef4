"""PayTrace's wire, version 1: log-in, exports and batch lists, as bytes.

Every call here only reads. Tokens are opaque, live about two hours and are renewed once when a
call says that they are not valid any more.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from integrations.connectors.paytrace.config import PayTraceSettings
from integrations.connectors.paytrace.errors import (
    INVALID_TOKEN,
    NOT_FOUND,
    error_of,
    numbers_of,
)
from integrations.errors import AuthError, RejectedError, TransientError
from integrations.http import HttpClient, Reply

#: A refusal comes as a body with `success: false` under some 4xx; which one is not documented.
READ_THE_BODY: Final = frozenset(range(400, 500)) - {401, 429}
#: Seconds before its end at which a token is not used any more.
TOKEN_MARGIN: Final = 60
DEFAULT_TOKEN_LIFE: Final = 7200


def us_date(day: date) -> str:
    return f"{day.month:02d}/{day.day:02d}/{day.year:04d}"


class PayTraceClient:
    def __init__(
        self,
        settings: PayTraceSettings,
        http: HttpClient,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._http = http
        self._clock = clock
        self._token = ""
        self._token_ends = 0.0
        http.redactor.hide(settings.password)

    def export_days(self, first: date, last: date) -> bytes:
        """All transactions of these Pacific days; PayTrace has no paging."""
        return self._export(
            "/v1/transactions/export/by_date_range",
            {"start_date": us_date(first), "end_date": us_date(last)},
        )

    def export_transaction(self, transaction_id: str) -> bytes:
        """One transaction. Where PayTrace does not know the id, the body that says so."""
        number: object = int(transaction_id) if transaction_id.isdecimal() else transaction_id
        return self._export(
            "/v1/transactions/export/by_id", {"transaction_id": number}, allow=NOT_FOUND
        )

    def export_batches(self, first: date, last: date) -> bytes:
        return self._post(
            "/v1/batches/export", {"start_date": us_date(first), "end_date": us_date(last)}, ""
        )

    def log_in(self) -> None:
        """Fetch a new token. Raises AuthError when the user or password is refused."""
        self._token = ""
        form = {
            "grant_type": "password",
            "username": self._settings.username,
            "password": self._settings.password,
        }
        try:
            reply = self._http.read("POST", "/oauth/token", form=form, accept=READ_THE_BODY)
        except AuthError as error:
            text = "PayTrace refuses the user name or the password."
            raise AuthError(text, code=error.code, request_id=error.request_id) from None
        answer = _object_in(reply.body)
        token = answer.get("access_token") if answer else None
        if answer is None:
            raise TransientError("PayTrace's log-in gave no readable answer.")
        if not isinstance(token, str) or not token:
            raise _as_auth(error_of(answer, self._http.redactor, reply.request_id))
        life = answer.get("expires_in")
        seconds = life if isinstance(life, int) and life > 0 else DEFAULT_TOKEN_LIFE
        self._http.redactor.hide(token)
        self._token_ends = self._clock() + max(seconds - TOKEN_MARGIN, seconds / 2)
        self._token = token

    def close(self) -> None:
        self._http.close()

    def _export(self, path: str, body: dict[str, Any], allow: str = "") -> bytes:
        if self._settings.include_bin:
            body["include_bin"] = True
        return self._post(path, body, allow)

    def _post(self, path: str, body: dict[str, Any], allow: str) -> bytes:
        if self._settings.integrator_id:
            body["integrator_id"] = self._settings.integrator_id
        if not self._token or self._clock() >= self._token_ends:
            self.log_in()
        try:
            return self._ask(path, body, allow)
        except AuthError as error:
            if error.code not in (INVALID_TOKEN, "401"):
                raise
        self.log_in()
        return self._ask(path, body, allow)

    def _ask(self, path: str, body: Mapping[str, Any], allow: str) -> bytes:
        headers = {"Authorization": f"Bearer {self._token}"}
        reply: Reply = self._http.read(
            "POST", path, json=body, headers=headers, accept=READ_THE_BODY
        )
        answer = _object_in(reply.body)
        if answer is None:
            if reply.status >= 400:
                said = self._http.redactor.excerpt(reply.body)
                text = f"PayTrace answered {reply.status}: {said}"
                raise RejectedError(text, code=str(reply.status), request_id=reply.request_id)
            return reply.body
        # `response_code` 1 also stands on exports that went well: it decides nothing.
        if reply.status < 400 and "error" not in answer and answer.get("success") is not False:
            return reply.body
        if allow and allow in numbers_of(answer):
            return reply.body
        raise error_of(answer, self._http.redactor, reply.request_id)


def _object_in(body: bytes) -> dict[str, Any] | None:
    """The JSON object of a body, or None: what cannot be read is stored and judged by `parse`."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _as_auth(error: Exception) -> AuthError:
    if isinstance(error, AuthError):
        return error
    return AuthError(f"PayTrace's log-in gave no token: {error}")
