"""How each invoice gets paid: the ordinary way, or one of the ways that make work. Pure."""

import random
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from integrations.sandbox.world import references
from integrations.sandbox.world.casting import Cast, cast_roles
from integrations.sandbox.world.invoices import Invoice
from integrations.sandbox.world.kinds import Kind
from integrations.sandbox.world.steps import Result, Step, Verb

CENT: Final = Decimal("0.01")
# The gateway declines this amount, whoever pays it: it is authorized higher and captured exactly.
UNLUCKY: Final = Decimal("0.29")
# The largest amount of one charge; larger invoices are paid by several.
LARGEST: Final = Decimal("999999999.99")
VAULT_SHARE: Final = 0.6
DIRTY_SHARE: Final = 0.25
LATEST_DAYS: Final = 3
CARD_NUMBERS: Final = ("4111 1111 1111 1111", "5454545454545454", "3714-496353-92376")


def tell(invoices: Sequence[Invoice], rng: random.Random, *, abnormal: bool) -> list[Step]:
    """Every step of every story, in no order. Each invoice is in exactly one of them."""
    teller = Teller(invoices, rng, abnormal=abnormal)
    for invoice in sorted(invoices, key=lambda each: (each.on, each.number)):
        teller.vault_of(invoice.customer_id)
    cast = cast_roles(invoices, rng) if abnormal else Cast(plain=list(invoices))
    steps: list[Step] = []
    for invoice in cast.plain:
        steps += teller.plainly(invoice, may_be_dirty=invoice.number not in cast.twins)
    for kind, members in cast.roles:
        steps += teller.story(kind, members)
    if abnormal:
        steps += teller.refunds_without_sale(steps)
    return steps


