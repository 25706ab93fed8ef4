import psycopg
import pytest

from integrations.sandbox.faults import FaultRule, arm
from integrations.sandbox.world.errors import WorldError
from integrations.sandbox.world.payer import Payer
from integrations.sandbox.world.plan import Action
from integrations.sandbox.world.steps import Result, Verb

from .conftest import planned

SALES = "SELECT count(*) FROM paytrace_transaction WHERE customer_reference_id = %s"


@pytest.fixture
def stage(make_stage):
    return make_stage(planned(60))


def payer(stage):
    return Payer(stage.gateway(), stage.state(), stage.clock)


def fault(stage, kind, path="/v1/transactions/sale/*", **rule):
    with psycopg.connect(stage.database_url, autocommit=True) as connection:
        arm(connection, FaultRule(kind=kind, path=path, **rule))


def first(stage, verb=Verb.SALE, result=Result.APPROVED) -> Action:
    return next(e for e in stage.plan.actions if e.verb is verb and e.result is result)


def count(stage, action):
    return stage.query(SALES, action.reference)[0][0]


@pytest.mark.parametrize("kind", ["drop", "refuse", "error", "error_after", "cut", "mangle_json"])
def test_an_unclear_answer_is_looked_up_and_the_payment_stands_once(stage, kind):
    action = first(stage)
    fault(stage, kind)
    payer(stage).pay([action])
    assert count(stage, action) == 1
    assert stage.state().states([action]) == {action.seq: "done"}


def test_a_throttled_payer_waits_as_long_as_it_is_told(stage):
    action = first(stage)
    fault(stage, "throttle", retry_after=0)
    payer(stage).pay([action])
    assert count(stage, action) == 1


def test_a_look_up_that_fails_is_made_again(stage):
    action = first(stage)
    fault(stage, "drop")
    fault(stage, "cut", "*by_date_range")
    payer(stage).pay([action])
    assert count(stage, action) == 1


def test_a_payer_killed_before_it_noted_the_answer_does_not_pay_again(stage):
    action = first(stage)
    payer(stage).pay([action])
    stage.query("UPDATE world.action SET state = 'begun', gateway_id = NULL")
    payer(stage).pay([action])
    assert count(stage, action) == 1


@pytest.mark.parametrize("verb", [Verb.VOID, Verb.CAPTURE])
def test_a_change_that_was_done_before_a_kill_is_recognised(stage, verb):
    change = first(stage, verb)
    target = next(each for each in stage.plan.actions if each.reference == change.target)
    payer(stage).pay([target, change])
    stage.query(
        "UPDATE world.action SET state = 'begun', gateway_id = NULL WHERE seq = %s", change.seq
    )
    payer(stage).pay([change])
    assert stage.state().states([change]) == {change.seq: "done"}


@pytest.mark.parametrize("verb", [Verb.VOID, Verb.CAPTURE])
def test_a_change_that_is_refused_because_it_is_done_is_done(stage, verb):
    change = first(stage, verb)
    target = next(each for each in stage.plan.actions if each.reference == change.target)
    payer(stage).pay([target, change])
    stage.query(
        "UPDATE world.action SET state = 'planned', gateway_id = NULL WHERE seq = %s", change.seq
    )
    payer(stage).pay([change])
    assert stage.state().states([change]) == {change.seq: "done"}


@pytest.mark.parametrize(
    ("result", "state"), [(Result.DECLINED, "declined"), (Result.AUTO_VOIDED, "auto_voided")]
)
def test_what_was_to_fail_fails(stage, result, state):
    action = first(stage, result=result)
    payer(stage).pay([action])
    query = "SELECT state FROM paytrace_transaction WHERE customer_reference_id = %s"
    assert stage.query(query, action.reference) == [(state,)]


def test_an_answer_that_the_plan_did_not_foresee_ends_the_run(stage, monkeypatch):
    monkeypatch.setattr("integrations.sandbox.world.payer.CARDS", ("4000000000000002",))
    with pytest.raises(WorldError, match="was to end with 101"):
        payer(stage).pay([next(e for e in stage.plan.actions if e.verb is Verb.SALE and not e.vault
                               and e.result is Result.APPROVED)])  # fmt: skip


def test_a_gateway_that_keeps_failing_ends_the_run(stage, monkeypatch):
    monkeypatch.setattr("integrations.sandbox.world.gateway.READ_TRIES", 3)
    fault(stage, "drop", "/v1/transactions/*", times=1000)
    with pytest.raises(WorldError, match="does not answer"):
        payer(stage).pay([first(stage)])
