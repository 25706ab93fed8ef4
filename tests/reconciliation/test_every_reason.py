"""Every reason has its own page part: both sides, owner, age, blocked money, and what fits.

A reason that is new fails here until `WORLDS` says how it comes about and what a person can do.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

import pytest

from audit.roles import Role
from mapping.choices import AccountRole
from reconciliation.actions import ACTIONS
from reconciliation.blocked import BLOCKS
from reconciliation.choices import DecisionState, Placement, Reason
from reconciliation.services.desk.fitting import actions_for
from reconciliation.two_sides import SIDES, of_item
from reconciliation.words import MEANINGS
from tests.builders import (
    TODAY,
    BankLineFactory,
    CertificateFactory,
    ConnectionFactory,
    EffectFactory,
    ExceptionItemFactory,
    FactFactory,
    NewCustomerFactory,
    OrderFactory,
    PairFactory,
    PostingFactory,
    SettlementBatchFactory,
    TransactionFactory,
)
from tests.pages import htmx, offences
from tests.world import person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_day")]

NO_MONEY = ("batch", "ledger", "fact", "customer")
PLACED = ("link_invoice", "split", "dismiss")
OWNED = (*PLACED, "leave_on_account", "apply_elsewhere", "write_off")
HELD = ("retry",)


@dataclass(frozen=True)
class World:
    """What a reason stands on, what a person can do at least, and a word of what it blocks."""

    about: str
    actions: tuple[str, ...]
    blocks: str = "139.12 USD"
    details: dict = field(default_factory=dict)
    shows: tuple[str, ...] = ()


def rule(*actions, **details):
    return World("held", (*actions, "retry"), "not on the books", details, ("no rule",))


def census(*actions):
    details = {"owed": {"amount": "139.12"}, "in_the_erp": {"amount": "90.00"}}
    return World("posting", (*actions,), details=details, shows=("Owed", "90.00", "differs"))


CHECKED = {"checks": [{"field": "The amount", "wanted": "100.00 USD", "found": "90.00 USD"}]}
SIDES_OF_ORDER = {
    "left": "The order says",
    "right": "Its parts come to",
    "sides": [{"field": "Total", "left": "139.12 USD", "right": "130.00 USD"}],
}


def order(*actions, blocks="are not invoiced"):
    return World("order", actions, blocks, SIDES_OF_ORDER, ("Its parts come to", "130.00 USD"))


UNREAD = World("fact", ("retry", "correct", "dismiss"), "before it can be read")
BATCH = World("batch", ("dismiss",), "919.80 USD", shows=("Sales", "1,000.00 USD"))
WORLDS = {
    Reason.INVOICE_NOT_FOUND: World("payment", OWNED, "on the customer"),
    Reason.CUSTOMER_UNKNOWN: World("stranger", (*PLACED, "link_customer"), "unidentified"),
    Reason.SEVERAL_CUSTOMERS: World("payment", OWNED),
    Reason.SECOND_CHARGE: World("payment", OWNED),
    Reason.OVERPAID: World("payment", OWNED),
    Reason.REFERENCE_AMBIGUOUS: World("payment", OWNED),
    Reason.REFUND_UNLINKED: World(
        "payment", ("link_sale", "give_back", "dismiss"), shows=("The refund",)
    ),
    Reason.QUESTIONED: World(
        "applied", ("apply_elsewhere", "write_off", "dismiss"), "may not belong"
    ),
    Reason.ACCOUNT_UNMAPPED: rule("map_account", role=AccountRole.FEES.value),
    Reason.METHOD_UNMAPPED: rule("map_method", method="Amex"),
    Reason.ACTION_UNMAPPED: rule(kind="sale", status="returned"),
    Reason.RULES_MISSING: rule(),
    Reason.FIELD_UNFIT: World(
        "held", ("retry",), "not on the books", {"field": "comment", "row": "2"}, ("row 2 does",)
    ),
    Reason.CURRENCY_FOREIGN: World(
        "held",
        ("retry",),
        "not on the books",
        {"pair_currency": "EUR", "worth": "105.20 EUR by daily"},
        ("105.20 EUR by daily", "differs"),
    ),
    Reason.VALIDATION_HELD: World(
        "held", ("retry", "post_anyway"), "not on the books", CHECKED, ("100.00 USD", "differs")
    ),
    Reason.VALIDATION_WARNED: World("payment", ("dismiss",), "No money waits", CHECKED),
    Reason.RISK_FLAGGED: World("payment", ("dismiss",), "No money waits", CHECKED),
    Reason.RISK_HELD: World(
        "held", ("release", "refuse", "retry"), "not on the books", CHECKED, ("90.00 USD",)
    ),
    Reason.RISK_BLOCKED: World("stranger", ("release", "dismiss"), "unidentified", CHECKED),
    Reason.ORDER_SUMS: order("retry", "dismiss"),
    Reason.ORDER_PAYMENT: order("retry", "post_anyway", "dismiss"),
    Reason.ORDER_CUSTOMER: order("retry", "link_customer", "dismiss"),
    Reason.ORDER_UNMAPPED: order("retry", "dismiss"),
    Reason.ORDER_UNFIT: order("retry", "dismiss"),
    Reason.STOCK_SHORT: order("retry", "post_anyway", "dismiss"),
    Reason.ORDER_CHANGED: order("dismiss", blocks="its invoice is not"),
    Reason.TAX_DIFFERS: order("dismiss", blocks="No money waits"),
    Reason.NOT_DECIDED: World("held", ("retry",), "not on the books"),
    Reason.SET_ASIDE: World("held", ("retry",), "not on the books", shows=("Failed with",)),
    Reason.PERIOD_CLOSED: World("posting", (*HELD, "set_aside", "wait"), shows=("Owed",)),
    Reason.REFUSED_BY_ERP: World(
        "posting", (*HELD, "set_aside", "correct"), shows=("The period of 14",)
    ),
    Reason.CUSTOMER_REFUSED: World(
        "customer", ("link_existing", "not_created"), "No money waits", shows=("Ann Lee", "17850")
    ),
    Reason.UNKNOWN_OUTCOME: World("posting", (*HELD, "send_absent_again", "wait")),
    Reason.ATTEMPTS_EXHAUSTED: World("posting", (*HELD, "set_aside"), shows=("sent 1 times",)),
    Reason.CONTENT_CONFLICT: World(
        "posting",
        HELD,
        details={"differences": [{"field": "amount", "found": "90.00", "owed": "139.12"}]},
        shows=("The ERP holds", "90.00", "differs"),
    ),
    Reason.UNREADABLE_RECORD: UNREAD,
    Reason.UNREADABLE_STATEMENT_LINE: UNREAD,
    Reason.STATEMENT_UNBALANCED: World(
        "fact",
        ("dismiss",),
        "No money waits",
        {"name": "may.csv", "said": ["Line 3: the balance is 9, not 8."]},
        ("may.csv", "Line 3: the balance is 9"),
    ),
    Reason.CARD_NUMBER_REMOVED: World(
        "fact",
        ("dismiss",),
        "No money waits",
        {"findings": [{"kind": "card_number", "where": "comment"}]},
        ("comment", "Card number", "removed before it was stored"),
    ),
    Reason.HINT_UNCONFIRMED: World(
        "fact", ("wait", "dismiss"), "No money waits", {"vendor_id": "4711"}, ("not confirmed",)
    ),
    Reason.BATCH_INCOMPLETE: World("batch", ("fetch_members", "accept"), "919.80 USD"),
    Reason.FIGURES_CHANGED: World("batch", ("fetch_members", "dismiss"), "919.80 USD"),
    Reason.FEE_DIFFERS: BATCH,
    Reason.DEPOSIT_DIFFERS: BATCH,
    Reason.DEPOSIT_MISSING: World("batch", ("wait", "dismiss"), "not at the bank"),
    Reason.DEPOSIT_UNMATCHED: World(
        "line", ("link_batch", "wait", "dismiss"), "unidentified", shows=("Nearest batch",)
    ),
    Reason.LEDGER_DIFFERS: World("ledger", ("dismiss",), "919.80 USD", shows=("990.00 USD",)),
    Reason.CENSUS_MISSING: census("claim", "wait"),
    Reason.CENSUS_DOUBLE: census("dismiss"),
    Reason.FOREIGN_EDIT: census("dismiss"),
    Reason.CENSUS_UNOWED: census("dismiss"),
}


def about(sort):
    """The rows under an exception, as the drains leave them."""
    if sort in ("payment", "applied", "stranger", "held"):
        placement = {"payment": Placement.ON_ACCOUNT, "stranger": Placement.UNIDENTIFIED}
        placement["applied"] = Placement.APPLIED
        decision = DecisionState.HELD if sort == "held" else DecisionState.POSTED_AS
        over = {"decision": decision, "placement": placement.get(sort, "")}
        return {"transaction": TransactionFactory(settled=True, **over)}
    if sort == "order":
        row = OrderFactory(state="held")
        return {"order": row, "connection": row.connection}
    if sort == "posting":
        row = TransactionFactory(settled=True)
        posting = PostingFactory(held=True)
        EffectFactory(posting=posting, transaction=row)
        return {"transaction": row, "posting": posting, "connection": posting.target}
    if sort == "customer":
        asked = NewCustomerFactory(effect__posting__held=True)
        posting = asked.effect.posting
        posting.draft |= {"name": "Ann Lee", "customer_id": "17850"}
        posting.save()
        return {"posting": posting, "connection": posting.target}
    if sort == "batch":
        return {"batch": SettlementBatchFactory()}
    if sort == "ledger":
        clearing = {"debits": "990.00", "credits": "1000.00", "sum": "-10.00"}
        body = {"clearing": clearing}
        return {"batch": CertificateFactory(batch=SettlementBatchFactory(), body=body).batch}
    if sort == "line":
        pair = PairFactory()
        SettlementBatchFactory(connection=pair.gateway, state="waiting")
        return {"line": BankLineFactory(connection=pair.bank), "connection": pair.bank}
    return {"fact": FactFactory(envelope__connection=ConnectionFactory())}


def exception(reason):
    world = WORLDS[reason]
    return ExceptionItemFactory(
        reason=reason,
        owner="finance",
        owner_why="Everything else",
        business_on=TODAY - timedelta(days=4),
        amount=Decimal(0) if world.about in NO_MONEY else Decimal("139.12"),
        details=world.details,
        **about(world.about),
    )


@pytest.mark.parametrize("reason", Reason)
def test_a_reason_has_its_page_part(client, reason):
    client.force_login(person("mia", Role.OPERATOR, Role.MAPPER, Role.APPROVER))
    item = exception(reason)
    response = client.get(f"/exceptions/{item.pk}/", headers=htmx("panel"))
    html = response.content.decode()
    assert offences(response) == []
    assert "side-by-side" in html
    for words in ("with finance", "Everything else", "4 days old", "<dt>Holds up</dt>"):
        assert words in html, words
    for words in (reason.label, MEANINGS[reason], WORLDS[reason].blocks, *WORLDS[reason].shows):
        assert str(words).replace("'", "&#x27;") in html, words
    for name in WORLDS[reason].actions:
        assert f"/exceptions/{item.pk}/{name}/" in html, name


@pytest.mark.parametrize("reason", Reason)
def test_both_sides_of_a_reason_say_something(reason):
    comparison = of_item(exception(reason))
    assert any(each.left for each in comparison.fields)
    assert any(each.right for each in comparison.fields)


def test_every_reason_stands_in_every_table():
    assert set(WORLDS) == set(SIDES) == set(BLOCKS) == set(MEANINGS) == set(Reason)


@pytest.mark.parametrize("reason", Reason)
def test_every_action_that_fits_has_its_form(reason):
    item = exception(reason)
    assert set(actions_for(item)) <= set(ACTIONS)
    assert set(WORLDS[reason].actions) <= set(actions_for(item))