class Teller:
    def __init__(self, invoices: Sequence[Invoice], rng: random.Random, *, abnormal: bool) -> None:
        self._rng = rng
        self._abnormal = abnormal
        self._count = len(invoices)
        self._numbers = {invoice.number for invoice in invoices}
        self._vault: dict[str, bool] = {}
        self._stories: dict[Kind, Callable[[Sequence[Invoice]], list[Step]]] = {
            Kind.PARTIAL: self._partial,
            Kind.MULTI: self._multi,
            Kind.OVERPAID: self._overpaid,
            Kind.DECLINED: self._declined,
            Kind.AUTO_VOIDED: self._auto_voided,
            Kind.VOIDED: self._voided,
            Kind.REFUNDED: self._refunded,
            Kind.SECOND_CHARGE: self._second_charge,
            Kind.INVOICE_NOT_FOUND: self._invoice_not_found,
            Kind.CUSTOMER_UNKNOWN: self._customer_unknown,
            Kind.SEVERAL_CUSTOMERS: self._several_customers,
            Kind.CARD_NUMBER: self._card_number,
            Kind.LATE_CAPTURE: self._late_capture,
            Kind.DROPPED_SALE: self._marked(Kind.DROPPED_SALE),
            Kind.UNREADABLE_RECORD: self._marked(Kind.UNREADABLE_RECORD),
        }

    def vault_of(self, customer_id: str) -> bool:
        """Whether this customer's card is on file at the gateway."""
        if customer_id not in self._vault:
            self._vault[customer_id] = self._rng.random() < VAULT_SHARE
        return self._vault[customer_id]

    def story(self, kind: Kind, members: Sequence[Invoice]) -> list[Step]:
        return self._stories[kind](members)

    def plainly(self, invoice: Invoice, *, may_be_dirty: bool) -> list[Step]:
        """The whole amount, exactly and once."""
        if invoice.total == UNLUCKY:
            return self._authorized(invoice, UNLUCKY + CENT, days_later=0)
        if invoice.total > LARGEST:
            return self._in_charges(invoice)
        return [self._sale(invoice, invoice.total, may_be_dirty=may_be_dirty)]

    def refunds_without_sale(self, steps: Iterable[Step]) -> list[Step]:
        """Money back to a customer, more than any of its sales: no sale can be the one."""
        largest: dict[str, Step] = {}
        for step in steps:
            if step.verb is Verb.SALE and step.customer_id and step.amount < LARGEST / 2:
                seen = largest.get(step.customer_id)
                if seen is None or step.amount > seen.amount:
                    largest[step.customer_id] = step
        small = sorted(largest.values(), key=lambda step: (step.amount, step.customer_id))
        wanted = 1 + self._count // 5000 if self._count >= 6 else 0
        picked = self._rng.sample(small[: max(1, len(small) // 5)], min(wanted, len(small) // 5))
        if wanted and not picked:
            picked = small[:1]
        return [
            Step(
                on=sale.on + timedelta(days=self._rng.randint(1, 4)),
                order=self._rng.random(),
                verb=Verb.CUSTOMER_REFUND,
                amount=sale.amount + Decimal("3.37"),
                customer_id=sale.customer_id,
                vault=True,
                description="Goodwill",
                planted=Kind.REFUND_UNLINKED,
            )
            for sale in picked
        ]

    # One function a story.

    def _partial(self, members: Sequence[Invoice]) -> list[Step]:
        invoice = members[0]
        part = self._part_of(invoice.total)
        first = self._sale(invoice, part, may_be_dirty=True)
        first.planted = Kind.PARTIAL
        if self._rng.random() < 0.5:
            return [first]
        rest = self._sale(invoice, invoice.total - part, may_be_dirty=True)
        rest.on = first.on + timedelta(days=self._rng.randint(1, 10))
        return [first, rest]

    def _multi(self, members: Sequence[Invoice]) -> list[Step]:
        last = max(members, key=lambda each: (each.on, each.number))
        step = self._sale(last, sum((each.total for each in members), Decimal(0)))
        self._refer(step, [each.number for each in members], may_be_dirty=True)
        step.planted = Kind.MULTI
        return [step]

    def _overpaid(self, members: Sequence[Invoice]) -> list[Step]:
        excess = CENT * self._rng.randint(1, 999)
        if members[0].total + excess == UNLUCKY:
            excess += CENT
        step = self._sale(members[0], members[0].total + excess, may_be_dirty=True)
        step.planted = Kind.OVERPAID
        return [step]

    def _declined(self, members: Sequence[Invoice]) -> list[Step]:
        again = self._sale(members[0], members[0].total)
        first = self._before(again)
        first.result, first.vault, first.planted = Result.DECLINED, False, Kind.DECLINED
        return [first, again]

    def _auto_voided(self, members: Sequence[Invoice]) -> list[Step]:
        again = self._sale(members[0], members[0].total)
        first = self._before(again)
        first.result, first.vault, first.planted = Result.AUTO_VOIDED, False, Kind.AUTO_VOIDED
        return [first, again]

    def _voided(self, members: Sequence[Invoice]) -> list[Step]:
        first = self._sale(members[0], members[0].total, may_be_dirty=True)
        first.planted = Kind.VOIDED
        void = Step(
            on=first.on,
            evening=True,
            order=self._rng.random() / 2,
            verb=Verb.VOID,
            amount=first.amount,
            customer_id=first.customer_id,
            vault=first.vault,
            of=first,
        )
        again = self._sale(members[0], members[0].total)
        again.on = first.on
        if self._rng.random() < 0.3:
            again.evening, again.order = True, 0.5 + self._rng.random() / 2
        else:
            again.on += timedelta(days=1)
        return [first, void, again]

    def _refunded(self, members: Sequence[Invoice]) -> list[Step]:
        sale = self._sale(members[0], members[0].total)
        whole = members[0].total < 1 or self._rng.random() < 0.5
        refund = Step(
            on=sale.on + timedelta(days=self._rng.randint(1, 7)),
            order=self._rng.random(),
            verb=Verb.REFUND,
            amount=sale.amount if whole else self._part_of(sale.amount),
            customer_id=sale.customer_id,
            vault=sale.vault,
            invoice_id=sale.invoice_id,
            planted=Kind.REFUNDED,
            of=sale,
        )
        return [sale, refund]

    def _second_charge(self, members: Sequence[Invoice]) -> list[Step]:
        first = self._sale(members[0], members[0].total)
        second = self._sale(members[0], members[0].total)
        second.on = first.on + timedelta(days=self._rng.randint(0, 2))
        second.order = first.order + (1 - first.order) / 2
        second.planted = Kind.SECOND_CHARGE
        return [first, second]

    def _invoice_not_found(self, members: Sequence[Invoice]) -> list[Step]:
        step = self._sale(members[0], members[0].total)
        step.invoice_id = references.unknown_number(self._numbers, self._rng)
        step.vault, step.invoices, step.planted = True, (), Kind.INVOICE_NOT_FOUND
        return [step]

    def _customer_unknown(self, members: Sequence[Invoice]) -> list[Step]:
        step = self._sale(members[0], members[0].total)
        step.invoice_id = references.unknown_number(self._numbers, self._rng)
        step.vault, step.invoices, step.planted = False, (), Kind.CUSTOMER_UNKNOWN
        return [step]

    def _several_customers(self, members: Sequence[Invoice]) -> list[Step]:
        last = max(members, key=lambda each: (each.on, each.number))
        step = self._sale(last, sum((each.total for each in members), Decimal(0)))
        self._refer(step, [each.number for each in members], may_be_dirty=False)
        step.vault, step.invoices, step.planted = True, (), Kind.SEVERAL_CUSTOMERS
        return [step]

    def _card_number(self, members: Sequence[Invoice]) -> list[Step]:
        step = self._sale(members[0], members[0].total)
        step.description = f"please charge {self._rng.choice(CARD_NUMBERS)}"
        step.planted = Kind.CARD_NUMBER
        return [step]

    def _late_capture(self, members: Sequence[Invoice]) -> list[Step]:
        steps = self._authorized(members[0], members[0].total, self._rng.randint(0, 5))
        steps[0].planted = Kind.LATE_CAPTURE
        return steps

    def _marked(self, kind: Kind) -> Callable[[Sequence[Invoice]], list[Step]]:
        def story(members: Sequence[Invoice]) -> list[Step]:
            step = self._sale(members[0], members[0].total)
            step.planted = kind
            return [step]

        return story

    # What the stories are made of.

    def _sale(self, invoice: Invoice, amount: Decimal, *, may_be_dirty: bool = False) -> Step:
        step = Step(
            on=self._pay_day(invoice.on),
            order=self._rng.random(),
            verb=Verb.SALE,
            amount=amount,
            customer_id=invoice.customer_id,
            vault=self.vault_of(invoice.customer_id),
        )
        self._refer(step, [invoice.number], may_be_dirty=may_be_dirty)
        return step

    def _authorized(self, invoice: Invoice, authorized: Decimal, days_later: int) -> list[Step]:
        """An authorization, and the capture of the invoice's exact total."""
        first = self._sale(invoice, authorized)
        first.verb = Verb.AUTHORIZATION
        capture = Step(
            on=first.on + timedelta(days=days_later),
            order=first.order + (1 - first.order) / 2,
            verb=Verb.CAPTURE,
            amount=invoice.total,
            customer_id=first.customer_id,
            vault=first.vault,
            of=first,
        )
        return [first, capture]

    def _in_charges(self, invoice: Invoice) -> list[Step]:
        steps: list[Step] = []
        left = invoice.total
        while left:
            # The last two share what is left, so that neither can be the unlucky amount.
            amount = left if left <= LARGEST else min(LARGEST, left - LARGEST / 2)
            amount = amount.quantize(CENT)
            steps.append(self._sale(invoice, amount))
            left -= amount
        return steps

    def _refer(self, step: Step, numbers: Sequence[str], *, may_be_dirty: bool) -> None:
        step.invoices = tuple(numbers)
        step.dirty = (
            self._abnormal
            and may_be_dirty
            and all(map(references.can_be_dirty, numbers))
            and self._rng.random() < DIRTY_SHARE
        )
        write = references.dirty(numbers, self._rng) if step.dirty else references.clean(numbers)
        step.invoice_id, step.description = write

    def _before(self, again: Step) -> Step:
        """A try at the same payment, earlier on the same day."""
        return Step(
            on=again.on,
            order=again.order / 2,
            verb=Verb.SALE,
            amount=again.amount,
            customer_id=again.customer_id,
            vault=again.vault,
            invoice_id=again.invoice_id,
            description=again.description,
            invoices=again.invoices,
        )

    def _pay_day(self, invoiced_on: date) -> date:
        return invoiced_on + timedelta(days=self._rng.randint(0, LATEST_DAYS))

    def _part_of(self, total: Decimal) -> Decimal:
        """Between a fifth and four fifths of an amount of at least 1.00; no side is unlucky."""
        part = (total * self._rng.randint(20, 80) / 100).quantize(CENT)
        while UNLUCKY in (part, total - part):
            part += CENT
        return part
