"""Customers and bulk runs by the API: the desk's own decisions, for many and one by one."""

from datetime import date
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group

from audit.roles import Role
from mapping.models import CustomerCandidate, CustomerLink
from reconciliation.choices import ExceptionState, Placement, Reason
from reconciliation.models import BulkRun, ExceptionItem, Transaction
from reconciliation.services.bulk import drain
from reconciliation.services.customers import acting
from reconciliation.services.desk.errors import DeskError
from tests.api.conftest import Caller, software
from tests.builders import ApiKeyFactory, DeskLimitFactory, ExceptionItemFactory
from tests.pages import statements

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(world):
    return software("olga", Role.OPERATOR)


@pytest.fixture
def erp(monkeypatch):
    """An ERP that has the customers whose number begins with 1."""

    def there(pair, customer_id):
        if not customer_id.startswith("1"):
            raise DeskError(f"No customer of company {pair.company} is called {customer_id}.")
        return customer_id

    monkeypatch.setattr(acting, "require_customer", there)


def waiting(world):
    return f"waiting-customers/{world.candidate.identity_id}"


def work_off():
    while drain.drain():
        pass


def test_a_waiting_customer_comes_with_what_speaks_for_each_suggestion(
    world, desk, django_assert_max_num_queries
):
    with django_assert_max_num_queries(99) as queries:
        found = desk.get(waiting(world)).json()
    assert len(statements(queries.captured_queries)) <= 12
    (candidate,) = found["candidates"]
    assert (found["there"]["name"], candidate["erp"]["name"]) == ("Bob Miller", "Robert Miller")
    assert candidate["against"] == ["only the name agrees"]
    assert candidate["evidence"][0]["words"] == "names alike (short form)"


def test_a_suggestion_is_linked_and_the_link_taken_back(world, desk, erp):
    CustomerCandidate.objects.filter(pk=world.candidate.pk).update(erp=world.candidate.erp)
    world.candidate.erp.ref = "1200"
    world.candidate.erp.save()
    found = desk.post(f"{waiting(world)}/link", {"candidate": world.candidate.pk}).json()
    assert (found["candidates"], found["link"]["customer_id"]) == ([], "1200")
    path = f"customer-links/{found['link']['id']}"
    assert desk.get(path).json()["history"][0]["actor"] == "key:olga-software"
    assert desk.post(f"{path}/unlink", {"why": "A mistake."}).json()["customer_id"] == "1200"
    assert desk.get(path).status_code == 404


def test_a_suggestion_is_refused_for_good(world, desk):
    body = {"candidate": world.candidate.pk, "note": "Father and son."}
    assert desk.post(f"{waiting(world)}/not-same", body).json()["candidates"] == []
    again = desk.post(f"{waiting(world)}/not-same", body)
    assert (again.status_code, again.json()["detail"]) == (409, "This is decided: not the same.")


def test_a_customer_is_linked_by_a_number_that_the_erp_has(world, desk, erp):
    refused = desk.post(f"{waiting(world)}/number", {"customer_id": "900"})
    assert (refused.status_code, "is called 900" in refused.json()["detail"]) == (409, True)
    found = desk.post(f"{waiting(world)}/number", {"customer_id": "12583"}).json()
    assert found["link"]["customer_id"] == "12583"
    assert CustomerLink.objects.filter(ref=world.candidate.identity.ref).exists()


@pytest.mark.parametrize(
    ("name", "body", "field"),
    [
        ("link", {}, "candidate"),
        ("link", {"candidate": 987654321}, "candidate"),
        ("not-same", {"candidate": "x"}, "candidate"),
        ("number", {"customer_id": "1" * 21}, "customer_id"),
        ("number", {"customer_id": "1\0"}, "customer_id"),
    ],
)
def test_each_wrong_value_is_named(world, desk, name, body, field):
    response = desk.post(f"{waiting(world)}/{name}", body)
    assert response.status_code == 422
    assert list(response.json()["errors"]) == [field]


def test_many_are_looked_at_first_and_then_done_in_a_run(world, desk):
    ExceptionItemFactory.create_batch(3, reason=Reason.OVERPAID, amount=Decimal(10))
    found = desk.get("exceptions/preview", {"reason": "overpaid"}).json()
    assert (found["number"], found["reasons"]) == (3, {"overpaid": 3})
    assert found["amounts"] == [{"amount": "30.00", "currency": "USD"}]
    offer = next(each for each in found["actions"] if each["action"] == "dismiss")
    assert (offer["number"], offer["needs_second"]) == (3, False)
    body = {"action": "dismiss", "filter": {"reason": "overpaid"}, "upto": found["upto"]}
    run = desk.post("exceptions/run", body | {"note": "Paid by cheque."}).json()
    assert (run["state"], run["chosen_by"]) == ("running", "Reason: Paid too much")
    work_off()
    told = desk.get(f"runs/{run['id']}").json()
    assert (told["state"], told["done"], told["refused"]) == ("done", 3, 0)
    rows = desk.get(f"runs/{run['id']}/rows").json()["data"]
    assert {row["state"] for row in rows} == {"done"}


