"""A shop: what it sells, who orders what on which day, and what is wrong on purpose. Pure.

Most orders are paid by card, in the same words as any payment: the order's number is the invoice
that the payer names. What the shop tells of an order is in `shop_messages`.
"""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from typing import Final

from integrations.sandbox.world.kinds import Kind
from integrations.sandbox.world.steps import Step, Verb

CENT: Final = Decimal("0.01")
#: In percent, of what the goods come to after the discount.
TAX_PERCENT: Final = Decimal("8.25")
TAX_COMPONENT: Final = "Sales tax"
TAX_JURISDICTION: Final = "CA"
SHIPPING: Final = Decimal("6.90")
FREE_ABOVE: Final = Decimal("75.00")
DISCOUNT_PERCENT: Final = Decimal(10)
FIRST_NUMBER: Final = 10001
PAID_SHARE: Final = 0.8
DISCOUNT_SHARE: Final = 0.3
TOLD_TWICE: Final = 0.15
#: What each story that makes work is played with; with fewer orders they are plain.
PLAYED: Final = (
    Kind.STOCK_SHORT,
    Kind.ORDER_SUMS,
    Kind.ORDER_CHANGED,
    Kind.ORDER_PAYMENT,
)
ENOUGH: Final = 8


@dataclass(frozen=True, slots=True)
class Article:
    """`kept`: whether there is a stock of it."""

    item: str
    description: str
    price: Decimal
    category: str
    kept: bool = True


ARTICLES: Final = (
    Article("MUG-BLUE", "Mug, blue", Decimal("6.50"), "kitchen"),
    Article("MUG-RED", "Mug, red", Decimal("6.50"), "kitchen"),
    Article("TEAPOT-12", "Teapot for twelve cups", Decimal("34.95"), "kitchen"),
    Article("LANTERN-S", "Lantern, small", Decimal("12.75"), "garden"),
    Article("LANTERN-L", "Lantern, large", Decimal("29.90"), "garden"),
    Article("CANDLE-SET", "Candles, set of six", Decimal("8.40"), "home"),
    Article("FRAME-A4", "Picture frame A4", Decimal("11.20"), "home"),
    Article("WRAP", "Gift wrapping", Decimal("2.50"), "service", kept=False),
)
#: Of this one there are three, and one order wants five.
SCARCE: Final = Article("CLOCK-OAK", "Wall clock, oak", Decimal("88.00"), "home")
SCARCE_ON_HAND: Final = 3
SCARCE_WANTED: Final = 5
#: What lies there beyond all that will be ordered.
TO_SPARE: Final = 10


@dataclass(frozen=True, slots=True)
class Bought:
    article: Article
    quantity: int

    @property
    def amount(self) -> Decimal:
        return self.article.price * self.quantity


@dataclass(frozen=True, slots=True)
class ShopOrder:
    """An order as the shop has it at one time. `total` is what it says, right or wrong.

    paid: what is charged to the customer's card, None for an order that is paid later.
    """

    number: str
    on: date
    customer_id: str
    bought: tuple[Bought, ...]
    shipping: Decimal
    discount: Decimal
    tax: Decimal
    total: Decimal
    revision: int = 1
    paid: Decimal | None = None
    planted: Kind | None = None

    @property
    def goods(self) -> Decimal:
        return sum((each.amount for each in self.bought), Decimal(0))


@dataclass(frozen=True, slots=True)
class Telling:
    """The shop tells the hub of an order on a business day, sometimes twice in the same words."""

    on: date
    order: ShopOrder
    times: int = 1


@dataclass(frozen=True, slots=True)
class Shop:
    """All that it tells, in order. `on_hand`: what lies in the ERP's warehouse at the beginning."""

    tellings: tuple[Telling, ...] = ()
    by_day: dict[date, tuple[Telling, ...]] = field(default_factory=dict, repr=False)

    @property
    def orders(self) -> list[ShopOrder]:
        """Each once, as it was told first."""
        return [each.order for each in self.tellings if each.order.revision == 1]

    @property
    def on_hand(self) -> dict[Article, int | None]:
        """Enough for everybody but one; None for what is not kept in stock."""
        if not self.tellings:
            return {}
        wanted = Counter(dict.fromkeys(ARTICLES, TO_SPARE))
        for telling in self.tellings:
            for each in telling.order.bought:
                wanted[each.article] += each.quantity
        stock: dict[Article, int | None] = {
            article: wanted[article] if article.kept else None for article in ARTICLES
        }
        return stock | {SCARCE: SCARCE_ON_HAND}

    def steps(self) -> Iterator[Step]:
        """What the customers do at the gateway."""
        chance = random.Random("shop payments")
        for order in self.orders:
            if order.paid is not None:
                yield Step(
                    on=order.on,
                    order=chance.random(),
                    verb=Verb.SALE,
                    amount=order.paid,
                    customer_id=order.customer_id,
                    vault=True,
                    invoice_id=order.number,
                    invoices=(order.number,),
                )


