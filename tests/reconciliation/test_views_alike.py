"""Fix one, see all alike: found by their cause, shown with their effect, done in one go, undone."""

import pytest

from audit.roles import Role
from reconciliation.choices import Placement, Reason
from reconciliation.models import BulkRun, ExceptionItem
from reconciliation.services.bulk import drain, singles
from reconciliation.services.bulk.alike import cause_of
from reconciliation.services.desk import doing
from tests.builders import ConnectionFactory, ExceptionItemFactory, TransactionFactory
from tests.pages import htmx
from tests.world import person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_day")]


@pytest.fixture
def gateway():
    return ConnectionFactory(name="PayTrace")


def unknown(gateway, payer="cust-9", **over):
    row = TransactionFactory(
        connection=gateway, customer_ref=payer, customer_id="", placement=Placement.UNIDENTIFIED
    )
    return ExceptionItemFactory(
        connection=gateway, reason=Reason.CUSTOMER_UNKNOWN, transaction=row, **over
    )


@pytest.mark.parametrize(
    ("reason", "details", "other"),
    [
        (Reason.METHOD_UNMAPPED, {"method": "Amex"}, {"method": "Visa"}),
        (Reason.ACCOUNT_UNMAPPED, {"role": "fees"}, {"role": "fees", "kind": "sale"}),
        (Reason.ACTION_UNMAPPED, {"kind": "sale", "status": "void"}, {"kind": "sale"}),
        (Reason.REFUSED_BY_ERP, {"code": "E-1"}, {"code": "E-2"}),
    ],
)
def test_what_is_alike_has_the_same_cause_at_the_same_connection(gateway, reason, details, other):
    same = [
        ExceptionItemFactory(connection=gateway, reason=reason, details=details) for _ in range(2)
    ]
    ExceptionItemFactory(connection=gateway, reason=reason, details=other)
    ExceptionItemFactory(reason=reason, details=details)
    ExceptionItemFactory(connection=gateway, reason=reason, details=details, state="resolved")
    assert list(cause_of(same[0]).open().order_by("pk")) == same


def test_the_past_is_what_was_closed_and_still_stands_where_it_stood(gateway):
    item, closed = unknown(gateway), unknown(gateway, state="dismissed")
    moved = unknown(gateway, state="resolved")
    moved.transaction.placement = Placement.APPLIED
    moved.transaction.save()
    assert list(cause_of(item).past()) == [closed]


def test_the_panel_leads_to_all_with_the_same_cause(desk, gateway):
    item, _ = unknown(gateway), unknown(gateway)
    html = desk.get(f"/exceptions/{item.pk}/", headers=htmx("panel")).content.decode()
    assert "1 other open exception has the same cause, the payer cust-9 of PayTrace" in html
    html = desk.get(
        f"/exceptions/{item.pk}/alike/", {"action": "link_customer", "customer_id": "C1"}
    ).content.decode()
    assert html.count("139.12 USD moves to customer C1") == 2
    assert 'value="C1"' in html


def test_after_a_fix_the_others_are_offered_with_the_same_values(desk, gateway):
    items = [unknown(gateway) for _ in range(2)]
    response = desk.post(
        f"/exceptions/{items[0].pk}/dismiss/", {"note": "Ours."}, headers=htmx("panel")
    )
    html = response.content.decode()
    assert f"/exceptions/{items[0].pk}/alike/?action=dismiss&amp;note=Ours." in html
    assert "Undo: dismiss" in html


def test_all_alike_are_done_in_one_run_the_past_only_where_it_is_wished(desk, gateway, monkeypatch):
    linked = []
    monkeypatch.setitem(
        doing.DOING, "link_customer", lambda item, data, actor: linked.append((item.pk, item.state))
    )
    item, closed = unknown(gateway), unknown(gateway, state="dismissed", resolution="Later.")
    data = {"action": "link_customer", "customer_id": "C1", "upto": closed.pk, "with_past": "yes"}
    desk.post(f"/exceptions/{item.pk}/alike/", data)
    run = BulkRun.objects.get()
    assert (run.origin, run.total) == ("alike", 2)
    while drain.drain():
        pass
    assert linked == [(item.pk, "open"), (closed.pk, "open")]
    assert closed.notes.get(action="reopen").text == "It was dismissed: Later."


def test_what_was_done_is_undone_from_the_panel_and_only_by_who_may(desk, client, gateway):
    item = unknown(gateway)
    singles.do(item, "dismiss", {"note": "Ours."}, "user:operator")
    url = f"/exceptions/rows/{item.bulk_items.get().pk}/undo/"
    client.force_login(person("vera", Role.VIEWER))
    assert client.post(url).status_code == 403
    client.force_login(person("olga", Role.OPERATOR))
    html = client.post(url, follow=True).content.decode()
    assert "belongs to no payment route" in html
    assert ExceptionItem.objects.get().state == "dismissed"


def test_a_dismissal_is_undone_unless_somebody_has_worked_on_it_since(desk):
    item = ExceptionItemFactory()
    singles.do(item, "dismiss", {"note": "Ours."}, "user:operator")
    row = item.bulk_items.get()
    desk.post(f"/exceptions/rows/{row.pk}/undo/")
    item.refresh_from_db()
    assert (item.state, item.resolution, item.closed_at) == ("open", "", None)
    singles.do(item, "dismiss", {"note": "Ours."}, "user:operator")
    newest = item.bulk_items.latest("pk")
    item.notes.create(at=newest.ended_at.replace(year=2099), actor="user:anna", action="call")
    html = desk.post(f"/exceptions/rows/{newest.pk}/undo/", follow=True).content.decode()
    assert "Since then anna has worked on it (call)" in html


def test_a_run_is_undone_with_one_press(desk):
    ExceptionItemFactory.create_batch(2)
    newest = ExceptionItem.objects.latest("pk").pk
    desk.post("/exceptions/bulk/", {"upto": newest, "action": "dismiss", "note": "Ours."})
    run = BulkRun.objects.get()
    desk.post(f"/exceptions/runs/{run.pk}/undo/")
    assert BulkRun.objects.count() == 1  # It goes on: stop it first.
    while drain.drain():
        pass
    desk.post(f"/exceptions/runs/{run.pk}/undo/")
    while drain.drain():
        pass
    assert set(ExceptionItem.objects.values_list("state", flat=True)) == {"open"}
