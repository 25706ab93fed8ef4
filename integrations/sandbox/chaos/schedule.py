"""The schedule of a run's random faults: by channel and call number, from a seed. Pure.

A channel is one sort of call that a vendor takes (or, for the relay and the bank, makes). The same
seed, load and wish give the same schedule, so a run that failed can be repeated fault by fault;
what the machine does between two calls is not part of it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

#: Never more than this share of a channel's calls fails: everything has to end some day.
MOST: Final = 0.45
#: Scheduled this many times beyond the expected calls: repeats are calls too.
BEYOND: Final = 8
#: Planned for each fault that is wished: a quick machine asks its vendors less often than expected.
SPARE: Final = 1.6


@dataclass(frozen=True, slots=True)
class Load:
    """How much a run asks of its vendors, roughly: payers' actions and business days."""

    actions: int
    days: int


@dataclass(frozen=True, slots=True)
class Channel:
    """calls: expected in a run are `per_action` times its actions and `per_day` times its days.

    weight: how readily its calls fail, beside the other channels'; most: the largest share of
    them that does.
    """

    name: str
    kinds: tuple[str, ...]
    per_action: float = 0.0
    per_day: float = 0.0
    weight: float = 1.0
    most: float = MOST

    @property
    def vendor(self) -> str:
        """Whose calls these are: `gateway`, `erp`, `wire`, `hook` or `statement`."""
        first = self.name.split(".", 1)[0]
        return first if first[0].islower() else "erp"

    def calls(self, load: Load) -> int:
        return max(1, round(self.per_action * load.actions + self.per_day * load.days))


@dataclass(frozen=True, slots=True)
class Fault:
    """The `call`-th call of the channel, counted from 1, fails as `kind` says."""

    channel: str
    call: int
    kind: str


TRANSPORT: Final = (
    "refuse", "stall", "throttle", "throttle_seconds", "error_500", "error_503", "unauthorized",
    "drop", "cut", "error_after", "mangle_json", "garbage",
)  # fmt: skip
LISTED: Final = (
    "throttle_date", "repeat_rows", "reorder", "lag", "replay", "cut", "mangle_json", "garbage",
)  # fmt: skip
BEFORE_CALL: Final = (
    "refuse_before", "stall", "lock_timeout", "deadlock", "serialization", "statement_timeout",
    "disk_full", "too_many",
)  # fmt: skip
#: The gateway, at its HTTP port. What is listed may be spoiled in more ways than what is looked up.
GATEWAY: Final = (
    Channel("gateway.list", LISTED, per_day=20, weight=0.5),
    Channel("gateway.look", TRANSPORT, per_action=0.35, weight=0.3, most=0.15),
    Channel("gateway.write", tuple(k for k in TRANSPORT if k != "unauthorized"), per_action=1.0,
            weight=0.5),
    Channel("gateway.token", ("refuse", "stall", "error_500", "drop", "cut"), per_day=0.2,
            most=0.2),
)  # fmt: skip
#: The relay's announcements, and the bank's statements: what they do to the hub.
WORLD: Final = (
    Channel(
        "hook",
        ("skip", "twice", "twice_new_id", "late", "bad_signature", "old_timestamp",
         "future_timestamp", "garbage", "cut", "drop"),
        per_action=0.12,
    ),
    Channel(
        "statement",
        ("again", "other_name", "half", "late", "touch", "newest_first"),
        per_day=0.8,
        most=0.9,
    ),
)  # fmt: skip
DOCUMENTS: Final = (
    ("CreateCashReceipt", 1.0, 0.0),
    ("OpenBatch", 0.0, 2.0),
    ("CreateJournal", 0.02, 1.0),
)
#: The ERP: each procedure before and after its own commit, and the connection to its database.
ERP: Final = (
    *(
        Channel(f"{name}.before", BEFORE_CALL, per_action, per_day, weight=0.6)
        for name, per_action, per_day in DOCUMENTS
    ),
    *(
        Channel(f"{name}.after", ("drop",), per_action, per_day, weight=0.2)
        for name, per_action, per_day in DOCUMENTS
    ),
    Channel("PostBatch.before", BEFORE_CALL, per_day=2.0),
    Channel("PostBatch.after", ("drop",), per_day=2.0),
    Channel("PostBatch.step", ("stop",), per_day=18.0, weight=0.3),
    Channel("wire.connect", ("refuse", "stall", "hang_up"), per_action=0.02, per_day=6.0),
    Channel(
        "wire.call",
        ("cut_before", "cut_after", "cut_reply", "stall"),
        per_action=3.0,
        per_day=40.0,
        weight=0.08,
    ),
)
CHANNELS: Final = (*GATEWAY, *WORLD, *ERP)
#: Of the ERP too, in a run that has a shop: its invoices. They come on top, so that a run without
#: a shop has the schedule that it always had.
INVOICES: Final = (
    Channel("CreateInvoice.before", BEFORE_CALL, per_day=1.0),
    Channel("CreateInvoice.after", ("drop",), per_day=1.0),
)


def classes() -> set[tuple[str, str]]:
    """Every class of fault there is: whose calls, and what becomes of them."""
    return {(channel.vendor, kind) for channel in CHANNELS for kind in channel.kinds}


def vendor_of(channel: str) -> str:
    return next(each.vendor for each in (*CHANNELS, *INVOICES) if each.name == channel)


def make(
    seed: int, wish: float, load: Load, channels: tuple[Channel, ...] = CHANNELS
) -> list[Fault]:
    """wish: below 1 the share of calls that fail, weighted; from 1 on how many faults at least."""
    if wish <= 0:
        return []
    scale = wish if wish < 1 else _scale_for(wish * SPARE, load)
    faults: list[Fault] = []
    for channel in channels:
        faults += _of_channel(seed, channel, _share(channel, scale, load), load)
    return faults


def _scale_for(wanted: float, load: Load) -> float:
    """The scale at which all channels together are expected to fail `wanted` times."""
    low, high = 0.0, 100.0
    for _ in range(60):
        middle = (low + high) / 2
        expected = sum(_share(each, middle, load) * each.calls(load) for each in CHANNELS)
        low, high = (middle, high) if expected < wanted else (low, middle)
    return high


def _share(channel: Channel, scale: float, load: Load) -> float:
    """The share of a channel's calls that fails; enough for each of its kinds if that can be."""
    least = 1.3 * len(channel.kinds) / channel.calls(load)
    return min(channel.most, max(scale * channel.weight, least))


def _of_channel(seed: int, channel: Channel, share: float, load: Load) -> Iterator[Fault]:
    rng = random.Random(f"faults/{seed}/{channel.name}")
    deck: list[str] = []
    for call in range(1, BEYOND * channel.calls(load) + 100):
        if rng.random() >= share:
            continue
        if not deck:
            # Dealt from a shuffled deck: every kind has its turn before any has a second one.
            deck = rng.sample(channel.kinds, len(channel.kinds))
        yield Fault(channel.name, call, deck.pop())
