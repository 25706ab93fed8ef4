"""What needs a second person gets one: another one, who saw the money that it is about."""

import pytest

from audit.roles import Role
from reconciliation.choices import Reason
from reconciliation.models import BulkRun
from reconciliation.services import desk
from reconciliation.services.bulk import runs, singles
from tests.api.conftest import Caller
from tests.builders import ApiKeyFactory, ExceptionItemFactory, text_of
from tests.reconciliation.test_bulk import work_off
from tests.world import person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_day")]
NOTE = {"note": "Never mind."}


@pytest.fixture
def item():
    return ExceptionItemFactory(reason=Reason.OVERPAID, amount=20_000, currency="USD")


@pytest.fixture
def key():
    """The key of somebody who both works on exceptions and approves postings."""
    owner = person("both", Role.OPERATOR, Role.APPROVER)
    return ApiKeyFactory(scopes=["read", "write:exceptions"], owner=owner)


def test_nobody_approves_what_their_own_key_asked_for(item, key):
    run = singles.do(item, "dismiss", NOTE, f"key:{key.name}")
    with pytest.raises(desk.DeskError, match="what they have prepared themselves"):
        runs.approve(run, "user:both")
    runs.approve(run, f"user:{person('ann', Role.APPROVER)}")
    assert work_off(run).done == 1


def test_a_call_that_needs_a_second_person_says_in_which_run_it_waits(item, key):
    answer = Caller(text_of(key)).post(f"exceptions/{item.pk}/actions/dismiss", NOTE)
    run = BulkRun.objects.get()
    assert (answer.status_code, answer.json()["waits_in_run_id"]) == (200, run.pk)
    assert (answer.json()["state"], run.state) == ("open", "asked")


def test_what_has_become_more_than_was_approved_is_not_done(item):
    run = singles.do(item, "dismiss", NOTE, f"user:{person('bob', Role.OPERATOR)}")
    runs.approve(run, f"user:{person('ann', Role.APPROVER)}")
    item.amount = 20_001
    item.save()
    assert (work_off(run).done, run.refused) == (0, 1)
    said = "It is about 20,001.00 USD by now, and 20,000.00 was approved; ask for it anew."
    assert run.items.get().said == said


def test_who_lacks_the_duty_is_no_second_person_by_any_name(item):
    run = singles.do(item, "dismiss", NOTE, f"user:{person('bob', Role.OPERATOR)}")
    for actor in ("user:bob", "user:nobody", "key:none", "worker", ""):
        with pytest.raises(desk.DeskError):
            runs.approve(run, actor)
    run.refresh_from_db()
    assert run.state == "asked"


def test_the_same_form_sent_twice_asks_a_second_person_once(item):
    bob = f"user:{person('bob', Role.OPERATOR)}"
    singles.do(item, "dismiss", NOTE, bob)
    with pytest.raises(desk.DeskError, match="It waits in a run already"):
        singles.do(item, "dismiss", NOTE, bob)
    assert BulkRun.objects.get().state == "asked"


def test_a_run_of_which_nothing_is_left_to_undo_says_so(item):
    bob = f"user:{person('bob', Role.OPERATOR)}"
    run = singles.do(item, "dismiss", NOTE, bob)
    runs.stop(run, bob)
    with pytest.raises(desk.DeskError, match="Nothing of this run is left to undo"):
        runs.undo_all(run, bob)
