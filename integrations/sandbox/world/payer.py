"""Payers: they do what the plan says, each thing once, whatever is dropped or killed."""

import random
import zlib
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, Final

from integrations.sandbox.people import as_typed, party_of
from integrations.sandbox.world.clock import WorldClock
from integrations.sandbox.world.errors import WorldError
from integrations.sandbox.world.gateway import Gateway, Unclear
from integrations.sandbox.world.plan import Action
from integrations.sandbox.world.state import BEGUN, DONE, State
from integrations.sandbox.world.steps import Result, Verb

# Public test numbers.
CARDS: Final = (
    "4012881888818888",
    "4111111111111111",
    "5499740000000057",
    "5454545454545454",
    "6011000993026909",
    "371449635392376",
)
DECLINED_CARD: Final = "4000000000000002"
# A visa with this security code is approved and voided at once.
AUTO_VOID_CARD: Final = CARDS[0]
AUTO_VOID_CSC: Final = "103"
CUSTOMER_EXISTS: Final = "171"
TRIES: Final = 10

PATHS: Final = {
    Verb.CAPTURE: "/v1/transactions/authorization/capture",
    Verb.VOID: "/v1/transactions/void",
    Verb.REFUND: "/v1/transactions/refund/for_transaction",
    Verb.CUSTOMER_REFUND: "/v1/transactions/refund/to_customer",
}
CODES: Final = {
    Verb.SALE: 101,
    Verb.AUTHORIZATION: 101,
    Verb.CAPTURE: 112,
    Verb.VOID: 109,
    Verb.REFUND: 106,
    Verb.CUSTOMER_REFUND: 106,
}
RESULT_CODES: Final = {Result.DECLINED: 102, Result.AUTO_VOIDED: 103}


class Payer:
    """Works through a day's actions in their order, moving the business clock along."""

    def __init__(self, gateway: Gateway, state: State, clock: WorldClock) -> None:
        self._gateway = gateway
        self._state = state
        self._clock = clock
        self._on_file = state.vault_customers()
        self._ids = {f"PO-{seq:06d}": each for seq, each in state.gateway_ids().items()}

    def gateway_id(self, reference: str) -> str:
        return self._ids[reference]

    def pay(self, actions: Sequence[Action]) -> None:
        states = self._state.states(actions)
        owed = [action for action in actions if states[action.seq] != DONE]
        self._state.begin_actions([action.seq for action in owed])
        for action in owed:
            self._clock.set(action.at)
            gateway_id = self._perform(action, look_first=states[action.seq] == BEGUN)
            self._ids[action.reference] = gateway_id
            self._state.finish_action(action, gateway_id)

    def _perform(self, action: Action, *, look_first: bool) -> str:
        """The gateway's id of what was done, now or in an earlier life of this process."""
        for _ in range(TRIES):
            if look_first and (found := self._look_up(action)):
                return found
            try:
                return self._do(action)
            except Unclear:
                look_first = True
        raise WorldError(f"{action.reference} stays unclear: the gateway's sandbox keeps failing.")

    def _do(self, action: Action) -> str:
        if action.vault:
            self._put_on_file(action.customer_id)
        path, body = self.request(action)
        answer = self._gateway.write(path, body)
        expected = RESULT_CODES.get(action.result, CODES[action.verb])
        if answer.get("response_code") != expected:
            is_change = action.verb in (Verb.CAPTURE, Verb.VOID)
            if is_change and (changed := self._target_changed(action)):
                return changed  # An earlier try got through after all; this one found it done.
            raise WorldError(
                f"{action.reference} ({action.verb} of {action.amount}) was to end with"
                f" {expected}; the gateway's sandbox answered {_words(answer)}."
            )
        return str(answer["transaction_id"])

    def request(self, action: Action) -> tuple[str, dict[str, Any]]:
        """Path and body of an action."""
        if action.verb in (Verb.CAPTURE, Verb.VOID):
            body: dict[str, Any] = {"transaction_id": int(self._ids[action.target])}
            if action.verb is Verb.CAPTURE:
                body["amount"] = str(action.amount)
            return PATHS[action.verb], body
        body = {
            "amount": str(action.amount),
            "customer_reference_id": action.reference,
            "invoice_id": action.invoice_id,
            "description": action.description,
        }
        if action.verb is Verb.REFUND:
            return PATHS[action.verb], body | {"transaction_id": int(self._ids[action.target])}
        if action.verb is Verb.CUSTOMER_REFUND:
            return PATHS[action.verb], body | {"customer_id": action.customer_id}
        return _charge(action, body)

    def _put_on_file(self, customer_id: str) -> None:
        if customer_id in self._on_file:
            return
        answer = self._gateway.write(
            "/v1/customer/create",
            {"customer_id": customer_id, **_card(card_of(customer_id)), **_billing(customer_id)},
        )
        if answer.get("response_code") != 160 and CUSTOMER_EXISTS not in answer.get("errors", {}):
            raise WorldError(f"The card of customer {customer_id} was refused: {_words(answer)}.")
        self._on_file.add(customer_id)
        self._state.add_vault_customer(customer_id)

    def _look_up(self, action: Action) -> str | None:
        if action.verb in (Verb.CAPTURE, Verb.VOID):
            return self._target_changed(action)
        around = timedelta(days=1)
        found = self._gateway.find(action.reference, action.on - around, action.on + around)
        if len(found) > 1:
            raise WorldError(f"{action.reference} stands {len(found)} times at the gateway.")
        return str(found[0]["transaction_id"]) if found else None

    def _target_changed(self, action: Action) -> str | None:
        """Whether the void or the capture has already happened to its target."""
        target = self._ids[action.target]
        record = self._gateway.record(target)
        if record is None:
            return None
        code, text = str(record.get("status_code", "")), str(record.get("status_message", ""))
        if action.verb is Verb.VOID:
            return target if code == "N" and "VOID" in text.upper() else None
        return target if code == "Y" or "GB" in code else None


def card_of(customer_id: str) -> str:
    return CARDS[zlib.crc32(customer_id.encode()) % len(CARDS)]


def _charge(action: Action, body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    path = f"/v1/transactions/{action.verb.value}"
    if action.vault:
        return f"{path}/by_customer", body | {"customer_id": action.customer_id}
    number = card_of(action.customer_id)
    if action.result is Result.DECLINED:
        number = DECLINED_CARD
    if action.result is Result.AUTO_VOIDED:
        number, body = AUTO_VOID_CARD, body | {"csc": AUTO_VOID_CSC}
    return f"{path}/keyed", {**body, **_card(number), **_billing(action.customer_id)}


def _card(number: str) -> dict[str, Any]:
    card = {"number": number, "expiration_month": "12", "expiration_year": "2099"}
    return {"credit_card": card}


def _billing(customer_id: str) -> dict[str, Any]:
    chance = random.Random(f"typed {customer_id}")
    party = party_of(customer_id)
    found: dict[str, Any] = {"billing_address": as_typed(party, chance)}
    return found | ({"email": party.email} if chance.random() < 0.6 else {})


def _words(answer: dict[str, Any]) -> str:
    errors: Iterable[Any] = answer.get("errors", {}).values()
    texts = [str(text) for group in errors for text in group]
    return "; ".join(texts) or f"{answer.get('response_code')} {answer.get('status_message')}"
