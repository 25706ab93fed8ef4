"""The plan: which payments are made when, from the invoices and a seed and nothing else. Pure."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import groupby

from integrations.sandbox.world import days
from integrations.sandbox.world.invoices import Invoice
from integrations.sandbox.world.kinds import Kind
from integrations.sandbox.world.shop import Shop, open_shop
from integrations.sandbox.world.steps import Result, Step, Verb
from integrations.sandbox.world.stories import tell
from integrations.sandbox.world.troubles import Troubles, make_troubles

ANNOUNCED = 0.15
ANNOUNCED_TWICE = 0.05


class Exceptions(StrEnum):
    NONE = "none"
    SOME = "some"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a payer does at the gateway.

    on: the Pacific business day; at: its moment in UTC, never before that of the action ahead.
    reference: the payer's own, unique; target: the reference of the action that this one changes.
    customer_id: the payer in the ERP's words; the gateway is told it only when `vault` is set.
    """

    seq: int
    on: date
    evening: bool
    at: datetime
    verb: Verb
    amount: Decimal
    reference: str
    target: str
    customer_id: str
    vault: bool
    invoice_id: str
    description: str
    result: Result
    invoices: tuple[str, ...]
    planted: Kind | None
    dirty: bool
    announced: bool
    announced_twice: bool


@dataclass(frozen=True, slots=True)
class Plan:
    actions: tuple[Action, ...]
    troubles: Troubles
    by_day: dict[date, tuple[Action, ...]] = field(repr=False)
    shop: Shop = field(default_factory=Shop)

    @property
    def days(self) -> list[date]:
        return list(self.by_day)

    @property
    def payments_of_orders(self) -> dict[str, str]:
        """By an order's number the reference of the action that pays it."""
        numbers = {order.number for order in self.shop.orders if order.paid is not None}
        return {
            action.invoice_id: action.reference
            for action in self.actions
            if action.invoice_id in numbers
        }


def make_plan(
    invoices: Sequence[Invoice], seed: int, exceptions: Exceptions, orders: int = 0
) -> Plan:
    """Everything that will happen. The same invoices, seed and choice give the same plan.

    orders: how many are made at a shop besides.
    """
    rng = random.Random(f"tieout/{seed}/{exceptions}")
    steps = tell(invoices, rng, abnormal=exceptions is Exceptions.SOME)
    shop = _shop(steps, seed, exceptions, orders)
    steps += shop.steps()
    actions = tuple(_numbered(steps, rng, twice=exceptions is Exceptions.SOME))
    by_day = {day: tuple(group) for day, group in groupby(actions, lambda action: action.on)}
    troubles = (
        make_troubles(_settling_days(actions), len(invoices), rng)
        if exceptions is Exceptions.SOME
        else Troubles()
    )
    return Plan(actions, troubles, by_day, shop)


def _shop(steps: Sequence[Step], seed: int, exceptions: Exceptions, orders: int) -> Shop:
    """Customers whose card is on file order on days on which money is taken anyway."""
    sales = [step for step in steps if step.verb is Verb.SALE and step.result is Result.APPROVED]
    customers = sorted({step.customer_id for step in sales if step.vault})
    days = sorted({step.on for step in sales if not step.evening})
    return open_shop(customers, days, orders, seed, abnormal=exceptions is Exceptions.SOME)


def _numbered(steps: list[Step], rng: random.Random, *, twice: bool) -> Iterator[Action]:
    steps.sort(key=lambda step: (step.on, step.evening, step.order))
    names = {id(step): f"PO-{seq:06d}" for seq, step in enumerate(steps, start=1)}
    voided_the_same_day = {
        id(step.of) for step in steps if step.verb is Verb.VOID and step.of is not None
    }
    seq = 0
    for (_, _), group in groupby(steps, lambda step: (step.on, step.evening)):
        members = list(group)
        for place, step in enumerate(members):
            seq += 1
            may_announce = (
                step.verb is Verb.SALE
                and step.result is Result.APPROVED
                and id(step) not in voided_the_same_day
            )
            announced = rng.random() < ANNOUNCED and may_announce
            yield Action(
                seq=seq,
                on=step.on,
                evening=step.evening,
                at=_moment(step.on, step.evening, place, len(members)),
                verb=step.verb,
                amount=step.amount,
                reference=names[id(step)],
                target="" if step.of is None else names[id(step.of)],
                customer_id=step.customer_id,
                vault=step.vault,
                invoice_id=step.invoice_id,
                description=step.description,
                result=step.result,
                invoices=step.invoices,
                planted=step.planted,
                dirty=step.dirty,
                announced=announced,
                announced_twice=announced and twice and rng.random() < ANNOUNCED_TWICE,
            )


def _moment(day: date, evening: bool, place: int, of: int) -> datetime:
    opens = days.evening_opens(day) if evening else days.shops_open(day)
    hours = days.EVENING_HOURS if evening else days.SHOPS_HOURS
    return opens + timedelta(seconds=hours * 3600 * (place + 1) // (of + 1))


def _settling_days(actions: Sequence[Action]) -> list[date]:
    """The days whose close is certain to hold money of a sale."""
    voided = {action.target for action in actions if action.verb is Verb.VOID}
    return sorted(
        {
            action.on
            for action in actions
            if action.verb is Verb.SALE
            and action.result is Result.APPROVED
            and action.reference not in voided
        }
    )
