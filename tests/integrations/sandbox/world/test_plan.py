from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from integrations.sandbox.world.casting import SHARES
from integrations.sandbox.world.invoices import Invoice
from integrations.sandbox.world.kinds import Kind
from integrations.sandbox.world.plan import Exceptions, Plan, make_plan
from integrations.sandbox.world.steps import Result, Verb

from .conftest import invoices, planned

cents = st.integers(1, 10**9) | st.sampled_from([1, 29, 30, 58, 99_999_999_999, 250_000_000_000])
days = st.integers(0, 9) | st.integers(0, 3650)


@st.composite
def files(draw: st.DrawFn) -> list[Invoice]:
    """Any file: few customers or many, twins, weekends, years between, cents and billions."""
    rows = draw(st.lists(st.tuples(days, st.integers(1, 4), cents), min_size=1, max_size=90))
    return [
        Invoice(str(1000 + place), date(2010, 12, 1) + timedelta(day), f"C{who}", Decimal(c) / 100)
        for place, (day, who, c) in enumerate(rows)
    ]


def charged(plan: Plan) -> dict[tuple[str, ...], Decimal]:
    """What was paid for each group of invoices, as the gateway would settle it."""
    paid: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    voided = {each.target for each in plan.actions if each.verb is Verb.VOID}
    captured = {each.target: each.amount for each in plan.actions if each.verb is Verb.CAPTURE}
    for each in plan.actions:
        if each.result is Result.APPROVED and each.reference not in voided:
            if each.verb is Verb.SALE:
                paid[each.invoices] += each.amount
            if each.verb is Verb.AUTHORIZATION:
                paid[each.invoices] += captured[each.reference]
    return paid


@given(files(), st.integers(0, 5))
def test_without_exceptions_every_invoice_is_paid_exactly_cleanly_and_once(file, seed):
    plan = make_plan(file, seed, Exceptions.NONE)
    assert charged(plan) == {(each.number,): each.total for each in file}
    assert not any(each.planted or each.dirty for each in plan.actions)
    assert {each.invoice_id for each in plan.actions if each.verb is Verb.SALE} <= {
        each.number for each in file
    }


@given(files(), st.sampled_from(Exceptions))
def test_the_gateway_takes_every_amount(file, exceptions):
    for each in make_plan(file, 1, exceptions).actions:
        assert Decimal("0.01") <= each.amount <= Decimal("999999999.99")
        assert each.amount != Decimal("0.29") or each.verb is not Verb.SALE


@given(files(), st.sampled_from(Exceptions))
def test_the_same_file_and_seed_give_the_same_plan_in_any_order_of_time(file, exceptions):
    plan = make_plan(file, 3, exceptions)
    assert plan == make_plan(file, 3, exceptions)
    assert [each.at for each in plan.actions] == sorted(each.at for each in plan.actions)
    assert len({each.reference for each in plan.actions}) == len(plan.actions)


@given(files())
def test_what_changes_a_payment_comes_after_it(file):
    by_reference = {each.reference: each for each in make_plan(file, 2, Exceptions.SOME).actions}
    for each in by_reference.values():
        if each.target:
            assert by_reference[each.target].seq < each.seq
        if each.verb is Verb.REFUND:
            assert by_reference[each.target].on < each.on
        if each.verb is Verb.VOID:
            assert (by_reference[each.target].on, each.evening) == (each.on, True)


@given(files())
def test_an_abnormal_story_has_its_invoices_to_itself(file):
    totals = {each.number: each.total for each in file}
    plan = make_plan(file, 1, Exceptions.SOME)
    seen = Counter(number for group in charged(plan) for number in group)
    assert set(seen.values()) <= {1}
    assert set(seen) <= set(totals)


@given(files())
def test_true_twins_stay_clean(file):
    alike = Counter((each.customer_id, each.on, each.total) for each in file)
    twins = {e.number: e for e in file if alike[e.customer_id, e.on, e.total] > 1}
    plan = make_plan(file, 1, Exceptions.SOME)
    paid = charged(plan)
    assert all(paid[(number,)] == twin.total for number, twin in twins.items())
    touched = [e for e in plan.actions if set(e.invoices) & set(twins)]
    assert not any(each.planted or each.dirty for each in touched)


def test_sixty_invoices_are_enough_for_every_kind():
    plan = planned(60)
    kinds = {each.planted for each in plan.actions} - {None}
    assert kinds == {*SHARES, Kind.REFUND_UNLINKED}
    assert {each.kind for each in plan.troubles.erp} == {
        Kind.ERP_UNKNOWN,
        Kind.ERP_REFUSED,
        Kind.ERP_DEADLOCK,
    }
    days_of_the_bank = {plan.troubles.fee_on, plan.troubles.missing_on, plan.troubles.unreadable_on}
    assert len(days_of_the_bank - {None}) == 3


def test_the_stories_of_a_large_file_have_their_shares():
    plan = planned(4000, customers=300)
    found = Counter(each.planted for each in plan.actions)
    assert 110 <= found[Kind.PARTIAL] <= 130
    assert found[Kind.DECLINED] == 80
    assert 0.15 < sum(each.dirty for each in plan.actions) / len(plan.actions) < 0.30


def test_a_refund_without_sale_is_more_than_any_sale_of_its_customer():
    plan = planned(300)
    refunds = [each for each in plan.actions if each.planted is Kind.REFUND_UNLINKED]
    for refund in refunds:
        sales = [e.amount for e in plan.actions if e.customer_id == refund.customer_id]
        assert refund.amount == max(sales)
        assert sales.count(refund.amount) == 1
    assert refunds


def test_only_lasting_payments_are_announced():
    plan = planned(2000)
    voided = {each.target for each in plan.actions if each.verb is Verb.VOID}
    announced = [each for each in plan.actions if each.announced]
    assert 0.08 < len(announced) / len(plan.actions) < 0.2
    assert all(e.result is Result.APPROVED and e.reference not in voided for e in announced)
    assert any(each.announced_twice for each in announced)


def test_other_seeds_give_other_plans():
    plans = [make_plan(invoices(80), seed, Exceptions.SOME) for seed in range(3)]
    assert plans[0] != plans[1] != plans[2]
