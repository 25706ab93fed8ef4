"""A relay that announces some payments to the hub, because the gateway has no webhooks.

What it says is a hint: the hub confirms it by its own reading. A shop's orders go the same way, to
an address of their own, and are taken at their word. Signed as Standard Webhooks are.
"""

import base64
import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from typing import Final

import httpx

from integrations.sandbox.chaos import book
from integrations.sandbox.chaos.hooks import LATER, NEVER, Delivery
from integrations.sandbox.world.errors import WorldError
from integrations.sandbox.world.state import State

PATIENCE: Final = 180.0
SECRET_PREFIX: Final = "whsec_"
ACCEPTED: Final = 202


@dataclass(frozen=True, slots=True)
class Target:
    """Where the hub takes hints. secret: `whsec_` and base64; connection: the hub's name for it."""

    url: str
    secret: str
    connection: str


def sign(secret: str, webhook_id: str, timestamp: int, body: bytes) -> str:
    """`v1,` and the base64 of HMAC-SHA256 over id, timestamp and body with dots between."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def hint(connection: str, vendor_id: str) -> bytes:
    content = {"connection": connection, "kind": "transaction", "vendor_id": vendor_id}
    return json.dumps(content, separators=(",", ":")).encode()


class Relay:
    """Sends what is in its outbox until the hub has taken it.

    faulty: the run has a schedule of faults, which some of the deliveries meet.
    """

    def __init__(
        self, state: State, target: Target, *, faulty: bool = False, shop: Target | None = None
    ) -> None:
        self._state = state
        self._target = target
        self._shop = shop
        self._faulty = faulty
        self._client = httpx.Client(timeout=15.0, trust_env=False)

    def close(self) -> None:
        self._client.close()

    def flush(self) -> int:
        """Deliver everything that is owed; answers how many deliveries that were."""
        return self._flush_hints() + self._flush_orders()

    def _flush_orders(self) -> int:
        if self._shop is None:
            return 0
        owed = self._state.orders_waiting()
        for webhook_id, body in owed:
            self._deliver(webhook_id, body.encode(), self._shop)
            self._state.order_taken(webhook_id)
        return len(owed)

    def _flush_hints(self) -> int:
        owed = self._state.hints_waiting()
        for webhook_id, vendor_id in owed:
            body = hint(self._target.connection, vendor_id)
            kind = self._strikes(webhook_id)
            if kind == LATER:
                continue
            if kind not in (None, NEVER):
                self._misbehave(kind, webhook_id, body)
            if kind != NEVER:
                self._deliver(webhook_id, body, self._target)
            self._state.hint_taken(webhook_id)
        return len(owed)

    def _strikes(self, webhook_id: str) -> str | None:
        return book.strike(self._state.connection, "hook", webhook_id) if self._faulty else None

    def _misbehave(self, kind: str, webhook_id: str, body: bytes) -> None:
        """Raises WorldError when the hub takes what it must not take, or the other way round."""
        delivery = Delivery(webhook_id, body, self._target.url, self._post, self._headers)
        until = time.monotonic() + PATIENCE
        while True:
            try:
                wrong = delivery.misbehave(kind)
                break
            except (httpx.TransportError, OSError) as error:
                if time.monotonic() > until:
                    raise WorldError(f"The hub is away: {error!r}") from error
                time.sleep(0.2)
        if wrong:
            raise WorldError(f"The hub's answer to the hint {webhook_id} is wrong: {wrong}.")

    def _post(self, webhook_id: str, body: bytes, skew: int, spoil: bool) -> int:
        headers = self._headers(webhook_id, body, skew)
        if spoil:
            headers["webhook-signature"] = sign("whsec_AAAA", webhook_id, 0, body)
        return self._client.post(self._target.url, content=body, headers=headers).status_code

    def _headers(
        self, webhook_id: str, body: bytes, skew: int = 0, target: Target | None = None
    ) -> dict[str, str]:
        secret = (target or self._target).secret
        timestamp = int(time.time()) + skew
        return {
            "Content-Type": "application/json",
            "webhook-id": webhook_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign(secret, webhook_id, timestamp, body),
        }

    def _deliver(self, webhook_id: str, body: bytes, target: Target) -> None:
        until = time.monotonic() + PATIENCE
        said = ""
        while time.monotonic() < until:
            headers = self._headers(webhook_id, body, target=target)
            try:
                answer = self._client.post(target.url, content=body, headers=headers)
            except httpx.TransportError as error:
                said = repr(error)
            else:
                if answer.status_code == ACCEPTED:
                    return
                said = f"{answer.status_code} {answer.text[:200]}"
            time.sleep(0.2)
        raise WorldError(f"The hub does not take the message {webhook_id}: {said}")
