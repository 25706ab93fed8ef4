"""What goes wrong on the wires, in the ERP and at the bank, by business day. Pure."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from integrations.sandbox.world import days
from integrations.sandbox.world.kinds import Kind

READ_FAULTS = ("throttle", "error", "cut")
ErpFaultName = Literal["drop", "refuse_before", "deadlock"]
ERP_FAULTS: Final[dict[ErpFaultName, Kind]] = {
    "drop": Kind.ERP_UNKNOWN,
    "refuse_before": Kind.ERP_REFUSED,
    "deadlock": Kind.ERP_DEADLOCK,
}
ERP_PROCEDURES = ("CreateCashReceipt", "OpenBatch", "PostBatch", "CreateJournal")


@dataclass(frozen=True, slots=True)
class ReadFault:
    """A reading of the gateway that fails on the evening of `on`."""

    name: str
    on: date
    fault: str


@dataclass(frozen=True, slots=True)
class ErpFault:
    """The first call of `procedure` after the close of `on` fails in the way named by `fault`."""

    name: str
    on: date
    procedure: str
    fault: ErpFaultName

    @property
    def kind(self) -> Kind:
        return ERP_FAULTS[self.fault]


@dataclass(frozen=True, slots=True)
class Troubles:
    """All of them; the bank's are by the day whose batch they concern, the stray by its own day."""

    reads: tuple[ReadFault, ...] = ()
    erp: tuple[ErpFault, ...] = ()
    fee_on: date | None = None
    missing_on: date | None = None
    unreadable_on: date | None = None
    stray_on: date | None = None
    other_lines: bool = False


def make_troubles(settling: Sequence[date], invoices: int, rng: random.Random) -> Troubles:
    """settling: the days that close a batch with sales in it, in order; there may be none."""
    if not settling:
        return Troubles(other_lines=True)
    # The last days may see no further call, so everything that must strike does so before.
    early = settling[: max(1, len(settling) * 2 // 3)]
    picked = rng.sample(settling, min(3, len(settling)))
    fee, missing, unreadable = [*picked, None, None][:3]
    repeat = 1 + invoices // 8000
    return Troubles(
        reads=tuple(
            ReadFault(f"read-{fault}-{turn}", rng.choice(settling), fault)
            for fault in READ_FAULTS
            for turn in range(repeat)
        ),
        erp=tuple(
            ErpFault(f"{procedure}-{fault}-{turn}", rng.choice(early), procedure, fault)
            for procedure in ERP_PROCEDURES
            for fault in ERP_FAULTS
            for turn in range(repeat)
        ),
        fee_on=fee,
        missing_on=missing,
        unreadable_on=unreadable,
        stray_on=days.next_banking_day(rng.choice(settling)),
        other_lines=True,
    )