def test_a_run_is_undone_as_a_whole_or_by_the_row(world, desk):
    items = ExceptionItemFactory.create_batch(2, reason=Reason.OVERPAID)
    upto = max(item.pk for item in items)
    body = {"action": "dismiss", "filter": {"reason": "overpaid"}, "upto": upto, "note": "No."}
    run = desk.post("exceptions/run", body).json()["id"]
    work_off()
    row = desk.get(f"runs/{run}/rows").json()["data"][0]
    assert desk.post(f"runs/{run}/rows/{row['id']}/undo").json()["state"] == "open"
    undoing = desk.post(f"runs/{run}/undo")
    assert (undoing.status_code, undoing.json()["undoes_id"]) == (202, run)
    work_off()
    states = ExceptionItem.objects.filter(pk__in=[item.pk for item in items])
    assert set(states.values_list("state", flat=True)) == {ExceptionState.OPEN}


def test_a_day_to_wait_for_is_kept_with_the_run(world, desk):
    item = ExceptionItemFactory(reason=Reason.DEPOSIT_MISSING)
    body = {"action": "wait", "filter": {"reason": "deposit_missing"}, "upto": item.pk}
    response = desk.post("exceptions/run", body | {"until": "2011-03-20", "note": "The bank."})
    assert response.json()["values"]["until"] == "2011-03-20"
    work_off()
    item.refresh_from_db()
    assert item.due_on == date(2011, 3, 20)


def test_a_second_person_is_another_person_and_not_another_key(world, desk):
    DeskLimitFactory(action="dismiss", alone_up_to=Decimal(5))
    item = ExceptionItemFactory(reason=Reason.OVERPAID, amount=Decimal(10))
    found = desk.post(f"exceptions/{item.pk}/actions/dismiss", {"note": "No."}).json()
    path = f"runs/{found['waits_in_run_id']}"
    assert (found["state"], desk.get(path).json()["state"]) == ("open", "asked")
    owner = ApiKeyFactory._meta.model.objects.get(name="olga-software").owner
    owner.groups.add(Group.objects.get_or_create(name=Role.APPROVER.value)[0])
    in_person = Caller()
    in_person.client.force_login(owner)
    for caller in (desk, in_person):
        assert caller.post(f"{path}/approve").status_code == 409
    other = software("anna", Role.APPROVER)
    assert other.post(f"{path}/approve").json()["approved_by"] == "key:anna-software"
    work_off()
    assert BulkRun.objects.get(pk=found["waits_in_run_id"]).state == "done"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"action": "split"}, "action"),
        ({"filter": {"colour": "red"}}, "filter.colour"),
        ({"filter": {"state": "gone"}}, "filter.state"),
        ({"filter": "all"}, "filter.non_field_errors"),
        ({"upto": -1}, "upto"),
        ({"account": "1000"}, "account"),
        ({"note": ""}, "note"),
    ],
)
def test_a_run_that_makes_no_sense_is_not_begun(world, desk, wrong, field):
    before = BulkRun.objects.count()
    body = {"action": "dismiss", "filter": {}, "upto": 2**31, "note": "No."} | wrong
    response = desk.post("exceptions/run", body)
    assert response.status_code == 422
    assert list(response.json()["errors"]) == [field]
    assert BulkRun.objects.count() == before


def test_a_payment_is_questioned_where_its_money_stands(world, desk):
    path, note = f"transactions/{world.sale.pk}/question", {"note": "Another customer's."}
    Transaction.objects.filter(pk=world.sale.pk).update(placement="")
    refused = desk.post(path, note)
    assert (
        refused.json()["detail"] == "Its money stands with no customer; there is nothing to move."
    )
    Transaction.objects.filter(pk=world.sale.pk).update(placement=Placement.APPLIED)
    found = desk.post(path, note)
    assert (found.status_code, found.json()["reason"]) == (201, "questioned")
    assert found.json()["message"] == "key:olga-software: Another customer's."
    assert desk.post(path, {}).json()["errors"] == {"note": ["This field is required."]}
