"""What could not be read, and members that are missing: have it read or fetched once more."""

from __future__ import annotations

from audit import guard
from audit import services as audit
from integrations.clock import wall_now
from integrations.contracts import Capability
from integrations.errors import EdgeError
from integrations.models import Envelope
from integrations.services import lanes
from integrations.services.rereading import fetch_again, read_again
from integrations.services.vault import VaultError
from mapping.services.rulesets import rules_in_force
from reconciliation.models import ExceptionItem, SettlementBatch
from reconciliation.services.adding_up import add_up, members_of
from reconciliation.services.desk.errors import DeskError
from reconciliation.services.desk.steps import at_work, move, pair_of, resolve
from reconciliation.services.residuals import not_as_reported


def read_once_more(item: ExceptionItem, actor: str) -> None:
    """Read the document's bytes again; call at work on the item, which closes when it is clean."""
    named = str(item.details.get("envelope", ""))
    envelope = Envelope.objects.filter(pk=int(named)).first() if named.isdecimal() else None
    if envelope is None:
        raise DeskError("No stored document belongs to this; dismiss it with a reason.")
    try:
        second = read_again(envelope)
    except VaultError as error:
        raise DeskError(f"The document cannot be opened: {error}") from error
    if second is None:
        raise DeskError("It is about to be read again already.")
    move(item, item.state, "retry", actor, f"Its bytes are read again, as envelope {second}.")


def fetch_members(item: ExceptionItem, actor: str) -> None:
    """Fetch the days of a batch from the gateway again; the item closes when it adds up."""
    with at_work(item, "fetch_members", actor) as locked:
        batch = _batch_of(locked)
        days = list(members_of(batch).order_by("captured_on").values_list("captured_on", flat=True))
        first = min([batch.closed_on, *days[:1]])
        streams = (Capability.TRANSACTIONS, Capability.BATCHES)
        try:
            is_on_its_way = fetch_again(batch.connection, streams, first)
        except (EdgeError, VaultError) as error:
            raise DeskError(f"{batch.connection.name} cannot be asked: {error}") from error
        if not is_on_its_way:
            raise DeskError(f"{batch.connection.name} is being read just now; try again after.")
        move(
            locked, locked.state, "fetch_members", actor,
            f"Transactions and batches are fetched again from {first} on.",
        )  # fmt: skip


def accept(item: ExceptionItem, note: str, actor: str) -> None:
    """Take a batch as its members are; the certificate says that they were accepted, and why."""
    if not note.strip():
        raise DeskError("Say why; the reason stays with the batch and its certificate.")
    with at_work(item, "accept", actor) as locked:
        said = guard.inspect_text(note.strip()).text
        batch = SettlementBatch.objects.select_for_update().get(pk=_batch_of(locked).pk)
        rules = rules_in_force(pair_of(locked), batch.closed_on)
        if rules is None:
            raise DeskError(f"No rule set is in force on {batch.closed_on}.")
        differs = not_as_reported(batch, add_up(batch, rules), members_of(batch).count())
        if not differs:
            raise DeskError("The batch adds up by now; there is nothing to accept.")
        batch.accepted = f"{differs} Accepted by {actor.removeprefix('user:')}: {said}"[:400]
        batch.updated_at = wall_now()
        batch.save(update_fields=["accepted", "updated_at"])
        audit.record(
            "batch.accepted",
            ("batch", str(batch.pk)),
            actor=actor,
            summary=batch.accepted,
            business_on=batch.closed_on,
        )
        resolve(locked, "accept", actor, said)
        lanes.wake("deliver")


def _batch_of(item: ExceptionItem) -> SettlementBatch:
    if item.batch is None:
        raise DeskError("The exception is not about a settlement batch.")
    return item.batch