def open_shop(
    customers: Sequence[str], days: Sequence[date], count: int, seed: int, *, abnormal: bool
) -> Shop:
    """`count` orders over the days. Without anything abnormal each is right, and paid at once."""
    if not (customers and days and count):
        return Shop()
    rng = random.Random(f"shop/{seed}/{count}/{abnormal}")
    played = (
        dict(zip(rng.sample(range(count), len(PLAYED)), PLAYED, strict=True))
        if (abnormal and count >= ENOUGH)
        else {}
    )
    # The last days see what changes: an order that changes has to be told of again.
    early = days[: max(1, len(days) * 2 // 3)]
    when = sorted(rng.choice(early) for _ in range(count))
    tellings: list[Telling] = []
    for place, day in enumerate(when):
        order = _order(place, day, rng.choice(customers), rng, abnormal=abnormal)
        tellings += _told(order, played.get(place), days, rng, abnormal=abnormal)
    tellings.sort(key=lambda each: (each.on, each.order.number))
    by_day = {day: tuple(group) for day, group in groupby(tellings, lambda each: each.on)}
    return Shop(tuple(tellings), by_day)


def _order(
    place: int, day: date, customer: str, rng: random.Random, *, abnormal: bool
) -> ShopOrder:
    articles = rng.sample(ARTICLES, rng.randint(1, 4))
    bought = tuple(Bought(article, rng.randint(1, 6)) for article in articles)
    order = _priced(
        ShopOrder(
            number=f"WEB-{FIRST_NUMBER + place}",
            on=day,
            customer_id=customer,
            bought=bought,
            shipping=Decimal(0),
            discount=Decimal(0),
            tax=Decimal(0),
            total=Decimal(0),
        ),
        has_discount=rng.random() < DISCOUNT_SHARE,
    )
    is_paid = rng.random() < PAID_SHARE or not abnormal
    return replace(order, paid=order.total if is_paid else None)


def _priced(order: ShopOrder, *, has_discount: bool) -> ShopOrder:
    """With discount, shipping, tax and the total that follows from them."""
    discount = _cents(order.goods * DISCOUNT_PERCENT / 100) if has_discount else Decimal(0)
    net = order.goods - discount
    shipping = Decimal(0) if net >= FREE_ABOVE else SHIPPING
    tax = _cents(net * TAX_PERCENT / 100)
    total = net + shipping + tax
    return replace(order, discount=discount, shipping=shipping, tax=tax, total=total)


def _told(
    order: ShopOrder, kind: Kind | None, days: Sequence[date], rng: random.Random, *, abnormal: bool
) -> list[Telling]:
    if kind is None:
        times = 2 if abnormal and rng.random() < TOLD_TWICE else 1
        return [Telling(order.on, order, times)]
    planted = replace(order, planted=kind)
    if kind is Kind.ORDER_PAYMENT:
        return [Telling(order.on, replace(planted, paid=order.total - Decimal("1.00")))]
    # Paid later: what is wrong is about the order alone.
    planted = replace(planted, paid=None)
    if kind is Kind.STOCK_SHORT:
        wanted = replace(planted, bought=(Bought(SCARCE, SCARCE_WANTED),))
        return [Telling(order.on, _priced(wanted, has_discount=False))]
    if kind is Kind.ORDER_SUMS:
        return [Telling(order.on, replace(planted, total=order.total + Decimal("10.00")))]
    later = next((day for day in days if day > order.on), None)
    if later is None:  # a single day: nobody is left to tell it to
        return [Telling(order.on, replace(planted, planted=None))]
    more = tuple(replace(each, quantity=each.quantity + 1) for each in planted.bought)
    changed = _priced(replace(planted, bought=more, revision=2), has_discount=bool(order.discount))
    return [Telling(order.on, planted), Telling(later, changed)]


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)
