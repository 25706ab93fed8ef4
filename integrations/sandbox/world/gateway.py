"""The payers' own way to the gateway: PayTrace v1 over HTTP, from its public documents.

It knows three ends of a call: an answer, a call that never left (waited for here), and an unclear
one, which only a look at the gateway's own records can clear up.
"""

import time
from datetime import date
from typing import Any, Final

import httpx

from integrations.sandbox.world.errors import WorldError

PATIENCE: Final = 180.0
READ_TRIES: Final = 30


class Unclear(Exception):
    """The call began and has no answer: it may or may not have been done."""


class Gateway:
    """One keep-alive connection and its token. Not shared between threads."""

    def __init__(self, base_url: str, username: str, password: str) -> None:
        self._client = httpx.Client(base_url=base_url, timeout=30.0, trust_env=False)
        self._login = {"grant_type": "password", "username": username, "password": password}
        self._headers: dict[str, str] = {}

    def close(self) -> None:
        self._client.close()

    def write(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """One attempt. Raises Unclear, and WorldError when the gateway stays away."""
        answer = self._authorized(path, body)
        if answer.status_code >= 500:
            raise Unclear(f"{path} answered {answer.status_code}")
        return _object(answer, path)

    def read(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """As often as it takes: a reading changes nothing."""
        for attempt in range(READ_TRIES):
            try:
                return self.write(path, body)
            except Unclear:
                time.sleep(min(1.0, 0.05 * 2**attempt))
        raise WorldError(f"The gateway's sandbox does not answer {path} any more.")

    def find(self, reference: str, first: date, last: date) -> list[dict[str, Any]]:
        """The records that carry exactly this payer's reference."""
        answer = self.read(
            "/v1/transactions/export/by_date_range",
            {
                "start_date": f"{first:%m/%d/%Y}",
                "end_date": f"{last:%m/%d/%Y}",
                "including_text": reference,
            },
        )
        records: list[dict[str, Any]] = answer.get("transactions", [])
        return [each for each in records if each.get("customer_reference_id") == reference]

    def record(self, transaction_id: str) -> dict[str, Any] | None:
        answer = self.read("/v1/transactions/export/by_id", {"transaction_id": int(transaction_id)})
        records: list[dict[str, Any]] = answer.get("transactions", [])
        return next((r for r in records if str(r.get("transaction_id")) == transaction_id), None)

    def _authorized(self, path: str, body: dict[str, Any]) -> httpx.Response:
        until = time.monotonic() + PATIENCE
        renewed = False
        while True:
            if not self._headers:
                self._log_in()
            answer = self._send(path, until, json=body, headers=self._headers)
            if answer.status_code == 401 and not renewed:
                self._headers, renewed = {}, True
            elif answer.status_code == 429:
                time.sleep(float(answer.headers.get("Retry-After", "1")))
            else:
                return answer

    def _log_in(self) -> None:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                answer = self._send("/oauth/token", until, data=self._login)
            except Unclear:
                continue
            if answer.status_code == 200:
                self._headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
                return
            if answer.status_code < 500:
                raise WorldError("The gateway's sandbox refuses the payers' credentials.")
            time.sleep(0.2)
        raise WorldError("The gateway's sandbox does not let the payers in.")

    def _send(self, path: str, until: float, **content: Any) -> httpx.Response:
        while True:
            try:
                return self._client.post(path, **content)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                # Never connected: nothing has been done, so waiting is safe.
                if time.monotonic() > until:
                    raise WorldError(f"The gateway's sandbox cannot be reached: {error}") from error
                time.sleep(0.1)
            except httpx.TransportError as error:
                raise Unclear(f"{path}: {error!r}") from error


def _object(answer: httpx.Response, path: str) -> dict[str, Any]:
    try:
        value = answer.json()
    except ValueError as error:
        raise Unclear(f"{path} answered what is no JSON") from error
    if not isinstance(value, dict):
        raise Unclear(f"{path} answered no object")
    return value
